"""Delimited text to a frame: every row has the fields that the header has, or is named.

The shape is checked on the bytes before pandas parses them: it would fill up a short row, shift
the columns of a long one, or speak in its own words.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from futures_env.data.importing.reading.layouts import Layout

if TYPE_CHECKING:
    import pandas as pd

SEPARATORS = ",;\t|"
_NEWLINE, _QUOTE = ord("\n"), ord('"')


@dataclass(frozen=True)
class _Lines:
    """Where the lines of a text are, without blank ones."""

    data: NDArray[np.uint8]
    first: NDArray[np.int64]  # (L,) first byte
    end: NDArray[np.int64]  # (L,) one past the last byte
    fields: NDArray[np.int64]  # (L,) fields of the line
    quotes: NDArray[np.int64]  # (L,) quotation marks of the line

    def text(self, line: int) -> str:
        """A line as text."""
        return bytes(self.data[self.first[line] : self.end[line]]).decode()


def clean(data: bytes) -> bytes:
    """UTF-8 with plain line ends, without a byte-order mark.

    Raises:
        ValueError: not text.
    """
    data = data.removeprefix(b"\xef\xbb\xbf")
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    for bad in (_not_utf8(data), data.find(b"\0")):
        if bad >= 0:
            line = data.count(b"\n", 0, bad) + 1
            raise ValueError(
                f"line {line}: byte {data[bad]:#04x} is not UTF-8 text; save the file as UTF-8 csv"
            )
    return data


def _not_utf8(data: bytes) -> int:
    """Place of the first byte that is not UTF-8, or -1."""
    if data.isascii():
        return -1
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return error.start
    return -1


def first_line(data: bytes) -> str:
    """The first line that is not blank."""
    return next(
        line for line in io.StringIO(data[:100_000].decode(errors="ignore")) if line.strip()
    )


def separator(line: str) -> str:
    """The separator that a line uses most."""
    return max(SEPARATORS, key=line.count)


def split(line: str) -> list[str]:
    """Fields of a header line, without quotes and spaces around them."""
    (fields,) = csv.reader([line.rstrip("\n")], delimiter=separator(line))
    return [field.strip().strip('"') for field in fields]


def read_text(data: bytes, layout: Layout, headless: bool) -> tuple[pd.DataFrame, list[str]]:
    """Read delimited text.

    Args:
        data: from ``clean``.
        layout: names of the columns.
        headless: whether the first line is a row already.

    Returns:
        Columns by our names, numbers where a whole column is numbers; and what was decided.

    Raises:
        ValueError: a row with more or fewer fields, or an open quote.
    """
    head = first_line(data)
    names = _headless_names(layout, len(split(head))) if headless else split(head)
    return read_rows(data, _wanted(names, layout), separator(head), int(not headless))


def read_rows(
    data: bytes, wanted: dict[int, str], sep: str = ",", header: int = 0
) -> tuple[pd.DataFrame, list[str]]:
    """Read rows of equal length.

    Args:
        data: from ``clean``.
        wanted: place in a row -> name of the column.
        sep: separator.
        header: lines in front of the rows.
    """
    import pandas as pd

    lines = _lines(data, sep)
    table, decided = _table(lines, sep, header)
    frame = pd.read_csv(
        io.BytesIO(table),
        sep=sep,
        header=None,
        names=list(range(int(lines.fields[0]))),
        usecols=list(wanted),
        index_col=False,
        encoding="utf-8",
        keep_default_na=False,
        na_values=[""],
        skipinitialspace=True,
        low_memory=False,
    )
    return frame.rename(columns=wanted), decided


def _headless_names(layout: Layout, fields: int) -> list[str]:
    known = [layout.header, (*layout.header, *layout.optional)]
    for names in known:
        if len(names) == fields:
            return list(names)
    counts = " or ".join(str(len(names)) for names in dict.fromkeys(known))
    raise ValueError(
        f"row 0: {fields} fields without a header, {layout.name} has {counts} "
        f"({', '.join(known[-1])}); give the file a header line"
    )


def _wanted(names: list[str], layout: Layout) -> dict[int, str]:
    """Place of a column in the file -> our name."""
    wanted: dict[int, str] = {}
    for place, name in enumerate(names):
        ours = layout.rename.get(name.lower())
        if ours and ours not in wanted.values():
            wanted[place] = ours
    return wanted


def _lines(data: bytes, sep: str) -> _Lines:
    buffer = np.frombuffer(data, np.uint8)
    end = np.flatnonzero(buffer == _NEWLINE)
    if not data.endswith(b"\n"):
        end = np.append(end, len(buffer))
    first = np.append(0, end[:-1] + 1)
    is_separator = buffer == ord(sep)
    quotes = np.zeros(len(end), np.int64)
    if b'"' in data:
        is_quote = buffer == _QUOTE
        places = np.flatnonzero(is_quote)
        quotes = np.searchsorted(places, end) - np.searchsorted(places, first)
        is_separator &= ~np.logical_xor.accumulate(is_quote)
    places = np.flatnonzero(is_separator)
    fields = np.searchsorted(places, end) - np.searchsorted(places, first) + 1
    short = np.flatnonzero(fields == 1)
    blank = [line for line in short.tolist() if not data[first[line] : end[line]].strip()]
    kept = np.delete(np.arange(len(end)), blank)
    return _Lines(buffer, first[kept], end[kept], fields[kept], quotes[kept])


def _table(lines: _Lines, sep: str, header: int) -> tuple[bytes, list[str]]:
    """The rows, without header, footer, blank lines and separators behind the last field."""
    expected, decided = int(lines.fields[0]), []
    ends_in_separator = lines.data[lines.end - 1] == ord(sep)
    extra = (lines.fields == expected + 1) & ends_in_separator
    right = (lines.fields == expected) | extra
    if header and ends_in_separator[0]:
        right |= lines.fields == expected - 1
    last = len(lines.end) - 1
    if last >= header and _is_footer(lines, last, right[last]):
        decided.append("last line = footer, left out")
        last -= 1
    _check_shape(lines, right, expected, header, last)
    if last < header:
        raise ValueError("there are no rows")
    rows = slice(header, last + 1)
    first, end = lines.first[rows], lines.end[rows]
    if not extra[rows].any() and (first[1:] == end[:-1] + 1).all():
        return lines.data[first[0] : end[-1]].tobytes(), decided
    end = end - extra[rows]
    parts = (lines.data[a:b].tobytes() for a, b in zip(first.tolist(), end.tolist(), strict=True))
    return b"\n".join(parts), decided


def _is_footer(lines: _Lines, line: int, right: bool) -> bool:
    """Words in place of a row; a row that is cut off begins with a digit."""
    words = lines.fields[line] == 1 and not right
    return words and lines.text(line).lstrip('"#* ')[:1].isalpha()


def _check_shape(
    lines: _Lines, right: NDArray[np.bool_], expected: int, header: int, last: int
) -> None:
    """Refuse the first row whose quotes stay open or whose fields are too many or too few."""
    opened = np.flatnonzero(lines.quotes[: last + 1] % 2)
    if len(opened):
        row = int(opened[0]) - header
        where = f"row {row}" if row >= 0 else "the header"
        raise ValueError(f"{where}: a quotation mark is not closed; repair the row")
    wrong = np.flatnonzero(~right[: last + 1])
    if len(wrong):
        line, like = int(wrong[0]), "the header" if header else "row 0"
        raise ValueError(
            f"row {line - header}: {lines.fields[line]} fields, {like} has {expected} "
            f"({len(wrong)} such rows): {lines.text(line)[:60]!r}; repair or remove it"
        )
