"""Heading labels: which words, in spreadsheets and exports of CRMs and webinar tools, name which column."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from preflight.errors import LayoutError

MOST_COLUMNS = 16_384
"""A spreadsheet has no more (Excel's limit); a wider heading is refused, as nothing in it is a touch point."""

OWN_LABELS: Mapping[str, frozenset[str]] = {
    "email": frozenset({"email", "emailaddress", "mail", "mailaddress"}),
    "date": frozenset({"date", "eventdate", "touchpointdate", "customeventdate"}),
    "title": frozenset({"title", "eventtitle", "touchpointtitle", "customeventtitle"}),
    "note": frozenset({"note", "notes", "eventnote", "eventnotes", "touchpointnote", "touchpointnotes"}),
}
"""Labels that are plainly a column's own, as `folded` has them."""

LIKELY_LABELS: Mapping[str, frozenset[str]] = {
    "email": frozenset({
        "workemail", "workemailaddress", "businessemail", "businessemailaddress", "companyemail",
        "contactemail", "leademail", "personemail", "attendeeemail", "registrantemail", "participantemail",
        "useremail", "useremailaddress", "primaryemail", "emailid", "emailaddr", "invitee", "inviteeemail",
        "recipient", "recipientemail", "subscriberemail", "guestemail",
    }),
    "date": frozenset({
        "datetime", "eventdatetime", "eventtime", "timestamp", "startdate", "starttime", "startdatetime",
        "webinardate", "sessiondate", "activitydate", "dateattended", "attendeddate", "attendancedate",
        "dateofevent", "dateofattendance", "registrationdate", "registrationtime", "registereddate",
        "dateregistered", "registeredat", "jointime", "joindate", "downloaddate", "downloadeddate",
        "datedownloaded", "submitted", "submittedat", "submitteddate", "submissiondate", "submittime",
        "created", "createdat", "createddate", "createdate", "datecreated", "visitdate", "showdate",
        "responsedate",
    }),
    "title": frozenset({
        "event", "eventname", "nameofevent", "eventlabel", "webinar", "webinarname", "webinartitle",
        "webinartopic", "session", "sessionname", "sessiontitle", "topic", "campaign", "campaignname", "asset",
        "assetname", "assettitle", "content", "contentname", "contenttitle", "activity", "activityname",
        "activitytitle", "tradeshow", "tradeshowname", "course", "coursename", "program", "programname",
        "formname", "meetingname", "meetingtitle", "meetingtopic", "download", "downloadname", "resource",
        "resourcename", "touchpoint", "subject",
    }),
    "note": frozenset({"comment", "comments", "remark", "remarks"}),
}  # fmt: skip
"""Labels that name a column where none is labelled with a word of its own."""

OTHER_LABELS = frozenset({
    "name", "firstname", "lastname", "fullname", "forename", "surname", "givenname", "familyname", "salutation",
    "company", "companyname", "account", "accountname", "organization", "organisation", "employer", "jobtitle",
    "position", "role", "function", "department", "seniority", "industry", "phone", "phonenumber", "mobile", "fax",
    "address", "street", "city", "town", "state", "province", "region", "zip", "zipcode", "postalcode", "postcode",
    "country", "language", "website", "url", "id", "contactid", "leadid", "owner", "leadowner", "source", "leadsource",
    "status", "leadstatus", "score", "gender", "timezone", "salesrep", "vorname", "nachname", "firma", "land", "ort",
})  # fmt: skip
"""Labels of what else such files hold: no title, whatever the texts in it look like."""

_BARE_TITLE = "title"
_ASIDE = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_NOT_ALPHANUMERIC = re.compile(r"[\W_]+")


def folded(label: str) -> str:
    """A label as it is compared: without case, blanks, punctuation and what stands in brackets."""
    return _NOT_ALPHANUMERIC.sub("", _ASIDE.sub("", label)).casefold()


def labelled(name: str, labels: Sequence[str]) -> list[int]:
    """The columns whose label names `email`, `date`, `title` or `note`: those of its own, or else the likely ones.

    A bare `Title` is no title's own where another column's label is likely one, as it may be a person's job title.
    """
    words = [folded(label) for label in labels]
    own = [i for i, word in enumerate(words) if word in OWN_LABELS[name]]
    likely = [i for i, word in enumerate(words) if word in LIKELY_LABELS[name]]
    if name == _BARE_TITLE and likely and [words[i] for i in own] == [_BARE_TITLE]:
        return sorted(own + likely)
    return own or likely


def names_another_column(name: str, label: str) -> bool:
    """True when a label says that its column is something else than the `name` that is asked for."""
    word = folded(label)
    others = (known[other] for known in (OWN_LABELS, LIKELY_LABELS) for other in known if other != name)
    return word in OTHER_LABELS or any(word in words for words in others)


def looks_like_heading(cells: Sequence[str]) -> bool:
    """True when the cells of a row are labels: an email's or a date's own, or those of two columns."""
    words = {folded(cell) for cell in cells}
    if words & (OWN_LABELS["email"] | OWN_LABELS["date"]):
        return True
    return sum(bool(words & (OWN_LABELS[name] | LIKELY_LABELS[name])) for name in OWN_LABELS) >= 2


def refuse_too_wide(name: str, line: int, cells: int) -> None:
    """Raise `LayoutError` where the first row has more cells than `MOST_COLUMNS`."""
    if cells > MOST_COLUMNS:
        told = f"more than {MOST_COLUMNS:,} cells; no file of touch points is that wide"
        raise LayoutError(f"line {line} of {name} has {told}")
