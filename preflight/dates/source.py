"""SourceFormat: the reading of a file's dates that `--normalize-dates` converts to ISO form.

As Java then reads only the ISO form, the file's texts may have forms that no Java pattern expresses. Texts that a
`DateFormat` reads have the same instant here; other texts are respelled for a `DateFormat` first:

* zones as words or offsets under `z` (`preflight.dates.zones`), one to nine digits of a fraction under `S`,
* months, weekdays and halves of the day in the words of a language (`preflight.text.locales`), `p. m.` in any, and
  `下午2:00`, `午後2:00`, `오후 2:00`,
* blanks of other kinds (U+202F before AM), dashes, ranges of times, and more: see `preflight.dates.respelling`,
* times without the fraction of a second that the pattern has; where only the day is kept, any time or none.

`excel`, `unix` and `unix-ms` are patterns, too: see `preflight.dates.counted`.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from preflight.dates.compose import fits, patterns_like, shaped, style_of
from preflight.dates.format import DateFormat
from preflight.dates.parse import regex_of
from preflight.dates.pattern import HALVES, Part, quoted, tokens
from preflight.dates.respelling import BLANKS, HALF, cleaned
from preflight.dates.zones import WORD, local_offsets, offsets, written_offset, zone_of
from preflight.text.locales import folded, words_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

    from preflight.dates.parse import Instants

    Minutes = npt.NDArray[np.int64]


class SourceFormat(DateFormat):
    """A date pattern for dates that are normalized.

    `zone` (a place) resolves ambiguous zone words, and is the zone to which instants are converted. `locale` is the
    language of names. With `day` the time is dropped. `has_time`, `has_zone` and the results of `judge` are those of
    the normalized dates: with `day` the local day, without a time.

    Attributes: `plain`, the `DateFormat` that reads the respelled texts; `normal`, the format of the ISO form.

    Raises `DateFormatError` for an unusable pattern; `SourceReading` checks zone and language.
    """

    def __init__(
        self,
        pattern: str,
        *,
        zone: str = "",
        locale: str = "",
        day: bool = False,
        window_start: datetime | None = None,
    ) -> None:
        self.zone, self.locale, self.day = zone, locale, day
        self._read_pattern(pattern, window_start)
        self.reads_zone, self.reads_time = self.plain.has_zone, self.plain.has_time
        self.has_zone, self.has_time = self.reads_zone and not day, self.reads_time and not day
        self.has_names = self.plain.has_names
        self.has_fraction = self._reads_fractions() and not day
        self.strptime = self._translated()
        self.window_start = self.plain.window_start

    @property
    def _key(self) -> tuple[object, ...]:
        return *super()._key, self.zone, self.locale, self.day

    def _read_pattern(self, pattern: str, window_start: datetime | None) -> None:
        self.pattern = pattern
        self.plain = DateFormat(plain_pattern(pattern), window_start=window_start)
        self.parts = tokens(pattern)

    def _reads_fractions(self) -> bool:
        return any(part.letter == "S" for part in self.plain.parts)

    def _translated(self) -> str:
        """The pattern for strptime."""
        named = any(part.letter == "z" for part in self.parts)
        return self.plain.strptime.replace("%z", "%Z") if named else self.plain.strptime

    @cached_property
    def normal(self) -> DateFormat:
        """The ISO form: `yyyy-MM-dd`, with a time to the second or millisecond and a zone if the pattern has them."""
        time = "'T'HH:mm:ss" if self.has_time else ""
        return DateFormat(
            f"yyyy-MM-dd{time}{'.SSS' if self.has_fraction else ''}{'XXX' if self.has_zone and time else ''}"
        )

    def like(self, pattern: str) -> SourceFormat:
        """A format of another pattern with the same options."""
        return SourceFormat(pattern, zone=self.zone, locale=self.locale, day=self.day, window_start=self.window_start)

    def judge(self, texts: pa.Array) -> Instants:
        """The instant of each normalized date, `NaT` for texts not accepted; see `DateFormat.judge`."""
        if not self.day:
            return self._read(texts, with_offsets=False)[0]
        instants, ahead = self._read(texts)
        days = (instants + ahead.astype("timedelta64[m]")).astype("datetime64[D]")
        return cast("Instants", days.astype("datetime64[us]"))

    def normalized(self, texts: pa.Array) -> list[str]:
        """Accepted texts in ISO form: the same instants, in their own zones or in `zone`."""
        import numpy as np

        instants, ahead = self._read(texts)
        if np.isnat(instants).any():
            raise ValueError("only dates that the format reads can be normalized")
        unit: Any = "D" if not self.has_time else "ms" if self.has_fraction else "s"
        local = instants + ahead.astype("timedelta64[m]")
        written = cast("list[str]", np.datetime_as_string(local, unit=unit, casting="unsafe").tolist())
        if not self.has_zone:
            return written
        return [time + written_offset(minutes) for time, minutes in zip(written, ahead.tolist(), strict=True)]

    def format(self, value: datetime) -> str:
        """`value` in the plain pattern; see `DateFormat.format`."""
        return self.plain.format(value)

    def _read(self, texts: pa.Array, with_offsets: bool = True) -> tuple[Instants, Minutes]:
        """The instants (local times if there is no zone), and the minutes ahead of UTC of each."""
        import numpy as np
        import pyarrow as pa

        instants, ahead = self._read_in_pattern(texts, with_offsets)
        left = np.flatnonzero(np.isnat(instants))
        if len(left) and (self.day or self.has_fraction):
            rest = texts.take(pa.array(left))
            for other, rows in self._others(rest):
                found, offset = other._read_in_pattern(rest.take(pa.array(rows)), with_offsets)
                read = left[rows[~np.isnat(found)]]
                instants[read], ahead[read] = found[~np.isnat(found)], offset[~np.isnat(found)]
        return instants, ahead

    def _others(self, texts: pa.Array) -> Iterator[tuple[SourceFormat, npt.NDArray[np.intp]]]:
        """Yield the formats that may read texts with another time, or none, and the rows of each."""
        import numpy as np

        rows = dict[str, list[int]]()
        for row, text in enumerate(texts.to_pylist()):
            for pattern in patterns_like(self.pattern, text or "", self.locale, day=self.day):
                rows.setdefault(pattern, []).append(row)
        for pattern, found in rows.items():
            yield self.like(pattern), np.array(found, np.intp)

    def _read_in_pattern(self, texts: pa.Array, with_offsets: bool) -> tuple[Instants, Minutes]:
        """The results of `_read` for texts with a time as in the pattern."""
        import numpy as np
        import pyarrow as pa

        from preflight.text.buffers import as_strings

        texts = as_strings(texts)
        ahead = np.zeros(len(texts), np.int64)
        instants: Any
        named = any(part.letter == "z" for part in self.parts)
        if named or (self.reads_zone and with_offsets):
            instants = np.full(len(texts), np.datetime64("NaT", "us"))
        else:
            instants = self.plain.judge(texts)
        left = np.flatnonzero(np.isnat(instants))
        if len(left):
            rest = texts if len(left) == len(texts) else texts.take(pa.array(left))
            rows, plain, words = self._spelled(rest)
            local = self.plain.judge(plain)
            if words is not None:
                ahead[left[rows]], known = offsets(words, local, zone_of(self.zone) if self.zone else None)
                local = local - ahead[left[rows]].astype("timedelta64[m]")
                local[~known] = np.datetime64("NaT", "us")
            instants[left[rows]] = local
        if self.zone and self.reads_zone and with_offsets:
            ahead = local_offsets(instants, zone_of(self.zone))
        return instants, ahead

    def _spelled(self, texts: pa.Array) -> tuple[npt.NDArray[np.intp], pa.Array, list[str] | None]:
        """The rows of the texts with the form, these texts respelled in the plain pattern, and their zone words."""
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc

        found = pc.extract_regex(texts, self._form)
        if found.null_count:  # what the pattern reads as it stands is not respelled
            found = pc.coalesce(found, pc.extract_regex(cleaned(texts), self._form))
        there = found.is_valid()
        rows, found = np.flatnonzero(there.to_numpy(zero_copy_only=False)), found.filter(there)
        pieces, words = [], None
        for place, part in enumerate(self.parts):
            group = found.field(f"part{place}")
            if not part.letter:
                pieces.append(pa.scalar(part.text, texts.type))
            elif part.field == "zone":
                words = pc.utf8_trim_whitespace(group).to_pylist()
                pieces.append(pa.scalar(_utc(part), texts.type))
            elif part.letter == "S":
                pieces.append(pc.utf8_rpad(pc.utf8_slice_codeunits(pc.utf8_trim(group, BLANKS), 0, 3), 3, "0"))
            elif part.is_name:
                pieces.append(self._in_english(part, group))
            else:
                pieces.append(pc.utf8_trim(group, BLANKS))
        return rows, pc.binary_join_element_wise(*pieces, pa.scalar("", texts.type)), words

    @cached_property
    def _form(self) -> str:
        """The form of the texts that can be respelled, for RE2, with a named group for each part."""
        before: tuple[Part | None, ...] = (None, *self.parts)
        after: tuple[Part | None, ...] = (*self.parts[1:], None)
        pieces = [
            f"(?P<part{place}>{self._regex(part, last, following)})"
            for place, (last, part, following) in enumerate(zip(before, self.parts, after, strict=False))
        ]
        return "".join((f"^[{BLANKS}]*", *pieces, f"[{BLANKS}]*$"))

    def _regex(self, part: Part, before: Part | None, after: Part | None) -> str:
        words = words_of(self.locale)
        if not part.letter:
            pieces = re.split("( +)", part.text)
            return "".join(f"[{BLANKS}]+" if piece.isspace() else re.escape(piece) for piece in pieces)
        if part.letter == "z":
            return f"[{BLANKS}]*{WORD}"
        if part.letter == "S" and before is not None and not before.letter:
            return f"[{BLANKS}]*[0-9]{{1,9}}"
        if part.letter == "a":
            return "|".join([HALF, *map(_any_case, sorted(words.halves, key=len, reverse=True))])
        if part.is_name:
            names = words.months if part.letter == "M" else words.weekdays
            return "|".join(_any_case(name) for name in sorted(names, key=len, reverse=True))
        return regex_of(part, before, after).replace(r"[ \t]*", f"[{BLANKS}]*", 1)

    def _in_english(self, part: Part, group: Any) -> Any:
        """The names of a part in English."""
        import pyarrow as pa

        encoded = group.dictionary_encode()
        words = words_of(self.locale)
        known = {"M": words.months, "E": words.weekdays, "a": words.halves}[part.letter]
        english = [
            _half(word, known) if part.letter == "a" else known[folded(word)] for word in encoded.dictionary.to_pylist()
        ]
        return pa.array(english, group.type).take(encoded.indices)


def days_read(text: str) -> set[str]:
    """The days, in ISO form, as which formats of composed patterns read a text whose date is normalized."""
    import pyarrow as pa

    formats = [SourceFormat(fit.pattern, day=True) for fit in fits(shaped(text, ""), style_of(""))]
    return {str(one.judge(pa.array([text]))[0])[:10] for one in formats} - {"NaT"}


def plain_pattern(pattern: str) -> str:
    """The `DateFormat` pattern for the pattern of a source: offsets for `z`, milliseconds for any fraction."""
    pieces = []
    for part in tokens(pattern):
        if part.letter == "z" and len(part.text) <= 4:
            pieces.append("Z")
        elif part.letter == "S" and len(part.text) <= 9 and "ss" in pattern:
            pieces.append("SSS")
        else:
            pieces.append(part.text if part.letter else quoted(part.text))
    return "".join(pieces)


def _any_case(word: str) -> str:
    return "(?i:" + f"[{BLANKS}]+".join(map(re.escape, word.split(" "))) + ")"


def _half(word: str, known: Any) -> str:
    return known.get(folded(word)) or HALVES["p" in word.casefold()]


def _utc(part: Part) -> str:
    """UTC in the form of a zone part of a plain pattern."""
    return "Z" if part.letter == "X" else "+0000"
