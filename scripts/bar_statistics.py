"""Statistics of one-minute bars, by the definitions of the project's stats page."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from futures_env.data import calendar
from futures_env.data.bars import Bars
from futures_env.features import indicators

FloatArray = NDArray[np.float64]
RTH = (calendar.clock("09:30"), calendar.clock("16:00"))
LAGS = (1, 2, 3, 5, 10, 30, 60)
PERCENTILES = (5, 25, 50, 75, 95)
SEGMENTS = {
    "RTH 09:30-16:00": [("09:30", "16:00")],
    "Overnight 18:00-09:30 + 16:00-17:00": [("18:00", "09:30"), ("16:00", "17:00")],
    "Asia 18:00-02:00": [("18:00", "02:00")],
    "Europe 02:00-08:30": [("02:00", "08:30")],
    "pre-open 08:30-09:30": [("08:30", "09:30")],
    "first RTH hour 09:30-10:30": [("09:30", "10:30")],
    "post 16:00-17:00": [("16:00", "17:00")],
}
"""Parts of the day, New York."""


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


def skew(values: FloatArray) -> float:
    """Third standardised moment."""
    return float((((values - values.mean()) / values.std()) ** 3).mean())


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
        "skew of returns": skew(move),
        "P(return = 0), %": float((move == 0.0).mean() * 100.0),
        "range / |close - open|": float((bars.high - bars.low)[chosen].mean() / body),
        "volume per minute": float(bars.volume[chosen].mean()),
        "sd of log volume": float(log_volume[chosen].std()),
        "autocorrelation of log volume, lag 1": autocorrelation(log_volume, chosen, 1),
    }
    series = {
        "autocorrelation of r": (s.move, LAGS),
        "autocorrelation of |r|": (np.abs(s.move), LAGS),
        "the same scaled by time of day": (np.abs(s.scaled), (1, 10, 60)),
    }
    for name, (values, lags) in series.items():
        for lag in lags:
            result[f"{name}, lag {lag}"] = autocorrelation(values, chosen, lag)
    return result


def whole_statistics(s: Sample) -> dict[str, float]:
    """Statistics over all hours."""
    known = np.isfinite(s.move)
    size = np.abs(s.move[known])
    sd = s.move[known].std()
    return {
        "rank correlation of volume and |r|": rank_correlation(s.bars.volume[known], size),
        **{
            f"share of |r| above {multiple} sd, 1e-4": float((size > multiple * sd).mean() * 1e4)
            for multiple in (3, 5, 10)
        },
        "largest |r|, %": float(size.max() / 100.0),
    }


def same_minute_correlation(one: Sample, two: Sample, chosen: NDArray[np.bool_]) -> float:
    """Correlation of the returns of two markets, over chosen bars of the first."""
    _, here, there = np.intersect1d(one.bars.minute, two.bars.minute, return_indices=True)
    a, b, keep = one.move[here], two.move[there], chosen[here]
    keep &= np.isfinite(a) & np.isfinite(b)
    return float(np.corrcoef(a[keep], b[keep])[0, 1])


def atr_percentiles(s: Sample) -> dict[str, FloatArray]:
    """ATR(14) in bp by segment of the day: percentiles 5, 25, 50, 75, 95."""
    result = {}
    for name, spans in SEGMENTS.items():
        chosen = np.isfinite(s.atr) & np.logical_or.reduce(
            [(s.clock >= calendar.clock(a)) & (s.clock < _end(b)) for a, b in spans]
        )
        result[name] = np.percentile(s.atr[chosen], PERCENTILES)
    return result


def _end(time: str) -> int:
    return calendar.CLOSE_CLOCK if time == "17:00" else calendar.clock(time)


def hour_statistics(s: Sample) -> dict[int, tuple[float, ...]]:
    """By hour: return sd in bp, excess kurtosis, skew, P(0) in %, median range, volumes."""
    hour = (s.clock + calendar.DAY_START) % calendar.DAY // 60
    span, result = s.bars.high - s.bars.low, {}
    for h in [*range(18, 24), *range(17)]:
        chosen = hour == h
        move, volume = s.move[chosen & np.isfinite(s.move)], s.bars.volume[chosen]
        result[h] = (
            float(move.std()),
            kurtosis(move) - 3.0,
            skew(move),
            float((move == 0.0).mean() * 100.0),
            float(np.median(span[chosen])),
            float(volume.mean()),
            float(np.median(volume)),
        )
    return result


def minute_statistics(s: Sample, time: str) -> tuple[float, float, float]:
    """Of the bars starting at a New York time: return sd in bp, median range, mean volume."""
    chosen = s.clock == calendar.clock(time)
    move = s.move[chosen & np.isfinite(s.move)]
    span = (s.bars.high - s.bars.low)[chosen]
    sd = float(move.std()) if len(move) else float("nan")
    return sd, float(np.median(span)), float(s.bars.volume[chosen].mean())
