"""Addresses at their bounds: which characters are out of place, which texts are alike, which domains were meant."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from preflight.addresses.alike import LONGEST, alike, all_alike, judged_alike
from preflight.addresses.characters import out_of_place
from preflight.addresses.domains import is_real, meant, provider_like, right_ending
from preflight.text.spans import Spans

LONG_DOMAIN = "@" + "b" * 63 + "." + "c" * 63 + "." + "d" * 63

OUT_OF_PLACE: list[tuple[str, Spans]] = [
    ("nobody", ((0, None),)),
    ("@x.com", ((0, 1),)),
    ("a@", ((1, 2),)),
    ("a@x", ((2, None),)),
    ("a b@x.com", ((1, 2),)),
    ("ä@x.com", ((0, 1),)),
    (".a@x.com", ((0, 1),)),
    ("a.@x.com", ((1, 2),)),
    ("a..b...c@x.com", ((1, 3), (4, 7))),
    ("a@x_y.com", ((3, 4),)),
    ("a@b@c.com", ((3, 4),)),
    ("a@.x.com", ((2, 3),)),
    ("a@x..com", ((3, 5),)),
    ("a@x.com.", ((7, 8),)),
    ("a@-x.com", ((2, 3),)),
    ("a@x-.com", ((3, 4),)),
    ("a@x.-y.com", ((4, 5),)),
    ("a@x.com-", ((7, 8),)),
    ("a@ab--x.com", ((4, 6),)),
    ("a@x.ab--x.com", ((6, 8),)),
    ("a@x.c0m", ((4, 7),)),
    ("a@x.y.test", ((6, 10),)),
    ("a@" + "b" * 63 + ".com", ((66, 69),)),
    ("a@" + "b" * 64 + ".com", ((2, 66),)),
    ("a@" + "b" * 64 + "." + "c" * 65, ((2, 66),)),
    ("a" * 58 + LONG_DOMAIN + ".com", ((251, 254),)),  # just as long as it may be
    ("a" * 59 + LONG_DOMAIN + ".com", ((254, 255),)),
    ("a" * 253 + "@x.com", ((254, None),)),
    ("a" * 254 + "@x.com", ((255, None),)),
    ("a" * 255 + "@x.com", ((64, 255),)),
]


@pytest.mark.parametrize(("text", "spans"), OUT_OF_PLACE, ids=[text[:12] for text, _ in OUT_OF_PLACE])
def test_characters_out_of_place_are_found(text: str, spans: Spans) -> None:
    assert out_of_place(text) == spans


@pytest.mark.parametrize(
    ("text", "stands"),
    [
        ("Ann.Lee7@x1.com", "aaa.aaaa@x0.com"),
        ("é7@x1.com", "é0@x0.com"),
        ("mailto:a7@x.com", "mailto:a0@x.com"),
        ("a7@é1.com", "aa@é1.com"),
        ("a7@[127.0.0.1]", "aa@[127.0.0.1]"),
        ("a7@xn--1.com", "aa@xn--1.com"),
        ("nobody7", "aaaaaaa"),
        ('"a7"@x1.com', '"a7"@x1.com'),
        ("a\\7@x1.com", "a\\7@x1.com"),
        ("b" * (LONGEST - 3) + "@x1", "a" * (LONGEST - 3) + "@x0"),
        ("b" * (LONGEST - 2) + "@x1", "b" * (LONGEST - 2) + "@x1"),
    ],
)
def test_texts_that_are_alike_share_one_representative(text: str, stands: str) -> None:
    assert alike(text) == stands


def test_a_judge_gets_one_representative_of_texts_that_are_alike_and_each_long_text() -> None:
    told: list[str] = []
    judged = judged_alike(lambda text: told.append(text) or len(text))  # type: ignore[func-returns-value]
    long = "b" * (LONGEST + 1)
    assert [judged(text) for text in ("ann@x1.com", "bob@x2.com", long[1:], long, long)] == [10, 10, 100, 101, 101]
    assert told == ["aaa@x0.com", "a" * LONGEST, long, long]


@pytest.mark.parametrize(
    ("domain", "provider"),
    [
        ("gmial.com", "gmail.com"),
        ("gmai.com", "gmail.com"),
        ("gmaill.com", "gmail.com"),
        ("gmaik.com", "gmail.com"),
        ("g-mail.com", "gmail.com"),
        ("gma1l.con", "gmail.com"),
        ("gmail.co", "gmail.com"),
        ("gmail.com", None),
        ("gmail.de", None),
        ("gmial.de", None),
        ("yahho.co.uk", "yahoo.co.uk"),
        ("freenet.ded", "freenet.de"),
        ("comcast.met", "comcast.net"),
        ("aol.con", "aol.com"),
        ("aol.co", None),
        ("aoll.com", None),
        ("ymail.com", None),
        ("acme.con", None),
    ],
)
def test_a_provider_is_meant_if_its_name_differs_by_at_most_one_keystroke(domain: str, provider: str | None) -> None:
    assert meant(domain) == provider


def test_known_endings_and_names() -> None:
    assert [right_ending(ending) for ending in ("co", "con", "ogr", "ftr", "com", "")] == [
        "com",
        "com",
        "org",
        "fr",
        "",
        "",
    ]
    known = ["ymail.org", "gmail.com", "gmail.de", "yahoo.co.uk", "acme.com"]
    assert [is_real(domain) for domain in known] == [True, True, False, True, False]
    assert {"gmail", "ymail", "gmial", "hotmai", "yahoo0"} <= provider_like()
    assert not {"acme", "aoll", "gmialx"} & provider_like()


@settings(max_examples=60)
@given(st.lists(st.text(max_size=12) | st.text('aB7.@-:[\\"é <', max_size=12) | st.just("a1@b2." * 20), max_size=8))
def test_representatives_of_a_column_are_those_of_each_text(texts: list[str]) -> None:
    codes, different = all_alike(pa.array(["", *texts], pa.string())[1:])
    assert [different[code] for code in codes.tolist()] == [t if len(t) > LONGEST else alike(t) for t in texts]
