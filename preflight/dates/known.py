"""Known date formats: the fifteen of the endpoint's page, and others that exports use."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from preflight.dates.format import DateFormat

EXAMPLE = datetime(2011, 1, 25, 14, 30, 5)
"""The moment of the examples: the date of the endpoint's page, in the afternoon."""


@dataclass(frozen=True)
class KnownFormat:
    """A known date format; `published` if the endpoint's page lists it, `note` is an error on that page."""

    pattern: str
    published: bool = True
    note: str = ""

    @cached_property
    def dateformat(self) -> DateFormat:
        """The format itself."""
        return DateFormat(self.pattern)

    @property
    def example(self) -> str:
        """`EXAMPLE` in this format."""
        return self.dateformat.format(EXAMPLE)

    @property
    def strptime(self) -> str:
        """The nearest strptime translation."""
        return self.dateformat.strptime

    @property
    def remarks(self) -> str:
        """Remarks on the format in one line, or empty."""
        remarks = []
        if any(part.text == "yy" for part in self.dateformat.parts):
            remarks.append("two-digit years: from 80 years before now to 20 after, other than strptime's 1969 to 2068")
        if self.dateformat.has_names:
            remarks.append("English names: whether the server reads them depends on its locale")
        if self.dateformat.has_time and not self.dateformat.has_zone:
            remarks.append("no zone: the server's own applies")
        if self.note:
            remarks.append(self.note)
        return "; ".join(remarks)


KNOWN_FORMATS: tuple[KnownFormat, ...] = (
    KnownFormat("MM/dd/yyyy"),
    KnownFormat("dd/MM/yyyy"),
    KnownFormat("MM/dd/yy", note="the endpoint's page shows it with a four-digit year"),
    KnownFormat("dd/MM/yy"),
    KnownFormat("yyyy/MM/dd"),
    KnownFormat("MM-dd-yyyy"),
    KnownFormat("dd-MM-yyyy"),
    KnownFormat("MM-dd-yy", note="the endpoint's page shows it with a four-digit year"),
    KnownFormat("dd-MM-yy"),
    KnownFormat("yyyy-MM-dd"),
    KnownFormat("dd MMM yyyy"),
    KnownFormat("MMM dd yyyy"),
    KnownFormat("dd MMMM yyyy", note="the endpoint's page shows `Jaunuary`, which Act-On cannot read"),
    KnownFormat("EEE, dd MMM yyyy"),
    KnownFormat("EEEE, dd MMMM yyyy"),
    KnownFormat("yyyyMMdd", published=False),
    KnownFormat("dd.MM.yyyy", published=False),
    KnownFormat("dd.MM.yy", published=False),
    KnownFormat("yyyy.MM.dd", published=False),
    KnownFormat("yy/MM/dd", published=False),
    KnownFormat("yy-MM-dd", published=False),
    KnownFormat("yy.MM.dd", published=False),
    KnownFormat("MMM dd, yyyy", published=False),
    KnownFormat("dd-MMM-yyyy", published=False),
    KnownFormat("dd-MMM-yy", published=False),
    KnownFormat("MM/dd/yyyy HH:mm", published=False),
    KnownFormat("dd/MM/yyyy HH:mm", published=False),
    KnownFormat("MM/dd/yyyy HH:mm:ss", published=False),
    KnownFormat("dd/MM/yyyy HH:mm:ss", published=False),
    KnownFormat("MM/dd/yyyy hh:mm a", published=False),
    KnownFormat("MM/dd/yyyy hh:mm:ss a", published=False),
    KnownFormat("dd.MM.yyyy HH:mm", published=False),
    KnownFormat("dd.MM.yyyy HH:mm:ss", published=False),
    KnownFormat("yyyy-MM-dd HH:mm", published=False),
    KnownFormat("yyyy-MM-dd HH:mm:ss", published=False),
    KnownFormat("yyyy-MM-dd HH:mm:ss.SSS", published=False),
    KnownFormat("yyyy-MM-dd'T'HH:mm:ss", published=False),
    KnownFormat("yyyy-MM-dd'T'HH:mm:ssXXX", published=False),
    KnownFormat("yyyy-MM-dd'T'HH:mm:ss.SSSXXX", published=False),
    KnownFormat("yyyy-MM-dd HH:mm:ss Z", published=False),
    KnownFormat("EEE, dd MMM yyyy HH:mm:ss Z", published=False),
)
"""Every known format, the published ones first and in the page's order."""
