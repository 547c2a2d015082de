"""The form fields of an upload, under the API's names."""

from __future__ import annotations

from preflight.model.report import Report


def form_fields(
    report: Report, *, destination: str, customeventaction: str, filename: str, titlecount: int
) -> dict[str, str]:
    """The form fields for the good rows of a report, in the API's order. The arguments are already validated."""
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
