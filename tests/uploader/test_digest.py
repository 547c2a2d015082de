"""The digest computed in a thread is that of the bytes, however they come and whatever happens to them."""

from __future__ import annotations

import hashlib
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.processes import LONGEST
from uploader.preparing.digest import HANDED_OVER, MAX_WAITING, Digest

SIZES = st.lists(st.sampled_from([0, 1, 63, 4096, HANDED_OVER - 1, HANDED_OVER, 3 * HANDED_OVER]), max_size=12)


@given(SIZES, st.sampled_from(["bytes", "view", "of a buffer"]))
def test_the_digest_is_that_of_all_pieces_in_order(sizes: list[int], kind: str) -> None:
    pieces = [bytes([number]) * size for number, size in enumerate(sizes)]
    with Digest() as digest:
        for piece in pieces:
            buffer = bytearray(piece)
            digest.update({"bytes": piece, "view": memoryview(piece), "of a buffer": memoryview(buffer)}[kind])
            buffer[:] = bytes(len(buffer))  # the buffer is reused
        assert digest.hexdigest() == hashlib.sha256(b"".join(pieces)).hexdigest()


@pytest.mark.parametrize("kind", [bytes, bytearray])
@pytest.mark.parametrize("handed_over", [1, 5, 100])
def test_small_pieces_are_hashed_together(
    kind: type[bytes | bytearray], handed_over: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("uploader.preparing.digest.HANDED_OVER", handed_over)
    taken: list[bytes] = []
    monkeypatch.setattr("uploader.preparing.digest.hashlib.sha256", lambda: Taking(taken))
    with Digest() as digest:
        for piece in (b"ab", b"c", b"", b"de", b"f", b"ghijklm"):
            buffer = kind(piece)
            digest.update(memoryview(buffer))
            if isinstance(buffer, bytearray):
                buffer[:] = bytes(len(buffer))
        assert digest.hexdigest() == "abcdefghijklm"
    assert taken == {1: [b"ab", b"c", b"de", b"f", b"ghijklm"], 5: [b"abcde", b"fghijklm"]}.get(
        handed_over, [b"abcdefghijklm"]
    )


class Taking:
    """A digest that stores the pieces it is given."""

    def __init__(self, taken: list[bytes]) -> None:
        self._taken = taken

    def update(self, piece: bytes | memoryview) -> None:
        self._taken.append(bytes(piece))

    def hexdigest(self) -> str:
        return b"".join(self._taken).decode()


def test_the_thread_does_not_keep_the_process_alive() -> None:
    before = set(threading.enumerate())
    with Digest():
        (thread,) = set(threading.enumerate()) - before
        assert thread.daemon


def test_a_writer_faster_than_the_hashing_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory stays bounded: of ten pieces at most the waiting ones, the one in work and the next are in memory."""
    go_on, hashing = threading.Event(), threading.Event()

    class Slow:
        def update(self, piece: memoryview) -> None:
            hashing.set()
            assert go_on.wait(60)

        def hexdigest(self) -> str:
            return ""

    monkeypatch.setattr("uploader.preparing.digest.hashlib.sha256", Slow)
    taken: list[int] = []
    with Digest() as digest:

        def write() -> None:
            for number in range(10):
                digest.update(bytes(HANDED_OVER))
                taken.append(number)

        writer = threading.Thread(daemon=True, target=write)
        writer.start()
        assert hashing.wait(60)
        writer.join(0.2)
        assert len(taken) <= MAX_WAITING + 1
        go_on.set()
        writer.join(LONGEST)
    assert len(taken) == 10


def broken_off() -> None:
    with Digest() as digest:
        digest.update(bytes(5 * HANDED_OVER))
        raise KeyboardInterrupt


def test_the_thread_ends_after_an_error_in_the_block() -> None:
    before = threading.active_count()
    with pytest.raises(KeyboardInterrupt):
        broken_off()
    assert threading.active_count() == before
