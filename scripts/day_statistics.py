"""Gaps and ranges of one-minute bars over full days, by the definitions of the stats page."""

import numpy as np
from bar_statistics import PERCENTILES, RTH, FloatArray, Sample
from numpy.typing import NDArray

from futures_env.market.instruments import instrument


class Days:
    """Full days of a sample: prices in points, ``(D,)`` each."""

    def __init__(self, s: Sample) -> None:
        tick, bars = instrument(s.bars.symbol).tick_size, s.bars
        rth_bars = np.bincount(s.day[s.rth] - s.day[0], minlength=int(s.day[-1] - s.day[0]) + 1)
        full = rth_bars[s.day - s.day[0]] == RTH[1] - RTH[0]
        night = s.clock < RTH[0]
        self.open = bars.open[full & (s.clock == RTH[0])] * tick
        self.close = bars.close[full & (s.clock == RTH[1] - 1)] * tick
        self.rth_range = _ranges(s, full & s.rth) * tick
        self.night_range = _ranges(s, full & night) * tick
        self.range = _ranges(s, full) * tick
        self.volume = np.add.reduceat(bars.volume[full], _firsts(s.day[full]))
        self.bars = np.diff(np.append(_firsts(s.day[full]), full.sum()))


def _firsts(day: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.flatnonzero(np.diff(day, prepend=-1))


def _ranges(s: Sample, chosen: NDArray[np.bool_]) -> FloatArray:
    first = _firsts(s.day[chosen])
    high = np.maximum.reduceat(s.bars.high[chosen], first)
    return (high - np.minimum.reduceat(s.bars.low[chosen], first)).astype(float)


def gap_samples(s: Sample) -> dict[str, FloatArray]:
    """The quantities whose distribution the stats page gives."""
    days, bars = Days(s), s.bars
    gap = days.open[1:] - days.close[:-1]
    share = gap / days.close[:-1] * 100.0
    reopen = np.flatnonzero(np.diff(s.day) > 0) + 1
    jump = (bars.open[reopen] / bars.close[reopen - 1] - 1.0) * 100.0
    sunday = (s.day[reopen] + 3) % 7 == 0
    return {
        "RTH open vs previous RTH close, points": gap,
        "RTH open vs previous RTH close, %": share,
        "RTH open vs previous RTH close, absolute %": np.abs(share),
        "18:00 reopen vs 17:00 close, weekday, %": jump[~sunday],
        "Sunday 18:00 reopen vs Friday 17:00, %": jump[sunday],
        "RTH range, points": days.rth_range,
        "RTH range, %": days.rth_range / days.open * 100.0,
        "full-session range (18:00-17:00), points": days.range,
        "full-session range, %": days.range / days.open * 100.0,
    }


def describe(values: FloatArray) -> tuple[float, ...]:
    """Mean, standard deviation, percentiles 5, 25, 50, 75, 95."""
    return float(values.mean()), float(values.std()), *np.percentile(values, PERCENTILES).tolist()


def day_statistics(s: Sample) -> dict[str, float]:
    """Single numbers of full days."""
    days = Days(s)
    night = days.night_range / days.open * 100.0
    gap = np.abs(days.open[1:] / days.close[:-1] - 1.0) * 100.0
    return {
        "overnight range 18:00-09:30, median, %": float(np.median(night)),
        "overnight range 18:00-09:30, median, points": float(np.median(days.night_range)),
        "RTH range over overnight range, median": float(
            np.median(days.rth_range / days.night_range)
        ),
        "RTH range, median, %": float(np.median(days.rth_range / days.open) * 100.0),
        "full-session range, median, %": float(np.median(days.range / days.open) * 100.0),
        "RTH open against the RTH close before, median |gap|, %": float(np.median(gap)),
        "RTH close to close, sd of log returns, %": float(
            np.diff(np.log(days.close)).std() * 100.0
        ),
        "RTH share of volume, %": float(s.bars.volume[s.rth].sum() / s.bars.volume.sum() * 100.0),
        "volume per session, median": float(np.median(days.volume)),
        "bars per session, median": float(np.median(days.bars)),
    }
