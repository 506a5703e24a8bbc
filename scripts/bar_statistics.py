"""Statistics of one-minute bars, by the definitions of the project's stats page."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from futures_env.data import calendar
from futures_env.data.bars import Bars
from futures_env.features import indicators
from futures_env.instruments import instrument

FloatArray = NDArray[np.float64]
RTH = (calendar.clock("09:30"), calendar.clock("16:00"))


@dataclass(frozen=True)
class Sample:
    """Bars with what all statistics need."""

    bars: Bars
    day: NDArray[np.int64]
    clock: NDArray[np.int64]
    move: FloatArray  # log return in bp, NaN where the minute before is missing
    scaled: FloatArray  # the same over the standard deviation of its minute of the day
    atr: FloatArray  # bp of the close
    rth: NDArray[np.bool_]


def sample(bars: Bars) -> Sample:
    """Prepare bars."""
    day, clock = calendar.trading_day(bars.minute)
    close = bars.close.astype(float)
    move = np.full(len(close), np.nan)
    joined = (np.diff(bars.minute) == 1) & (np.diff(day) == 0)
    move[1:][joined] = np.log(close[1:] / close[:-1])[joined] * 1e4
    scale = np.array([np.nanstd(move[clock == c]) if c else np.nan for c in range(1380)])
    atr = indicators.atr(
        bars.high.astype(float), bars.low.astype(float), close, np.diff(day, prepend=-1) > 0
    )
    rth = (clock >= RTH[0]) & (clock < RTH[1])
    return Sample(bars, day, clock, move, move / scale[clock], atr / close * 1e4, rth)


def autocorrelation(values: FloatArray, chosen: NDArray[np.bool_], lag: int) -> float:
    """Correlation with the value ``lag`` bars before, both chosen and known."""
    known = chosen & np.isfinite(values)
    both = known[lag:] & known[:-lag]
    return float(np.corrcoef(values[lag:][both], values[:-lag][both])[0, 1])


def kurtosis(values: FloatArray) -> float:
    """Kurtosis (3 for a normal)."""
    centred = values - values.mean()
    return float((centred**4).mean() / (centred**2).mean() ** 2)


def rank_correlation(one: FloatArray, two: FloatArray) -> float:
    """Spearman's correlation, ties in order of appearance."""
    return float(np.corrcoef(one.argsort().argsort(), two.argsort().argsort())[0, 1])


def part_statistics(s: Sample, chosen: NDArray[np.bool_]) -> dict[str, float]:
    """Statistics of the cash session or of the night."""
    known = chosen & np.isfinite(s.move)
    move, scaled = s.move[known], s.scaled[known]
    bars, log_volume = s.bars, np.log(np.maximum(s.bars.volume, 1.0))
    body = np.abs(bars.close - bars.open)[chosen].mean()
    result = {
        "ATR(14), median, bp": float(np.nanmedian(s.atr[chosen])),
        "return sd, bp": float(move.std()),
        "excess kurtosis of returns": kurtosis(move) - 3.0,
        "kurtosis, scaled by time of day": kurtosis(scaled),
        "skew of returns": float((((move - move.mean()) / move.std()) ** 3).mean()),
        "P(return = 0), %": float((move == 0.0).mean() * 100.0),
        "range / |close - open|": float((bars.high - bars.low)[chosen].mean() / body),
        "volume per minute": float(bars.volume[chosen].mean()),
        "sd of log volume": float(log_volume[chosen].std()),
        "lag-1 autocorrelation of log volume": autocorrelation(log_volume, chosen, 1),
        "rank correlation of volume and |r|": rank_correlation(bars.volume[known], np.abs(move)),
    }
    for lag in (1, 2, 3, 5, 10, 30, 60):
        result[f"autocorrelation of r, lag {lag}"] = autocorrelation(s.move, chosen, lag)
    for lag in (1, 10, 60):
        size = np.abs(s.move)
        result[f"autocorrelation of |r|, lag {lag}"] = autocorrelation(size, chosen, lag)
    for multiple in (3, 5, 10):
        tail = np.abs(move) > multiple * move.std()
        result[f"share of |r| above {multiple} sd, 1e-4"] = float(tail.mean() * 1e4)
    return result


def day_statistics(s: Sample) -> dict[str, float]:
    """Gaps and ranges over full days, in percent."""
    bars = s.bars
    opens, closes, ranges, full = [], [], [], []
    for day in np.unique(s.day):
        rows = np.flatnonzero((s.day == day) & s.rth)
        if len(rows) < RTH[1] - RTH[0]:
            continue
        everything = np.flatnonzero(s.day == day)
        opens.append(bars.open[rows[0]])
        closes.append(bars.close[rows[-1]])
        ranges.append(bars.high[rows].max() - bars.low[rows].min())
        full.append(bars.high[everything].max() - bars.low[everything].min())
    first, last = np.array(opens, float), np.array(closes, float)
    gap = (first[1:] / last[:-1] - 1.0) * 100.0
    reopen = np.flatnonzero(np.diff(s.day) > 0) + 1
    jump = (bars.open[reopen] / bars.close[reopen - 1] - 1.0) * 100.0
    sunday = (s.day[reopen] + 3) % 7 == 0
    return {
        "RTH open against the RTH close before: median |gap|, %": float(np.median(np.abs(gap))),
        "the same: sd, %": float(gap.std()),
        "reopening at 18:00, weekday: sd, %": float(jump[~sunday].std()),
        "reopening on Sunday: sd, %": float(jump[sunday].std()),
        "RTH range: median, %": float(np.median(np.array(ranges) / first) * 100.0),
        "full-session range: median, %": float(np.median(np.array(full) / first) * 100.0),
        "RTH close to close: sd, %": float(np.diff(np.log(last)).std() * 100.0),
        "RTH share of volume, %": float(bars.volume[s.rth].sum() / bars.volume.sum() * 100.0),
    }


def hour_statistics(s: Sample) -> list[tuple[int, float, float, float, float, float]]:
    """Per hour New York: return sd in bp, excess kurtosis, P(0) in %, median range, mean volume."""
    hour = (s.clock + calendar.DAY_START) % calendar.DAY // 60
    rows = []
    span = (s.bars.high - s.bars.low) / s.bars.close * 1e4
    for h in [*range(18, 24), *range(17)]:
        chosen = (hour == h) & np.isfinite(s.move)
        move = s.move[chosen]
        rows.append(
            (
                h,
                float(move.std()),
                kurtosis(move) - 3.0,
                float((move == 0.0).mean() * 100.0),
                float(np.median(span[chosen])),
                float(s.bars.volume[chosen].mean()),
            )
        )
    return rows


def minute_sd(s: Sample, time: str) -> float:
    """Standard deviation of the returns of three minutes around a New York time, in bp."""
    at = calendar.clock(time)
    return float(np.nanstd(s.move[(s.clock >= at - 1) & (s.clock <= at + 1)]))


def price_points(bars: Bars) -> float:
    """Median close in points."""
    return float(np.median(bars.close) * instrument(bars.symbol).tick_size)
