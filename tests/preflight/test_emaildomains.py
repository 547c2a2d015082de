"""Mistyped domains of providers are distinguished from real ones that look like them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from preflight.addresses.domains import ENDINGS, FEWEST_LETTERS, PROVIDERS, REAL, is_real, meant, provider_like


@pytest.mark.parametrize(
    ("domain", "right"),
    [
        ("gmial.com", "gmail.com"),
        ("gamil.com", "gmail.com"),
        ("gnail.com", "gmail.com"),
        ("gmal.com", "gmail.com"),
        ("gmaill.com", "gmail.com"),
        ("gmail.con", "gmail.com"),
        ("gmail.co", "gmail.com"),
        ("gmail.cmo", "gmail.com"),
        ("gmial.con", "gmail.com"),
        ("hotmial.com", "hotmail.com"),
        ("hotmial.co.uk", "hotmail.co.uk"),
        ("yaho.com", "yahoo.com"),
        ("yahooo.fr", "yahoo.fr"),
        ("outlok.com", "outlook.com"),
        ("iclod.com", "icloud.com"),
        ("comcast.ner", "comcast.net"),
        ("aol.con", "aol.com"),
        ("live.con", "live.com"),
    ],
)
def test_a_mistyped_provider_is_found(domain: str, right: str) -> None:
    assert meant(domain) == right
    assert not is_real(domain)


@pytest.mark.parametrize(
    "domain",
    [
        *(
            "gmail.hu",
            "mail.com",
            "comcast.com",
            "ymail.com",
            "gmx.net",
            "hotmail.fr",
            "email.com",
            "cloud.com",
            "web.de",
        ),
        *("gmx.com", "gmx.at", "live.nl", "love.com", "line.com", "msn.com", "me.com", "mac.com", "aol.co", "live.co"),
        *(
            "acme-corp.com",
            "gmail",
            "com",
            "",
            "wahoo.com",
            "fastmail.com",
            "gmail.example.com",
            "t-online.de",
            "online.de",
        ),
    ],
)
def test_a_real_or_unknown_domain_is_not_mistyped(domain: str) -> None:
    assert meant(domain) is None


@given(st.sampled_from([name for name in PROVIDERS if len(name) >= FEWEST_LETTERS]), st.data())
def test_every_single_keystroke_error_is_found(name: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(name) - 1))
    letter = data.draw(st.characters(min_codepoint=ord("a"), max_codepoint=ord("z")))
    wrong = data.draw(
        st.sampled_from(
            [
                name[:place] + letter + name[place:],
                name[:place] + name[place + 1 :],
                name[:place] + letter + name[place + 1 :],
                name[:place] + name[place : place + 2][::-1] + name[place + 2 :],
            ]
        )
    )
    ending = PROVIDERS[name].split()[0]
    assert OSA.distance(wrong, name) <= 1
    assert wrong in provider_like()
    right = meant(f"{wrong}.{ending}")
    if wrong in PROVIDERS or wrong in REAL:
        assert right is None
    else:
        assert right is not None
        assert OSA.distance(right, f"{wrong}.{ending}") == 1


@given(st.text("agmilyo0-", max_size=8), st.sampled_from(["com", "con", "co.uk", ""]))
def test_a_domain_unlike_any_provider_is_neither_real_nor_mistyped(name: str, ending: str) -> None:
    if name not in provider_like():
        assert meant(f"{name}.{ending}") is None
        assert not is_real(f"{name}.{ending}")


def test_every_provider_is_real_and_each_mistyped_ending_is_listed_once() -> None:
    assert all(is_real(f"{name}.{ending}") for name, endings in PROVIDERS.items() for ending in endings.split())
    mistyped = [wrong for several in ENDINGS.values() for wrong in several.split()]
    assert len(mistyped) == len(set(mistyped))
    assert not REAL & PROVIDERS.keys()
