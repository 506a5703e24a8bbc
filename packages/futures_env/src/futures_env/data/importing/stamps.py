"""Stamps as text to seconds: one format for a whole column, decided by the whole column."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from futures_env.data.importing.origin import Origin

if TYPE_CHECKING:
    import pandas as pd

DATES = {
    r"\d{4}-\d\d?-\d\d?": "%Y-%m-%d",
    r"\d{4}/\d\d?/\d\d?": "%Y/%m/%d",
    r"\d{8}": "%Y%m%d",
    r"\d\d?/\d\d?/\d{4}": "%m/%d/%Y",
    r"\d\d?-\d\d?-\d{4}": "%m-%d-%Y",
    r"\d\d?\.\d\d?\.\d{4}": "%m.%d.%Y",
    r"\d\d?/\d\d?/\d\d": "%m/%d/%y",
}
TIMES = {
    r"\d\d?:\d\d:\d\d": "%H:%M:%S",
    r"\d\d?:\d\d:\d\d\.\d+": "%H:%M:%S.%f",
    r"\d\d?:\d\d": "%H:%M",
    r"\d{6}": "%H%M%S",
    r"\d\d?:\d\d:\d\d ?[AP]M": "%I:%M:%S %p",
    r"\d\d?:\d\d ?[AP]M": "%I:%M %p",
}
_DATE, _TIME = "|".join(DATES), "|".join(TIMES)
_STAMP = re.compile(
    rf"(?P<date>{_DATE})(?:[T ](?P<time>{_TIME})(?P<offset>Z| ?[+-]\d\d:?\d\d)?"
    r"(?: (?P<zone>(?![AP]M\b)[A-Za-z][\w/+-]*))?)?",
    re.IGNORECASE,
)
FIRST_YEAR, LAST_YEAR = 1970, 2100
EXAMPLE = "write them as 2025-01-31 09:30:00"


@dataclass(frozen=True)
class Parsed:
    """Stamps of a column."""

    seconds: NDArray[np.int64]  # (T,) since 1970-01-01, of UTC or of the wall clock
    aware: bool  # whether the seconds are of UTC
    zone: str = ""  # zone that the text names


def parse(
    stamps: pd.Series, origin: Origin, month_first: bool, *, day_first: bool = False
) -> Parsed:
    """Read a column of text.

    Args:
        stamps: text, all in one format.
        origin: of the rows.
        month_first: documented order of 03/04/2025, where the column does not decide it.
        day_first: likewise the other one.

    Raises:
        ValueError: naming the first stamp that is missing, of another format or no time.
    """
    missing = stamps.isna().to_numpy()
    if missing.any():
        raise ValueError(
            f"{origin.at(int(missing.argmax()))}: timestamp is missing; remove the row"
        )
    text = stamps.astype(str).str.replace(r"\s+", " ", regex=True).str.strip()
    first = _STAMP.fullmatch(text.iloc[0])
    if not first:
        raise ValueError(
            f"{origin.at(0)}: timestamp cannot be read as a time: {text.iloc[0][:40]!r}; {EXAMPLE}"
        )
    text, zone = _without_zone(text, first["zone"] or "", origin)
    order = "month" if month_first else "day" if day_first else ""
    style = _style(first, text, origin, order)
    return _converted(text, style, bool(first["offset"]), zone, origin)


def _without_zone(text: pd.Series, zone: str, origin: Origin) -> tuple[pd.Series, str]:
    """Take the name of a zone off the end of every stamp."""
    if not zone:
        return text, ""
    named = text.str.endswith(f" {zone}").to_numpy()
    if not named.all():
        at = int((~named).argmax())
        raise ValueError(
            f"{origin.at(at)}: timestamp {text.iloc[at][:40]!r} does not name the zone {zone} as "
            "the first row does; repair or remove the row"
        )
    return text.str.slice(stop=-len(zone) - 1), zone


def _style(first: re.Match[str], text: pd.Series, origin: Origin, order: str) -> str:
    """strptime format of the column."""
    date = next(style for pattern, style in DATES.items() if re.fullmatch(pattern, first["date"]))
    if date.startswith("%m"):
        date = _day_order(date, text, origin, order)
    if not first["time"]:
        return date
    time = next(
        style
        for pattern, style in TIMES.items()
        if re.fullmatch(pattern, first["time"], re.IGNORECASE)
    )
    if time.endswith("%p") and " " not in first["time"]:
        time = time.replace(" %p", "%p")
    between = first.string[first.end("date")]
    offset = {"": "", " ": " %z"}.get((first["offset"] or "")[:1], "%z")
    return f"{date}{between}{time}{offset}"


def _day_order(date: str, text: pd.Series, origin: Origin, order: str) -> str:
    """Day or month first: a number above 12 anywhere in the column says which, else ``order``."""
    parts = text.str.extract(r"^(\d\d?)\D(\d\d?)\D").astype("float64")
    day_first, day_second = (bool((parts[place] > 12).any()) for place in (0, 1))
    if day_first and day_second:
        rare = 0 if (parts[0] > 12).sum() <= (parts[1] > 12).sum() else 1
        at = int((parts[rare] > 12).to_numpy().argmax())
        raise ValueError(
            f"{origin.at(at)}: timestamp {text.iloc[at][:40]!r} has day and month the other way "
            "round than other rows; repair or remove the row"
        )
    if day_first or (order == "day" and not day_second):
        return f"%d{date[2]}%m{date[5:]}"
    if day_second or order == "month":
        return date
    raise ValueError(
        f"{origin.at(0)}: timestamp {text.iloc[0][:40]!r}: no date of the file tells whether day "
        f"or month comes first; {EXAMPLE}"
    )


def _converted(text: pd.Series, style: str, aware: bool, zone: str, origin: Origin) -> Parsed:
    import pandas as pd

    upper = text.str.upper() if style.endswith("%p") else text
    times = pd.to_datetime(upper, format=style, errors="coerce", utc=aware)
    bad = times.isna().to_numpy()
    if bad.any():
        at = int(bad.argmax())
        raise ValueError(
            f"{origin.at(at)}: timestamp {text.iloc[at][:40]!r} is not a time written like "
            f"{text.iloc[0][:40]!r}; repair or remove the row"
        )
    return Parsed(whole_seconds(times, origin), aware, zone)


def whole_seconds(times: pd.Series, origin: Origin) -> NDArray[np.int64]:
    """Seconds since 1970-01-01 of times without a zone, or of UTC.

    Raises:
        ValueError: a stamp between two seconds, or of another century.
    """
    years = times.dt.year.to_numpy()
    check_years(years, origin)
    nanoseconds = times.dt.as_unit("ns").astype("int64").to_numpy()
    return divided(nanoseconds, 10**9, origin)


def check_years(years: NDArray, origin: Origin) -> None:
    """Refuse a year that no bar is from."""
    wrong = (years < FIRST_YEAR) | (years > LAST_YEAR)
    if wrong.any():
        at = int(wrong.argmax())
        raise ValueError(
            f"{origin.at(at)}: timestamp is of the year {int(years[at])}; repair the row, or give "
            "the argument epoch_unit"
        )


def divided(values: NDArray[np.int64], unit: int, origin: Origin) -> NDArray[np.int64]:
    """Whole seconds of stamps in a finer unit."""
    rest = values % unit != 0
    if rest.any():
        at = int(rest.argmax())
        raise ValueError(
            f"{origin.at(at)}: timestamp lies between two seconds; round it, or build bars first"
        )
    return values // unit
