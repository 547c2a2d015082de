"""The digest that is added up in a thread is that of the bytes, however they come and whatever becomes of them."""

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
def test_it_is_that_of_all_pieces_in_their_order(sizes: list[int], kind: str) -> None:
    pieces = [bytes([number]) * size for number, size in enumerate(sizes)]
    with Digest() as digest:
        for piece in pieces:
            buffer = bytearray(piece)
            digest.update({"bytes": piece, "view": memoryview(piece), "of a buffer": memoryview(buffer)}[kind])
            buffer[:] = bytes(len(buffer))  # used again for something else
        assert digest.hexdigest() == hashlib.sha256(b"".join(pieces)).hexdigest()


def test_who_writes_faster_than_is_hashed_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory stays bounded: of ten pieces at most those are there that wait, the one in work, and the next."""
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


def test_its_thread_ends_with_an_error_in_the_block() -> None:
    before = threading.active_count()
    with pytest.raises(KeyboardInterrupt):
        broken_off()
    assert threading.active_count() == before
