"""Order and SendOptions: what to send, where, and how."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from preflight.errors import LayoutError
from preflight.layouts.layout import Layout
from preflight.layouts.option import option_field, whole_number
from preflight.model.options import CheckOptions, refuse_unknown
from preflight.text.asking import is_on_command_line, option
from uploader.account.target import CustomEventAction, checked_account, checked_filename, checked_titlecount
from uploader.acton.endpoint import ACTON
from uploader.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd

    from uploader.model.endpoint import Endpoint


def _titlecount(text: str) -> int | None:
    try:
        return None if text == "auto" else whole_number(text)
    except LayoutError:
        raise LayoutError(f"{text!r} is not auto or a whole number from 0") from None


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds < math.inf:
        raise LayoutError(f"{text!r} is not a number of seconds from 0")
    return seconds


CHECK_ONLY = ("clean", "bad_rows")
"""Options of a check that a check for sending does not have."""

NOT_BY_NAME = (*CHECK_ONLY, "check")
"""Fields that are no parameters of `send`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SendOptions:
    """The options of `uploader.send`; `check` has those of the check before it.

    `titlecount` is counted unless given; `filename` is by default the base name of the source. `again` sends even if
    the ledger has the same bytes or rows; `only_new` leaves out the rows that it has; without `row_ledger` rows are
    neither looked up nor stored. With `create` Act-On may create the destination. A file larger than `max_bytes` is
    sent in parts. `account` names one of several accounts that share a base URL; the default is the login's user name.
    `timeout` (seconds) limits the repeats of a request that never left or was turned away, and then the following of
    the job; without `wait` the job is not followed. Raises `UsageError` for an invalid value.
    """

    destination: str = option_field(
        "the custom event, as Act-On shows its name", "NAME", default=MISSING, in_profile=True
    )
    customeventaction: CustomEventAction | str = option_field(
        "CUSTOM_ATTENDED, CUSTOM_GENERAL, …", "ACTION", default=MISSING, in_profile=True
    )
    titlecount: int | None = option_field("new titles to expect (default: auto)", "auto|N", read=_titlecount)
    drop_bad_rows: bool = option_field("send the good rows even if others are bad", default=False)
    filename: str | None = option_field("the file's name in Act-On (default: that of FILE)", "NAME")
    again: bool = option_field("send even if it was sent before; it then counts twice", default=False)
    only_new: bool = option_field(
        "leave out the rows that earlier uploads had; without it a file with any such row is refused", default=False
    )
    create: bool = option_field(
        "let Act-On create the custom event if it does not exist; it stays for ever", default=False
    )
    row_ledger: bool = option_field(
        "neither look up nor store which rows were sent", default=True, name="no-row-ledger"
    )
    max_bytes: int = option_field(
        f"send a larger file in parts (default: {ACTON.max_bytes:,})", "N", default=ACTON.max_bytes, read=whole_number
    )
    wait: bool = option_field("do not follow the job", default=True, name="no-wait")
    timeout: float = option_field(
        "how long to repeat a failed request, and then to wait for the job (default: 600)",
        "SECONDS",
        default=600.0,
        read=_seconds,
    )
    account: str | None = option_field(
        "your name for the account, if several share a base URL (default: the login's user name)", "NAME"
    )
    check: CheckOptions = field(default=CheckOptions())

    def __post_init__(self) -> None:
        ACTON.target(self.destination, self.customeventaction)
        checked_account(self.account)
        for name in CHECK_ONLY:
            if getattr(self.check, name) is not None:
                raise UsageError(f"send writes no {name}: use a check for that")
        if self.titlecount is not None:
            checked_titlecount(self.titlecount)
        if not self.timeout >= 0:
            raise UsageError(f"timeout must be a number of seconds from 0, not {self.timeout}")
        if self.only_new and (self.again or not self.row_ledger):
            raise UsageError(
                f"{option('only_new')} leaves out what was sent before: use it neither with {option('again')} nor "
                f"{'with --no-row-ledger' if is_on_command_line() else 'without `row_ledger`'}"
            )


def send_options(options: SendOptions | None, named: Mapping[str, Any]) -> SendOptions:
    """`options` with those given by name, its own and those of its check, in place."""
    own = {one.name: one.default for one in fields(SendOptions)}
    known = [name for name in (*own, *(one.name for one in fields(CheckOptions))) if name not in NOT_BY_NAME]
    refuse_unknown("send", [name for name in named if name not in NOT_BY_NAME], known)
    missing = [name for name, default in own.items() if default is MISSING and name not in named]
    if options is None and missing:
        raise TypeError(f"send() is missing {' and '.join(missing)}")
    of_check = {name: value for name, value in named.items() if name not in own}
    given = {name: value for name, value in named.items() if name in own}
    if of_check:
        before = given.get("check") or (options.check if options is not None else CheckOptions())
        given["check"] = replace(before, **of_check)
    return SendOptions(**given) if options is None else replace(options, **given)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order(SendOptions):
    """A file or a DataFrame to send, with its layout, options and endpoint."""

    file: str | PathLike[str] | pd.DataFrame
    layout: Layout
    endpoint: Endpoint = ACTON

    @classmethod
    def of(
        cls,
        file: str | PathLike[str] | pd.DataFrame,
        layout: Layout,
        options: SendOptions,
        endpoint: Endpoint = ACTON,
    ) -> Self:
        """The order to send a file to an endpoint with these options."""
        named: dict[str, Any] = {one.name: getattr(options, one.name) for one in fields(SendOptions)}
        return cls(file=file, layout=layout, endpoint=endpoint, **named)

    def __post_init__(self) -> None:
        super(Order, self).__post_init__()
        checked_filename(self.name)

    @property
    def name(self) -> str:
        """The filename in the form."""
        if self.filename is not None:
            return self.filename
        if not isinstance(self.file, str | PathLike):
            return "DataFrame"
        name = Path(self.file).name
        if name == "-":
            return "standard-input.csv"
        if name.lower().endswith(".gz"):  # the file is sent uncompressed
            name = name[:-3]
        of_workbook = Path(name).suffix.lower() in (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
        return f"{Path(name).stem}.csv" if of_workbook else name
