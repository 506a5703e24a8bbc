"""Settle what a file does not say: time zone, stamp convention, epoch unit, price scale.

Every answer is recorded as a decision; an argument overrides it; an undecidable one is an error
that names the argument.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from futures_env.data import calendar
from futures_env.data.importing.report import Report
from futures_env.data.importing.vendors import Layout

if TYPE_CHECKING:
    import pandas as pd

CANDIDATES = ("UTC", "America/New_York", "America/Chicago")
"""Zones that the daily hole is looked for in."""
UNITS = (("s", 1e11), ("ms", 1e14), ("us", 1e17), ("ns", np.inf))
"""Epoch units and the magnitude that each stays below."""
PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
FIXED_POINT = 1e-9
"""Price unit of Databento integers."""


@dataclass(frozen=True)
class Overrides:
    """What the caller settles beforehand; empty or 0 means: find out."""

    zone: str = ""
    stamp: str = ""
    bar_minutes: int = 0
    price_scale: float = 0.0
    epoch_unit: str = ""

    def __post_init__(self) -> None:
        if self.epoch_unit not in ("", *PER_SECOND):
            known = ", ".join(PER_SECOND)
            raise ValueError(f"epoch_unit must be one of {known}, not {self.epoch_unit!r}")
        if self.stamp not in ("", "start", "end"):
            raise ValueError(f"stamp must be 'start' or 'end', not {self.stamp!r}")


def bar_starts(
    frame: pd.DataFrame, layout: Layout, given: Overrides, report: Report
) -> tuple[NDArray[np.int64], int]:
    """UTC minutes of the bar starts and the bar length.

    Returns:
        (T,) int64 minutes since 1970-01-01 UTC, bar_minutes.

    Raises:
        ValueError: a stamp does not parse, or zone or convention cannot be told.
    """
    seconds = _seconds(frame, layout, given, report)
    if (seconds % 60).any():
        row = int((seconds % 60 != 0).argmax())
        raise ValueError(f"row {row}: timestamp is not a whole minute; resample to minutes first")
    minute = seconds // 60
    length = given.bar_minutes or infer_bar_minutes(minute)
    report.decide(f"bar_minutes = {length} ({'given' if given.bar_minutes else 'most frequent'})")
    stamp = _stamp(minute, length, layout, given, report)
    return (minute - length if stamp == "end" else minute), length


def infer_bar_minutes(minute: NDArray[np.int64]) -> int:
    """Most frequent distance between neighbouring distinct stamps, in minutes."""
    distances, counts = np.unique(np.diff(np.unique(minute)), return_counts=True)
    return int(distances[counts.argmax()]) if len(distances) else 1


def _seconds(
    frame: pd.DataFrame, layout: Layout, given: Overrides, report: Report
) -> NDArray[np.int64]:
    """UTC seconds of the stamps as written."""
    import pandas as pd

    stamps = _stamp_column(frame)
    if pd.api.types.is_numeric_dtype(stamps.dtype):
        values = stamps.to_numpy(dtype=np.float64)
        if not np.isfinite(values).all():
            raise ValueError(f"row {int((~np.isfinite(values)).argmax())}: timestamp is missing")
        guess = next(name for name, limit in UNITS if np.abs(values).max() < limit)
        unit, why = given.epoch_unit or guess, "given" if given.epoch_unit else "by magnitude"
        report.decide(f"zone = UTC (epoch numbers); epoch unit = {unit} ({why})")
        return stamps.to_numpy(dtype=np.int64) // PER_SECOND[unit]
    stamps = _parse(stamps, layout)
    if isinstance(stamps.dtype, pd.DatetimeTZDtype):
        report.decide("zone = UTC (stamps carry an offset)")
        return stamps.dt.tz_convert("UTC").dt.as_unit("s").astype("int64").to_numpy()
    wall = stamps.dt.as_unit("s").astype("int64").to_numpy()
    zone = given.zone or _zone(wall, layout, report)
    if given.zone:
        report.decide(f"zone = {zone} (given)")
    return localise(wall, zone)


def _stamp_column(frame: pd.DataFrame) -> pd.Series:
    if "stamp" in frame.columns:
        return frame["stamp"]
    return frame["date"].astype(str).str.strip() + " " + frame["time"].astype(str).str.strip()


def _parse(stamps: pd.Series, layout: Layout) -> pd.Series:
    import pandas as pd

    if pd.api.types.is_datetime64_any_dtype(stamps.dtype):
        parsed = stamps
    else:
        text = stamps.astype(str).str.replace(r"\s+", " ", regex=True)
        try:
            if layout.stamp_format:
                parsed = pd.to_datetime(text, format=layout.stamp_format)
            else:
                offset = text.str.contains(r"(?:Z|[+-]\d\d:?\d\d)$", regex=True)
                parsed = pd.to_datetime(text, utc=bool(offset.all()))
        except (ValueError, TypeError) as error:
            raise ValueError(f"timestamp cannot be read as a time: {error}") from error
    if parsed.isna().any():
        raise ValueError(f"row {int(parsed.isna().to_numpy().argmax())}: timestamp is missing")
    return parsed


def localise(wall: NDArray[np.int64], zone: str) -> NDArray[np.int64]:
    """UTC seconds of wall-clock seconds; skipped hours move on, repeated ones are the first."""
    import pandas as pd

    if zone == "UTC":
        return wall
    minutes, index = np.unique(wall // 60, return_inverse=True)
    stamps = pd.DatetimeIndex(minutes.astype("datetime64[m]").astype("datetime64[s]"))
    first = np.ones(len(stamps), bool)  # daylight saving time comes first in autumn
    try:
        aware = stamps.tz_localize(zone, ambiguous=first, nonexistent="shift_forward")
    except (KeyError, ValueError) as error:
        raise ValueError(f"zone: cannot use {zone!r}: {error}") from error
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
    minute: NDArray[np.int64], length: int, layout: Layout, given: Overrides, report: Report
) -> str:
    """Bar start or bar end, from the first bar of the sessions."""
    if given.stamp:
        report.decide(f"stamp = {given.stamp} (given)")
        return given.stamp
    day, clock = calendar.trading_day(minute)
    first = np.flatnonzero(np.diff(day, prepend=day[0] - 1))
    starts, ends = int((clock[first] == 0).sum()), int((clock[first] == length).sum())
    closing = int((clock == calendar.break_clock(day)).sum())
    seen = f"first bars at 18:00: {starts}, {length} minutes later: {ends}, at the break: {closing}"
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


def price_scale(prices: NDArray[np.float64], given: Overrides, report: Report) -> float:
    """Factor from the file's numbers to points: 1, or 1e-9 for fixed-point integers."""
    if given.price_scale:
        report.decide(f"price_scale = {given.price_scale:g} (given)")
        return given.price_scale
    scale = FIXED_POINT if float(np.nanmedian(np.abs(prices))) > 1e8 else 1.0
    report.decide(f"price_scale = {scale:g} (by magnitude)")
    return scale
