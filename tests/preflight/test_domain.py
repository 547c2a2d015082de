"""Addresses at mistyped domains, and the domains of a whole file."""

from __future__ import annotations

import pickle
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from preflight import Layout, Problem, Report, check
from preflight.evidence import domains as domainevidence
from preflight.evidence.domains import DomainTally
from preflight.model.reported import Domains, NearMiss
from preflight.rules import domain
from preflight.rules.domain import DomainsOfRows
from preflight.rules.email import ends_of, judge
from tests.cells import series


def checked(tmp_path: Path, emails: Sequence[str], **options: object) -> Report:
    """A check of a file with these addresses, each at its own day."""
    days = pd.date_range("2000-01-01", periods=len(emails)).strftime("%m/%d/%Y")
    rows = [f"{email},{day},Webinar" for email, day in zip(emails, days, strict=True)]
    file = tmp_path / "events.csv"
    file.write_text("\n".join(["Email,Date,Title", *rows]), encoding="utf-8")
    return check(file, Layout(dateformat="MM/dd/yyyy"), **options)  # type: ignore[arg-type]


def test_an_address_at_a_mistyped_provider_is_warned_of_on_each_row(tmp_path: Path) -> None:
    report = checked(tmp_path, ["Jo@Gmial.com", "an@gmail.com", "nobody@@gmial.com", "me@gmial.com"])
    says = "is most likely a typing error for `gmail.com`."
    assert report.warnings == {"email-typo": 2}
    assert [problem for problem in report.examples if problem.severity == "warning"] == [
        Problem(
            1, 2, "Email", "email-typo", "warning", "Jo@Gmial.com", f"`Gmial.com` {says}", "Jo@gmail.com", ((5, 7),)
        ),
        Problem(
            4, 5, "Email", "email-typo", "warning", "me@gmial.com", f"`gmial.com` {says}", "me@gmail.com", ((5, 7),)
        ),
    ]
    assert report.domains == Domains(2, {"gmial.com": 2, "gmail.com": 1}, (NearMiss("gmial.com", 2, "gmail.com", 1),))


def test_a_rare_domain_beside_a_common_one_is_warned_of(tmp_path: Path) -> None:
    emails = [f"contact.{number}@acme-corp.com" for number in range(412)]
    emails[100:100] = ["Jo@Acme-Crop.com"]
    emails += ["x@acme.com", "jo@gmail.hu", "jo@mail.com", "jo@acme-corp.de", "jo@acme-corp1.com"]
    report = checked(tmp_path, emails, reports=[tmp_path / "report.csv"])
    says = "`acme-crop.com` stands in 1 row, `acme-corp.com` in 412: most likely a typing error."
    assert report.warnings == {"email-typo": 1}
    assert report.examples == (
        Problem(101, 102, "Email", "email-typo", "warning", "Jo@Acme-Crop.com", says, "Jo@acme-corp.com", ((9, 11),)),
    )
    line = f'101,102,Email,email-typo,warning,Jo@Acme-Crop.com,"{says}",Jo@acme-corp.com\n'
    assert (tmp_path / "report.csv").read_text().endswith(line)
    assert report.domains.near_misses == (NearMiss("acme-crop.com", 1, "acme-corp.com", 412),)


@pytest.mark.parametrize(
    ("rare", "common"),
    [
        ("gmail.hu", "gmail.com"),
        ("mail.com", "gmail.com"),
        ("ymail.com", "gmail.com"),
        ("comcast.com", "comcast.net"),
        ("gmx.net", "gmx.de"),
        ("acme.de", "acme.dk"),
        ("acme.com", "acne.com"),
        ("acme1.com", "acme2.com"),
        ("eu.acmecorp.com", "us.acmecorp.com"),
        ("fu-berlin.de", "tu-berlin.de"),
        ("acmecorp.com", "mail.acmecorp.com"),
    ],
)
def test_similar_company_names_and_country_endings_are_left_alone(tmp_path: Path, rare: str, common: str) -> None:
    assert checked(tmp_path, [f"jo@{rare}", *(f"{number}@{common}" for number in range(50))]).warnings == {}


@pytest.mark.parametrize(("rows", "others", "warned"), [(1, 9, 0), (1, 10, 1), (2, 19, 0), (2, 20, 2), (11, 500, 0)])
def test_a_mistyped_domain_must_be_rare_and_the_right_one_common(
    tmp_path: Path, rows: int, others: int, warned: int
) -> None:
    emails = [f"{number}@northwnid.com" for number in range(rows)]
    emails += [f"{number}@northwind.com" for number in range(others)]
    assert checked(tmp_path, emails).warnings == ({"email-typo": warned} if warned else {})


