"""Ledger entries and job states -> terminal text. Pure and light: imports nothing of a delivery."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from preflight.text.display import counted, shown, shown_file, visible
from preflight.text.shell import quoted
from uploader.account.hosts import base_url_option
from uploader.ledger.refusals import how_to_end
from uploader.model.entry import Entry, Place
from uploader.model.job import Job, State
from uploader.model.outcome import Outcome

if TYPE_CHECKING:
    from rich.table import Table


def render_status(job: Job) -> str:
    """The state of a job in one line."""
    word = f"`{job.status}`" if job.status else "still running"
    if job.state is State.OK:
        counts = f"{as_count(job.append_count)} appended, {as_count(job.rejected_count)} rejected"
        return f"Job {job.job_id}: ok, {counts}.\n"
    hint = "the job is not known to have ended well" if job.final else "ask again, or add --wait"
    return f"Job {job.job_id}: {word}; {hint}.\n"


def why_unknown(entry: Entry | None, username: str) -> str:
    """A possible reason why the state of a job cannot be read, to be added to the error; `entry` is its upload.

    `username` is the user name of the login, empty without one.
    """
    if entry is None:
        return "; the ledger has no such job: check its id, and where it was sent (--region, --base-url)"
    if username and entry.account and entry.account != username:
        return f"; the ledger has it in account {shown(entry.account)}, and the login is that of {shown(username)}"
    return ""


def render_history(entries: Iterable[Entry], option: str) -> str:
    """The uploads in the ledger, one per line; `option` is the option for that ledger."""
    lines = []
    for entry in entries:
        account = f", account {shown(entry.account)}" if entry.account else ""
        host = entry.endpoint.split("://", 1)[1]
        place = f"to {shown(entry.destination)} as {entry.customeventaction} at {host}{account}"
        part = f", part {entry.part} of {entry.parts}" if entry.parts > 1 else ""
        what = f"{counted(entry.rows, 'row')} of {shown(entry.filename)}{part}, titlecount {entry.titlecount}"
        lines.append(f"{entry.id}  {entry.when}  {entry.outcome.plain}: {what}, {place}{_as_job(entry)}")
        if entry.reason:
            lines.append(f"   {visible(entry.reason, 300)}")
        if entry.arrived and not entry.finished:
            lines.append(f"   {how_to_end(entry, option)}")
    return "".join(f"{line}\n" for line in lines) or "Nothing was sent yet.\n"


def render_waiting(entries: Iterable[Entry], option: str) -> str:
    """The uploads that need a decision, one per line, with the next command."""
    waiting = [entry for entry in entries if entry.arrived and not entry.finished]
    return "".join(f"upload {entry.id} is {entry.described}: {how_to_end(entry, option)}\n" for entry in waiting)


def history_table(entries: Iterable[Entry]) -> Table:
    """The uploads in the ledger as a table for a terminal."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.HORIZONTALS, expand=True, pad_edge=False, header_style="dim", border_style="dim")
    table.add_column("id", justify="right", no_wrap=True)
    table.add_column("time", width=16)
    table.add_column("rows", justify="right", no_wrap=True)
    table.add_column("file", ratio=2, overflow="fold")
    table.add_column("to", ratio=2, overflow="fold")
    table.add_column("outcome", ratio=4, overflow="fold")
    for entry in entries:
        account = f"\naccount {visible(entry.account)}" if entry.account else ""
        part = f"\npart {entry.part} of {entry.parts}" if entry.parts > 1 else ""
        host = entry.endpoint.split("://", 1)[1]
        details = f"{_as_job(entry)}; titlecount {entry.titlecount}"
        outcome = Text.assemble((entry.outcome.plain, _colour(entry)), details)
        if entry.reason:
            outcome.append(f"\n{visible(entry.reason, 300)}")
        table.add_row(
            f"{entry.id}",
            entry.when,
            f"{entry.rows:,}",
            Text(f"{visible(entry.filename)}{part}"),
            Text(f"{visible(entry.destination)}\n{entry.customeventaction}\n{host}{account}"),
            outcome,
            end_section=True,
        )
    return table


def _colour(entry: Entry) -> str:
    return "green" if entry.outcome is Outcome.CONFIRMED else "dim" if not entry.arrived else "bold yellow"


def titles_table(destination: str, titles: Sequence[str]) -> Table:
    """The titles of a custom event as a table for a terminal."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.HORIZONTALS, pad_edge=False, header_style="dim", border_style="dim")
    table.add_column(f"{counted(len(titles), 'title')} of {visible(destination)}", overflow="fold")
    for title in titles:
        table.add_row(Text(visible(title)))
    return table


def titles_elsewhere(asked: Place, places: Sequence[Place]) -> str:
    """The options that list titles of the custom event at other `places`; empty for no place."""
    options = []
    for place in places:
        host = "" if place.endpoint == asked.endpoint else base_url_option(place.endpoint) or " --region us"
        account = "" if place.account == asked.account else f" --account {quoted(place.account)}"
        options.append(host + account)
    return f" here; others are, with{' or'.join(options)}" if options else ""


def render_settled(entry: Entry, option: str) -> str:
    """The new state of a settled upload, in one line."""
    if entry.outcome is Outcome.NOT_SENT:
        return f"Upload {entry.id} was not sent: `uploader send` may send the same bytes.\n"
    where = base_url_option(entry.endpoint) + option
    counts = f"; `uploader status {entry.job_id}{where}` asks for its counts" if entry.job_id else ""
    return f"Upload {entry.id} was sent: its titles are known, and the same bytes are not sent again{counts}.\n"


def render_ledger(path: str, entries: Sequence[Entry], option: str) -> str:
    """The summary of an intact ledger, with the uploads that need a decision."""
    waiting = "".join(f"  {line}\n" for line in render_waiting(entries, option).splitlines())
    return f"The ledger {shown_file(path)} is intact, and has {counted(len(entries), 'upload')}.\n{waiting}"


def _as_job(entry: Entry) -> str:
    if entry.job_id is None:
        return ""
    if entry.append_count is None and entry.rejected_count is None:
        return f"; job {entry.job_id}"
    appended, rejected = as_count(entry.append_count), as_count(entry.rejected_count)
    return f"; job {entry.job_id}, {appended} appended, {rejected} rejected"


def as_count(count: int | None) -> str:
    """A number of rows from the server; `no count` for none."""
    return "no count" if count is None else f"{count:,}"
