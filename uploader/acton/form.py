"""The form of an upload: the fields beside the file, in the API's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from preflight.model.report import Report


def form_fields(
    report: Report, *, destination: str, customeventaction: str, filename: str, titlecount: int
) -> dict[str, str]:
    """The form's fields for the good rows of a report, in the API's order; what is given was checked before."""
    layout = report.layout
    return {
        "destination": destination,
        "firstrow": layout.firstrow.value,
        "fieldseparator": layout.fieldseparator.value,
        "quotecharacter": layout.quotecharacter.value,
        "customeventaction": str(customeventaction),
        **{name: str(index) for name, index in layout.form_fields.items()},
        "titlecount": str(titlecount),
        "dateformat": report.clean_dateformat,
        "filename": filename,
    }
