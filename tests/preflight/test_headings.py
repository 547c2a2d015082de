"""Heading labels: which words name which column, and which row is a heading."""

from __future__ import annotations

import pytest

from preflight.detect.labels import LIKELY_LABELS, OTHER_LABELS, OWN_LABELS, folded, labelled, looks_like_heading

LABELS = [
    ("email", ["Name", "E-Mail", "Date"], [1]),
    ("email", ["EMAIL_ADDRESS", "Work Email"], [0]),
    ("email", ["Contact Email (primary)", "Owner"], [0]),
    ("date", ["Created", "Event Date"], [1]),
    ("date", ["Registration Time", "Attended Date"], [0, 1]),
    ("title", ["Title", "Event Title"], [0, 1]),
    ("title", ["Title", "Company"], [0]),
    ("title", ["Title", "Webinar Name"], [0, 1]),  # a bare title may be a job
    ("title", ["Event Title", "Webinar Name"], [0]),
    ("note", ["Comments", "Notes"], [1]),
    ("note", ["Description"], []),
]


@pytest.mark.parametrize(("name", "labels", "columns"), LABELS)
def test_the_columns_that_labels_name(name: str, labels: list[str], columns: list[int]) -> None:
    assert labelled(name, labels) == columns


def test_every_word_is_one_column_s_alone_and_is_written_as_it_is_compared() -> None:
    words = [word for known in (OWN_LABELS, LIKELY_LABELS) for one in known.values() for word in one]
    words += OTHER_LABELS
    assert len(words) == len(set(words))
    assert [word for word in words if folded(word) != word] == []


ROWS = [
    (["Email", "x"], True),
    (["Event Date", "x"], True),
    (["Webinar", "Comments"], True),
    (["Webinar", "x"], False),  # a title may be that
    (["ana@x.com", "01/25/2024", "Webinar"], False),
    ([], False),
]


@pytest.mark.parametrize(("cells", "is_heading"), ROWS)
def test_what_looks_like_a_heading(cells: list[str], is_heading: bool) -> None:
    assert looks_like_heading(cells) is is_heading
