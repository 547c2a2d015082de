"""The upload's form fields, from a report: pure, and exactly the API's names, values and order."""

from __future__ import annotations

from preflight.model.report import Report


def form_fields(
    report: Report, *, destination: str, customeventaction: str, filename: str, titlecount: int
) -> dict[str, str]:
    """The form fields that send the good rows of `report`, in the API's order, every value a string.

    `notecolidx` is absent when there is no note column. What is given was checked when the order was made.
    """
    layout = report.layout
    fields = {
        "destination": destination,
        "firstrow": layout.firstrow.value,
        "fieldseparator": layout.fieldseparator.value,
        "quotecharacter": layout.quotecharacter.value,
        "customeventaction": str(customeventaction),
        **{name: str(index) for name, index in layout.form_fields.items()},
    }
    return fields | {"titlecount": str(titlecount), "dateformat": report.clean_dateformat, "filename": filename}
