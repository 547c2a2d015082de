"""Messages about refused uploads and the commands that resolve them: ledger entries -> one line. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from preflight.text.asking import is_on_page
from preflight.text.asking import option as named
from preflight.text.display import counted
from uploader.account.hosts import base_url_option
from uploader.ledger.lease import described_holder
from uploader.model.entry import Entry
from uploader.model.outcome import Outcome


def how_to_settle(id: int, option: str) -> str:
    """How to settle upload `id`: where to look, and the commands; `option` is that of its ledger."""
    if is_on_page():
        return f"look in Act-On, then say below whether upload {id} arrived"
    settle = f"uploader settle {id}{option}"
    return f"look in Act-On, then settle it with `{settle} --sent` or `{settle} --not-sent`"


def never_told(id: int, option: str) -> str:
    """What to do about upload `id` if the status of its job stays unknown; follows the command that asks."""
    return f"; if that never says, {how_to_settle(id, option)}"


def how_to_end(entry: Entry, option: str) -> str:
    """The next step for an upload that is not finished, in words that follow a semicolon."""
    if entry.holder:
        return f"{described_holder(entry.holder)} is handling it: wait for its end, then try again"
    if entry.can_be_followed and is_on_page():
        return f"ask below for the end of its job{never_told(entry.id, option)}"
    if entry.can_be_followed:
        where = base_url_option(entry.endpoint) + option
        return f"follow its job with `uploader status {entry.job_id} --wait{where}`{never_told(entry.id, option)}"
    if entry.append_count and is_on_page():
        return f"look in Act-On, then accept upload {entry.id} below as it is"
    if entry.append_count:
        return f"look in Act-On, then accept it as it is with `uploader settle {entry.id}{option} --sent`"
    return how_to_settle(entry.id, option)


def sent_already(entry: Entry, option: str) -> str:
    """Why bytes of an earlier upload are refused."""
    upload = f"upload {entry.id} of {entry.when}"
    if entry.holder and entry.outcome is Outcome.IN_DOUBT:
        return f"these rows are being sent already, {upload}: {how_to_end(entry, option)}"
    if entry.outcome is Outcome.IN_DOUBT:
        again = "" if is_on_page() else f", or send once more with {named('again')}"
        doubt = f"these rows may have arrived already, {upload} is in doubt ({entry.reason})"
        return f"{doubt}; {how_to_end(entry, option)}{again}"
    job = f" as job {entry.job_id}" if entry.job_id else ""
    end = "" if entry.finished else f"; {how_to_end(entry, option)}"
    return f"these rows were sent already, on {entry.when}{job} (upload {entry.id}, {entry.described}){end}{_again()}"


def cut_otherwise(entry: Entry, option: str) -> str:
    """Why a file is refused that an earlier upload sent in parts, split in an unknown way."""
    end = "" if entry.finished else f"{how_to_end(entry, option)}; "
    return (
        f"this file was sent already, or may have been, with another {named('max_bytes')}: upload {entry.id}, "
        f"{entry.described}, was {entry.named_part or 'all'} of it; {end}use that size to go on, {named('again')} "
        "sends the file once more, and it counts twice"
    )


def part_stands(entry: Entry, option: str) -> str:
    """Why a file's next part is refused: an earlier one is not finished."""
    part = f", {entry.named_part}," if entry.named_part else ""
    goes_on = "send the file again" if is_on_page() else "the same command goes on"
    return f"upload {entry.id}{part} is {entry.described}; {how_to_end(entry, option)}, then {goes_on}"


def sent_before(how_many: str, rows: Mapping[int, int], entries: Sequence[Entry], rest: int, option: str) -> str:
    """Why a file with rows of earlier uploads is refused: `how_many` counts these rows, `rest` the others."""
    where = ", ".join(f"{rows[entry.id]:,} in upload {entry.id}, {entry.outcome.plain}" for entry in entries[:3])
    more = f", and in {counted(len(entries) - 3, 'other')}" if len(entries) > 3 else ""
    other = f"; {named('only_new')} sends the other {rest:,}" if rest else ""
    open_still = [entry for entry in entries if not entry.finished][:3]
    ends = "".join(f"; upload {entry.id}: {how_to_end(entry, option)}" for entry in open_still)
    return f"{how_many} ({where}{more}){ends}{other}{_again(', ' if rest else '; ')}"


def _again(joined: str = "; ") -> str:
    """The option that sends rows once more, which the page lacks."""
    return "" if is_on_page() else f"{joined}{named('again')} sends them once more, and they count twice"


def not_confirmed(rows: Mapping[int, int], entries: Sequence[Entry], option: str) -> str:
    """Which rows that were left out are not known to have arrived, and the next step; empty for none."""
    parts = [
        f"{rows[entry.id]:,} of the rows left out {'is' if rows[entry.id] == 1 else 'are'} in upload {entry.id}, "
        f"{entry.described}: {_rejected(entry) if entry.finished else how_to_end(entry, option)}"
        for entry in entries
        if not entry.complete
    ]
    more = f"; and {counted(len(parts) - 3, 'upload')} more not confirmed" if len(parts) > 3 else ""
    return "; ".join(parts[:3]) + more


def _rejected(entry: Entry) -> str:
    return f"{entry.rejected_count:,} of its {entry.rows:,} rows were rejected; Act-On does not say which"
