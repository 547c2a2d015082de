"""Addresses that are valid and most likely nobody's; and genuine ones, of which nothing is said."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from preflight import Layout, check
from preflight.addresses.domains import meant
from preflight.addresses.toplevel import RESERVED, exists, top_level_domains
from preflight.model.problems import Diagnosis
from preflight.rules import domain, doubtful
from preflight.rules.doubtful import PLACEHOLDERS, doubt
from preflight.rules.email import ends_of, judge
from preflight.text.spans import resolved
from tests.cells import series
from tests.toplevel import top_level_domains as read_from

DOUBTFUL = [
    ("'ana@acme-corp.com", "A spreadsheet's ' stands before the address, as part of it.", "ana@acme-corp.com"),
    ("noemail@acme-corp.com", "`noemail@acme-corp.com` is what is written where there is no address.", ""),
    ("None@acme-corp.com", "`None@acme-corp.com` is what is written where there is no address.", ""),
    ("na@na.com", "`na@na.com` is what is written where there is no address.", ""),
    ("a***a@acme-corp.com", "`*` stands for hidden letters; export the file with whole addresses.", ""),
    ("www.ana@acme-corp.com", "www. stands before the address, as part of it.", "ana@acme-corp.com"),
    ("ana@www.acme-corp.com", "www. stands before the domain, as part of it.", "ana@acme-corp.com"),
]


def warned(folder: Path, *addresses: str) -> list[tuple[str, str, str]]:
    source = folder / "in.csv"
    source.write_text("Email,Date,Title\n" + "".join(f"{one},01/25/2024,Demo\n" for one in addresses), encoding="utf-8")
    report = check(source, Layout(dateformat="MM/dd/yyyy"), max_shown=1_000)
    assert report.ok
    return [(p.code, p.message, p.suggestion) for p in report.examples if p.column == "Email"]


@pytest.mark.parametrize(("address", "message", "suggestion"), DOUBTFUL)
def test_doubtful_addresses_are_warned_of(address: str, message: str, suggestion: str, tmp_path: Path) -> None:
    assert warned(tmp_path, "bo@acme-corp.com", address) == [("email-doubtful", message, suggestion)]


@pytest.mark.parametrize("address", ["ana@acme-corp.comm2", "ana@acme.web1", "ana@acme-corp.kom", "ana@acme.corp"])
def test_a_top_level_domain_that_does_not_exist_is_warned_of(address: str) -> None:
    fault = doubt(address)
    name, day = address.rpartition(".")[2], top_level_domains()[0]
    assert fault is not None
    assert fault.message == f"There is no top-level domain `{name}` (as of {day})."
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", day)


GENUINE = [
    "ana@ymail.com",
    "ana@mac.com",
    "ana@mail.com",
    "ana@gmx.de",
    "ana@comcast.com",
    "ana@gmail.hu",
    "ana@gmx.net",
    "ana@me.com",
    "ana@proton.me",
    "ana@hey.com",
    "ana@web.de",
    "ana@orange.fr",
    "ana@acme.io",
    "ana@acme.ai",
    "ana@acme.app",
    "ana@acme.dev",
    "ana@acme.online",
    "ana@acme.berlin",
    "ana@acme.eu",
    "ana@acme.co.uk",
    "ana@acme.com.br",
    "ana@acme.museum",
    "ana@acme.xn--p1ai",
    "ana@acme.COM",
    "info@acme.com",
    "test@acme.com",
    "nadia@acme.com",
    "none.such@acme.com",
    "o'neil@acme.com",
    "wwwana@acme.com",
    "ana@wwwacme.com",
    "ana@acme.example",
    "ana@hotmail.hu",
    "ana@yahoo.pl",
    "ana@live.cn",
    "ana@outlook.hu",
    "ana@aol.it",
    "ana@icloud.de",
    "ana@protonmail.me",
    "noemi@acme.com",
    "ana@acme.zone",
]


@pytest.mark.parametrize("address", GENUINE)
def test_genuine_addresses_are_not_warned_of(address: str, tmp_path: Path) -> None:
    assert warned(tmp_path, address) == []


@pytest.mark.parametrize("address", ["ana@acme-corp.com'", "'ana@acme-corp.com'"])
def test_a_spreadsheet_s_mark_after_an_address_is_an_error_with_a_suggestion(address: str) -> None:
    fault = judge(address)
    assert fault is not None
    assert (fault.code, fault.suggestion) == ("email-syntax", "ana@acme-corp.com")
    assert fault.message.startswith("A spreadsheet's ' stands after the address. ")


def test_a_mistyped_address_is_not_also_doubtful(tmp_path: Path) -> None:
    assert [code for code, *_ in warned(tmp_path, "ana@gmail.con")] == ["email-typo"]


@given(st.sampled_from(sorted(top_level_domains()[1] | RESERVED)), st.sampled_from(["ana", "bo.b", "noemi", "nancy"]))
def test_every_existing_top_level_domain_is_accepted(top_level: str, local: str) -> None:
    assert exists(top_level)
    assert exists(top_level.upper())
    assert doubt(f"{local}@acme-corp.{top_level}") is None


@given(st.sampled_from(sorted(PLACEHOLDERS)), st.sampled_from(["x.com", "acme.de"]), st.booleans())
def test_placeholders_are_doubtful_at_any_domain(name: str, domain: str, large: bool) -> None:
    fault = doubt(f"{name.upper() if large else name}@{domain}")
    assert fault is not None
    assert fault.code == "email-doubtful"


def test_the_list_is_read_from_the_section_of_top_level_domains() -> None:
    rules = "com\nco.uk\n*.ck\n!www.ck\n\u0440\u0444\n"
    text = f"// VERSION: x\n// ===BEGIN ICANN DOMAINS===\n{rules}// ===END ICANN DOMAINS===\nblog.io\n"
    assert read_from(text) == ["ck", "com", "uk", "xn--p1ai"]
    assert len(top_level_domains()[1]) > 1_400


STARTS = ["ana", "'ana", "www.ana", "WWW.ana", "none", "n/a", "noemail.x", "nota", ""]
DOMAINS = [
    *("acme.com", "Acme.COM", "acme.nowhere", "acme-2.NoWhere", "www.acme.com", "www.acme.corp", "gmail.con", "gmail"),
    *("gmial.com", "Gmial.com", "gmail.corp", "bücher.de", "bücher.corp", "acme.дети", "acme.comm2", "-acme.corp"),
]


@given(st.lists(st.tuples(st.sampled_from(STARTS), st.sampled_from(DOMAINS)).map("@".join), max_size=12))
def test_addresses_are_doubted_together_as_one_by_one(addresses: list[str]) -> None:
    def exactly(fault: Diagnosis | None, row: int) -> Diagnosis | None:
        return fault and replace(fault, spans=tuple(resolved(fault.spans, len(addresses[row - 1]))))

    cells = series(addresses, 1)
    ends, rows = ends_of(cells), np.arange(1, len(addresses) + 1)
    invalid = rows[[judge(address) is not None for address in addresses]]
    valid = {row: address for row, address in enumerate(addresses, start=1) if judge(address) is None}
    found = {row: exactly(fault, row) for row, fault in doubtful.check(cells, ends, invalid)}
    doubted = {row: exactly(doubt(address), row) for row, address in valid.items()}
    assert found == {row: fault for row, fault in doubted.items() if fault}
    mistyped_ones, _ = domain.check(cells, ends, invalid, rows, rows)
    rights = {row: meant(address.rpartition("@")[2].lower()) for row, address in valid.items()}
    assert dict(mistyped_ones) == {row: domain.mistyped(valid[row], right) for row, right in rights.items() if right}