@pytest.mark.parametrize(
    ("rare", "common"),
    [
        ("acmecrop.com", "acmecorp.com"),
        ("acmecorp.com", "acme-corp.com"),
        ("eu.acmecrop.com", "eu.acmecorp.com"),
        ("northwin.co.uk", "northwind.co.uk"),
        ("nortwhind.de", "northwind.de"),
        ("xnorthwind.de", "northwind.de"),
    ],
)
def test_one_keystroke_is_an_inserted_removed_replaced_letter_or_two_swapped(
    tmp_path: Path, rare: str, common: str
) -> None:
    report = checked(tmp_path, [f"jo@{rare}", *(f"{number}@{common}" for number in range(50))])
    assert [(problem.row, problem.suggestion) for problem in report.examples] == [(1, f"jo@{common}")]


@pytest.mark.parametrize("ending", ["con", "cmo", "co"])
def test_a_mistyped_ending_of_a_common_domain_is_warned_of(tmp_path: Path, ending: str) -> None:
    report = checked(tmp_path, [*(f"{number}@acme.com" for number in range(30)), f"jo@acme.{ending}"])
    typos = [problem for problem in report.examples if problem.code == "email-typo"]
    assert [(problem.row, problem.suggestion) for problem in typos] == [(31, "jo@acme.com")]
    assert ("email-doubtful" in report.warnings) == (ending != "co")  # Colombia


def test_a_suggestion_passes_the_email_rule() -> None:
    assert domain.suggested("jo", "gmail.com") == "jo@gmail.com"
    assert domain.suggested("a" * 250, "gmail.com") == ""


addresses = st.sampled_from(
    ["a@acme-corp.com", "B@Acme-Corp.com", "c@acme-crop.com", "d@gmial.com", "two@@x.com", "", "é@x.com", "e@bücher.de"]
)


@given(st.lists(addresses, max_size=60), st.integers(1, 20))
def test_domains_of_parts_add_up(emails: list[str], run: int) -> None:
    tally = DomainTally()
    for at in range(0, len(emails), run):
        few = emails[at : at + run]
        cells = series(few, at + 1)
        invalid = np.array([row for row, email in cells.items() if judge(email) is not None], np.int64)
        found, evidence = domain.check(
            cells, ends_of(cells), invalid, cells.index.to_numpy(), cells.index.to_numpy() * 2
        )
        assert [finding.row for finding in found] == [row for row, email in cells.items() if "gmial" in email]
        tally += evidence(np.ones(len(few), np.bool_))
    domains, mistyped, count = tally.judged()
    assert count == len(mistyped)
    expected = Counter(email.lower().partition("@")[2] for email in emails if email and judge(email) is None)
    assert domains.rows == expected
    assert domains.distinct == len(expected)
    rare, common = expected["acme-crop.com"], expected["acme-corp.com"]
    warned = 0 < rare <= 10 and common >= 10 * rare
    rows = [row for row, email in enumerate(emails, start=1) if "crop" in email] if warned else []
    assert [one.row for one in mistyped] == rows
    assert [one.line for one in mistyped] == [2 * row for row in rows]


@pytest.mark.parametrize(("handed_over", "addresses"), [(1, None), (2, ["b@acme-crop.com"])])
def test_a_domain_may_become_rare_when_rows_are_left_out(
    handed_over: int, addresses: list[str] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(domain, "MOST_RARE", 1)
    monkeypatch.setattr(domain, "MOST_HANDED_OVER", handed_over)
    cells = series(["a@x.com", "a@x.com", "a@x.com", "a@acme-crop.com", "b@acme-crop.com"])
    rows = cells.index.to_numpy()
    _, here = domain.check(cells, ends_of(cells), np.empty(0, np.int64), rows, rows * 2)
    elsewhere: DomainsOfRows = pickle.loads(pickle.dumps(here))
    unwanted = np.array([False, False, False, True, False])
    for stats, expected in ((here, ["b@acme-crop.com"]), (elsewhere, addresses)):
        others = stats.without(unwanted)
        assert (others is None) == (expected is None)
        if others is not None:
            found = others(~unwanted)
            assert (found.rows, found.address) == ({"x.com": 3, "acme-crop.com": 1}, expected)
            assert (found.row.tolist(), found.line.tolist()) == ([5], [10])


def test_domains_are_counted_up_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(domainevidence, "MOST_DOMAINS", 3)
    tally = DomainTally()
    nothing = np.empty(0, np.int64)
    for names in (["a.com", "b.com"], ["c.com", "d.com"], ["e.com", "a.com"]):
        tally += domainevidence.DomainEvidence(dict.fromkeys(names, 2), {}, [], nothing, nothing)
    assert tally.judged()[0] == Domains(4, {"a.com": 4, "b.com": 2, "c.com": 2, "d.com": 2}, ())


def test_mistyped_domains_beyond_the_limit_are_counted_but_not_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(domainevidence, "MOST_ROWS", 2)
    emails = [f"{number}@northwind.com" for number in range(50)] + [f"{number}@northwnid.com" for number in range(4)]
    report = checked(tmp_path, emails)
    assert report.warnings == {"email-typo": 4}
    says = "4 rows have a rare domain one keystroke from a common one; 2 are listed."
    assert report.examples[0] == Problem(0, 0, "Email", "email-typo", "warning", "", says)
    assert [problem.row for problem in report.examples] == [0, 51, 52]
