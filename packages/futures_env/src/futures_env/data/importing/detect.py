"""Settle what a file does not say: time zone, stamp convention, epoch unit, price scale.

Every answer is recorded as a decision; an argument overrides it; an undecidable one is an error
that names the argument.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from futures_env.data import calendar
from futures_env.data.importing.options import UNITS, ImportOptions, check_zone
from futures_env.data.importing.origin import Origin
from futures_env.data.importing.reading.layouts import Layout
from futures_env.data.importing.report import Report
from futures_env.data.importing.stamps import Parsed, check_years, divided, parse, whole_seconds

if TYPE_CHECKING:
    import pandas as pd

CANDIDATES = ("UTC", "America/New_York", "America/Chicago")
"""Zones that the daily hole is looked for in."""
MAGNITUDES = (("s", 1e11), ("ms", 1e14), ("us", 1e17), ("ns", np.inf))
"""Epoch units and the magnitude that each stays below."""
FIXED_POINT = 1e-9
"""Price unit of Databento integers."""
LONGEST_BAR = 30
"""Minutes; hourly and daily bars are no input."""
SECONDS_SHARE = 0.4
"""Share of stamps that are no whole minute, above which the rows are bars of seconds."""


def bar_starts(
    frame: pd.DataFrame, origin: Origin, layout: Layout, given: ImportOptions, report: Report
) -> tuple[NDArray[np.int64], int]:
    """UTC seconds of the bar starts and the bar length.

    Returns:
        (T,) int64 seconds since 1970-01-01 UTC, and the length of a bar in seconds, at least 1.

    Raises:
        ValueError: a stamp does not parse, zone or convention cannot be told, or hourly bars.
    """
    parsed = _parsed(frame, origin, layout, given, report)
    length = _length(parsed.seconds, origin, given, report)
    seconds = _utc(parsed, layout, given, report)
    stamp = _stamp(seconds, length, layout, given, report)
    return (seconds - length if stamp == "end" else seconds), length


def _length(
    seconds: NDArray[np.int64], origin: Origin, given: ImportOptions, report: Report
) -> int:
    """Seconds of a bar: the most frequent distance between neighbouring distinct stamps."""
    odd = seconds % 60 != 0
    if odd.mean() > SECONDS_SHARE:
        report.decide("bars of seconds: minutes and the order of their extremes are built of them")
        return most_frequent_distance(seconds, 1)
    if odd.any():
        raise ValueError(
            f"{origin.at(int(odd.argmax()))}: timestamp is not a whole minute ({int(odd.sum())} "
            "such rows); repair or remove it"
        )
    minutes = most_frequent_distance(seconds, 60) // 60
    if minutes > LONGEST_BAR:
        kind = "daily" if minutes >= 1380 else "hourly" if minutes == 60 else f"{minutes}-minute"
        raise ValueError(
            f"these are {kind} bars (stamps lie {minutes:,} minutes apart); give bars of 1 minute, "
            f"at most {LONGEST_BAR}"
        )
    _same_length(seconds, origin, minutes)
    minutes = given.bar_minutes or minutes
    report.decide(f"bar_minutes = {minutes} ({'given' if given.bar_minutes else 'most frequent'})")
    return minutes * 60


def _same_length(seconds: NDArray[np.int64], origin: Origin, minutes: int) -> None:
    """Refuse files of longer bars among those of shorter ones.

    Raises:
        ValueError: naming the first such file and its length.
    """
    for number, name in enumerate(origin.files if len(origin.files) > 1 else ()):
        distances = np.diff(np.unique(seconds[origin.file == number])) // 60
        own = int(np.gcd.reduce(distances)) if len(distances) > 3 else minutes
        if own % minutes == 0 and own > minutes:
            raise ValueError(
                f"{name}: bars of {own} minutes, the other files hold bars of {minutes}: give bars "
                "of one length"
            )


def most_frequent_distance(values: NDArray[np.int64], default: int) -> int:
    """Most frequent distance between neighbouring distinct values."""
    distances, counts = np.unique(np.diff(np.unique(values)), return_counts=True)
    return int(distances[counts.argmax()]) if len(distances) else default


def _parsed(
    frame: pd.DataFrame, origin: Origin, layout: Layout, given: ImportOptions, report: Report
) -> Parsed:
    """Seconds of the stamps as written."""
    import pandas as pd

    stamps = _stamp_column(frame)
    kind = pd.api.types
    if kind.is_numeric_dtype(stamps.dtype) and not kind.is_bool_dtype(stamps.dtype):
        return Parsed(_epoch(stamps, origin, given, report), aware=True)
    if kind.is_datetime64_any_dtype(stamps.dtype):
        missing = stamps.isna().to_numpy()
        if missing.any():
            at = origin.at(int(missing.argmax()))
            raise ValueError(f"{at}: timestamp is missing; remove the row")
        aware = isinstance(stamps.dtype, pd.DatetimeTZDtype)
        parsed = Parsed(
            whole_seconds(stamps.dt.tz_convert("UTC") if aware else stamps, origin), aware
        )
    else:
        parsed = parse(stamps, origin, layout.month_first)
    if parsed.aware:
        report.decide("zone = UTC (stamps carry an offset)")
    return parsed


def _epoch(
    stamps: pd.Series, origin: Origin, given: ImportOptions, report: Report
) -> NDArray[np.int64]:
    values = stamps.to_numpy(dtype=np.float64, na_value=np.nan)
    if not np.isfinite(values).all():
        at = origin.at(int((~np.isfinite(values)).argmax()))
        raise ValueError(f"{at}: timestamp is missing; remove the row")
    guess = next(name for name, limit in MAGNITUDES if np.median(np.abs(values)) < limit)
    unit, why = given.epoch_unit or guess, "given" if given.epoch_unit else "by magnitude"
    report.decide(f"zone = UTC (epoch numbers); epoch unit = {unit} ({why})")
    check_years(1970.0 + values / UNITS[unit] / 31_556_952.0, origin)
    return divided(stamps.to_numpy(dtype=np.int64), UNITS[unit], origin)


def _stamp_column(frame: pd.DataFrame) -> pd.Series:
    if "stamp" in frame.columns:
        return frame["stamp"]
    if "time" not in frame.columns:
        return frame["date"]
    return frame["date"].astype(str).str.strip() + " " + frame["time"].astype(str).str.strip()


def _utc(parsed: Parsed, layout: Layout, given: ImportOptions, report: Report) -> NDArray[np.int64]:
    if parsed.aware:
        return parsed.seconds
    if given.zone:
        zone, why = given.zone, "given"
    elif parsed.zone:
        zone, why = _named_zone(parsed.zone), "named in the stamps"
    else:
        return localise(parsed.seconds, _zone(parsed.seconds, layout, report))
    report.decide(f"zone = {zone} ({why})")
    return localise(parsed.seconds, zone)


def _named_zone(name: str) -> str:
    """A zone that a stamp names, unless an abbreviation that means different clocks."""
    if name.upper() in ("UTC", "GMT"):
        return "UTC"
    if "/" not in name:
        raise ValueError(
            f"zone: the stamps name {name!r}, which is not one clock; give the argument zone, e.g. "
            "zone='America/Chicago'"
        )
    check_zone(name)
    return name


def localise(wall: NDArray[np.int64], zone: str) -> NDArray[np.int64]:
    """UTC seconds of wall-clock seconds; skipped hours move on, repeated ones are the first."""
    import pandas as pd

    if zone == "UTC":
        return wall
    minutes, index = np.unique(wall // 60, return_inverse=True)
    stamps = pd.DatetimeIndex(minutes.astype("datetime64[m]").astype("datetime64[s]"))
    first = np.ones(len(stamps), bool)  # daylight saving time comes first in autumn
    aware = stamps.tz_localize(zone, ambiguous=first, nonexistent="shift_forward")
    return aware.tz_convert("UTC").as_unit("s").asi8[index] + wall % 60


def hole_share(utc_seconds: NDArray[np.int64]) -> float:
    """Share of bars inside 17:01-17:59 New York (17:16 in old data) or on Saturday."""
    day, clock = calendar.trading_day(utc_seconds // 60)
    return float(((clock > calendar.break_clock(day)) | ((day + 3) % 7 == 5)).mean())


def _zone(wall: NDArray[np.int64], layout: Layout, report: Report) -> str:
    """The documented zone when the data bear it out, else the one whose hole is empty."""
    candidates = dict.fromkeys([layout.zone, *CANDIDATES] if layout.zone else CANDIDATES)
    shares = {zone: hole_share(localise(wall, zone)) for zone in candidates}
    shown = ", ".join(f"{zone} {share:.2%}" for zone, share in shares.items())
    if layout.zone:
        if shares[layout.zone] <= 0.01:
            report.decide(f"zone = {layout.zone} (documented for {layout.name})")
            return layout.zone
        raise ValueError(
            f"zone: {layout.name} writes {layout.zone}, but bars lie in the daily 17:00-18:00 New "
            f"York break ({shown}); give the argument zone"
        )
    best = min(shares, key=lambda zone: shares[zone])
    rest = min(share for zone, share in shares.items() if zone != best)
    if shares[best] > 0.005 or rest < 0.01:
        raise ValueError(
            "zone: cannot be told from the daily 17:00-18:00 New York break (share of bars inside "
            f"it: {shown}); give the argument zone, e.g. zone='UTC'"
        )
    if layout.name == "own" and best == "America/New_York":
        report.decide("vendor = firstrate (the own columns in New York time)")
    report.decide(f"zone = {best} (bars inside the daily break: {shown})")
    return best


def _stamp(
    seconds: NDArray[np.int64], length: int, layout: Layout, given: ImportOptions, report: Report
) -> str:
    """Bar start or bar end, from the first bar of the sessions in order of time."""
    if given.stamp:
        report.decide(f"stamp = {given.stamp} (given)")
        return given.stamp
    if length < 60:
        report.decide(f"stamp = {layout.stamp} (documented for {layout.name}; bars of seconds)")
        return layout.stamp
    day, clock = calendar.trading_day(np.sort(seconds) // 60)
    first = np.flatnonzero(np.diff(day, prepend=day[0] - 1))
    minutes = length // 60
    starts, ends = int((clock[first] == 0).sum()), int((clock[first] == minutes).sum())
    closing = int((clock == calendar.break_clock(day)).sum())
    seen = (
        f"first bars at 18:00: {starts}, {minutes} minutes later: {ends}, at the break: {closing}"
    )
    if starts and starts > ends and starts > closing:
        found = "start"
    elif (ends or closing) and not starts:
        found = "end"
    elif not (starts or ends or closing):
        report.decide(f"stamp = {layout.stamp} (documented for {layout.name}; no session opens)")
        return layout.stamp
    else:
        raise ValueError(
            f"stamp: cannot be told ({seen}); give the argument stamp='start' or 'end'"
        )
    if found != layout.stamp:
        raise ValueError(
            f"stamp: {layout.name} stamps the bar's {layout.stamp}, the data look like its {found} "
            f"({seen}); give the argument stamp"
        )
    report.decide(f"stamp = {found} ({seen})")
    return found


def price_scale(prices: NDArray[np.float64], given: ImportOptions, report: Report) -> float:
    """Factor from the file's numbers to points: 1, or 1e-9 for fixed-point integers."""
    if given.price_scale:
        report.decide(f"price_scale = {given.price_scale:g} (given)")
        return given.price_scale
    sizes = np.abs(prices[np.isfinite(prices)])
    scale = FIXED_POINT if len(sizes) and float(np.median(sizes)) > 1e8 else 1.0
    report.decide(f"price_scale = {scale:g} (by magnitude)")
    return scale
