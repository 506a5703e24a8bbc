"""The fields of a trade list as text, numbers and times, in whatever regional settings."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pandas as pd

from futures_env import ArgumentError
from futures_env.data.importing.origin import Origin
from futures_env.data.importing.stamps import parse

_AMOUNTS = re.compile(r"price|profit|pn?l|commission|fee")
"""Plain names of the columns whose amounts tell the decimal mark."""
_DECIMAL_COMMA = r",(?:\d{1,2}|\d{4,})\D*$"
"""An amount that ends so has a decimal comma: thousands are three digits."""
_AROUND = r"[\s$€£¥'\u2019]|[A-Z]{3}"
"""What stands around and inside of amounts: currencies and separators of thousands."""
_BELOW_SECONDS = r"(?<=:\d\d)\.\d+"


class TradeListError(ValueError):
    """A trade list that cannot be used; the message names file, line and field."""


class Rows:
    """The rows of a file, read by the plain name of a column: small letters and digits.

    A column whose name ends in a percent sign is left out: it stands beside one of an amount.

    Args:
        path: of the file, for errors.
        raw: its table, everything text but what a parquet file types.
        zone: of times that do not say theirs.
    """

    def __init__(self, path: Path, raw: pd.DataFrame, zone: str | None) -> None:
        self.path, self.raw, self._zone = path, raw, zone
        self.line = np.arange(len(raw)) + 2
        self.known = _plain_names(raw)
        self._decimal_comma = any(
            self.text(name).str.contains(_DECIMAL_COMMA, regex=True).any()
            for name in self.known
            if _AMOUNTS.search(name)
        )

    def text(self, name: str) -> pd.Series:
        """A column as text."""
        return self.raw[self.known[name]].astype(str).str.strip()

    def first_of(self, *names: str) -> str | None:
        """The first of the names that is a column's."""
        return next((name for name in names if name in self.known), None)

    def starting(self, *beginnings: str) -> str | None:
        """The plain name of the first column that begins with one of them, in their order."""
        found = (name for begin in beginnings for name in self.known if name.startswith(begin))
        return next(found, None)

    def number(self, name: str) -> pd.Series:
        """A column of numbers or amounts of money; ``(12.50)`` and ``-$12.50`` are both negative.

        Raises:
            TradeListError: one that is none.
        """
        values = self.numbers(name)
        self.refuse(values.isna(), name, "is no number")
        return values

    def numbers(self, name: str) -> pd.Series:
        """As ``number``, NaN where there is none."""
        text = self.text(name).str.replace(_AROUND, "", regex=True).str.replace("\u2212", "-")
        text = text.str.replace(r"^\((.*)\)$", r"-\1", regex=True)
        thousands, decimal = (".", ",") if self._decimal_comma else (",", ".")
        text = text.str.replace(thousands, "", regex=False).str.replace(decimal, ".", regex=False)
        return pd.to_numeric(text, errors="coerce")

    def whole(self, name: str) -> pd.Series:
        """A column of whole numbers.

        Raises:
            TradeListError: one that is none.
        """
        values = self.number(name)
        self.refuse(values % 1 != 0, name, "is no whole number")
        return values.astype(int)

    def time(self, name: str) -> pd.Series:
        """A column of times in UTC.

        The whole column says whether day or month comes first; where it does not, twelve-hour
        clocks are American, and who writes decimal commas writes the day first.

        Raises:
            ArgumentError: no such zone.
            TradeListError: a time that is none, or of no zone where none was stated.
        """
        column = self.raw[self.known[name]]
        if isinstance(column.dtype, pd.DatetimeTZDtype):
            return column.dt.tz_convert("UTC")
        text = self.text(name).str.replace(_BELOW_SECONDS, "", regex=True)
        american = text.str.contains(r"[AP]M$", case=False, regex=True).all()
        lines = _Lines((str(self.path),), np.zeros_like(self.line), self.line)
        try:
            parsed = parse(
                text, lines, bool(american), day_first=self._decimal_comma and not american
            )
        except ValueError as error:
            raise TradeListError(f"{error} (column {self.known[name]})") from error
        times = pd.Series(pd.to_datetime(parsed.seconds, unit="s"), index=column.index)
        if parsed.aware:
            return times.dt.tz_localize("UTC")
        zone = parsed.zone or self._zone
        if zone is None:
            self.refuse(times.notna(), name, "has no zone: state it with --zone")
        localized = times.dt.tz_localize(_zone(zone), ambiguous="NaT", nonexistent="NaT")
        self.refuse(localized.isna(), name, "is a time that the clock shows twice or never")
        return localized.dt.tz_convert("UTC")

    def refuse(self, bad: pd.Series, name: str, why: str) -> None:
        """Raise for the first bad row."""
        if (found := np.flatnonzero(np.asarray(bad))).size:
            value = self.raw[self.known[name]].iloc[found[0]]
            raise TradeListError(
                f"{self.path}, line {self.line[found[0]]}: {self.known[name]} {value!r} {why}"
            )

    def take(self, kept: pd.Series) -> "Rows":
        """Those chosen, with the lines that they have in the file."""
        chosen = Rows(self.path, self.raw[kept].reset_index(drop=True), self._zone)
        chosen.line = self.line[np.asarray(kept)]
        chosen._decimal_comma = self._decimal_comma
        return chosen


@dataclass(frozen=True)
class _Lines(Origin):
    """Rows by their lines in the file."""

    def at(self, position: int) -> str:
        return f"{self.files[0]}, line {self.row[position]}"


def _plain_names(raw: pd.DataFrame) -> Mapping[str, str]:
    """Plain name of each column; of two alike the first."""
    found: dict[str, str] = {}
    for name in map(str, raw.columns):
        if not name.rstrip().endswith("%"):
            found.setdefault(re.sub(r"[^a-z0-9]", "", name.lower()), name)
    return found


def _zone(name: str | None) -> ZoneInfo:
    try:
        return ZoneInfo(name or "")
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ArgumentError(f"--zone {name}: no such zone") from error
