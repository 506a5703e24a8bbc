"""Technical indicators with TA-Lib's definitions and seeds, in NumPy and ``scipy.signal``.

Each function maps ``(T,)`` float64 to ``(T,)`` float64, NaN during its warm-up, and reads rows
``<= t`` only for its value at ``t``.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from futures_env.features.history import FloatArray

_TALIB_ZERO = 1e-14
"""Sums up to here are zero to TA-Lib (TA_IS_ZERO)."""


def smooth(values: FloatArray, period: int, alpha: float, first: int = 0) -> FloatArray:
    """Exponential smoothing seeded, as TA-Lib does, by the mean of the first ``period`` values.

    Args:
        values: (T,) float64.
        period: number of values in the seed.
        alpha: weight of the new value: ``2 / (period + 1)`` for an EMA, ``1 / period`` for Wilder.
        first: row of the first value used.

    Returns:
        (T,) float64, NaN before row ``first + period - 1``.
    """
    result = np.full(len(values), np.nan)
    seed_row = first + period - 1
    if len(values) <= seed_row:
        return result
    seed = values[first : seed_row + 1].mean()
    result[seed_row] = seed
    rest = values[seed_row + 1 :]
    result[seed_row + 1 :], _ = lfilter(
        [alpha], [1.0, alpha - 1.0], rest, zi=[(1.0 - alpha) * seed]
    )
    return result


def sma(values: FloatArray, period: int) -> FloatArray:
    """Simple moving average over the last ``period`` values (TA-Lib ``SMA``)."""
    result = np.full(len(values), np.nan)
    if len(values) >= period:
        # Sums of whole ticks are exact in float64, so the running sum does not drift.
        total = np.concatenate(([0.0], np.cumsum(values)))
        result[period - 1 :] = (total[period:] - total[:-period]) / period
    return result


def ema(values: FloatArray, period: int) -> FloatArray:
    """Exponential moving average (TA-Lib ``EMA``)."""
    return smooth(values, period, 2.0 / (period + 1.0))


def true_range(
    high: FloatArray, low: FloatArray, close: FloatArray, new_day: NDArray[np.bool_]
) -> FloatArray:
    """Wilder's true range, except that no gap is counted across the daily break.

    Args:
        high, low, close: (T,) float64.
        new_day: (T,) bool, first row after the daily break: its true range is high - low.

    Returns:
        (T,) float64; the first row is always high - low.
    """
    previous = np.concatenate((close[:1], close[:-1]))
    gap = np.maximum(np.abs(high - previous), np.abs(low - previous))
    result = np.where(new_day, high - low, np.maximum(high - low, gap))
    result[:1] = high[:1] - low[:1]
    return result


def atr(
    high: FloatArray,
    low: FloatArray,
    close: FloatArray,
    new_day: NDArray[np.bool_],
    period: int = 14,
) -> FloatArray:
    """Wilder's average true range (TA-Lib ``ATR`` where ``new_day`` is never set).

    The smoothing continues over the daily break; only the gap itself is left out.

    Returns:
        (T,) float64, NaN before row ``period``.
    """
    return smooth(true_range(high, low, close, new_day), period, 1.0 / period, first=1)


def directional_movement(high: FloatArray, low: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Wilder's +DM and -DM: how far a bar exceeds the one before, on the stronger side only.

    Returns:
        Two (T,) float64, 0 on the first row.
    """
    up, down = np.diff(high, prepend=high[:1]), -np.diff(low, prepend=low[:1])
    plus = np.where((up > 0.0) & (up > down), up, 0.0)
    minus = np.where((down > 0.0) & (down > up), down, 0.0)
    return plus, minus


def adx(high: FloatArray, low: FloatArray, close: FloatArray, period: int = 14) -> FloatArray:
    """Wilder's average directional index, 0 to 100 (TA-Lib ``ADX``).

    A row on which nothing has moved for so long that no direction is left keeps the value before.

    Returns:
        (T,) float64, NaN before row ``2 * period - 1``.
    """
    result = np.full(len(close), np.nan)
    seed_row = 2 * period - 1
    if len(close) <= seed_row:
        return result
    ranges = true_range(high, low, close, np.zeros(len(close), bool))
    plus, minus, total = (
        _wilder_sum(values, period) for values in (*directional_movement(high, low), ranges)
    )
    moved = total > _TALIB_ZERO
    plus_di, minus_di = (
        100.0 * np.divide(values, total, out=np.zeros_like(total), where=moved)
        for values in (plus, minus)
    )
    both = plus_di + minus_di
    known = both > _TALIB_ZERO
    index = 100.0 * np.divide(
        np.abs(plus_di - minus_di), both, out=np.zeros_like(both), where=known
    )
    seed = index[:period].mean()
    index, known = index[period:], known[period:]
    memory = 1.0 - 1.0 / period
    steps, _ = lfilter([1.0 / period], [1.0, -memory], index[known], zi=[memory * seed])
    # unknown rows are no steps: each row shows the last step taken
    result[seed_row:] = np.append(seed, steps)[np.append(0, np.cumsum(known))]
    return result


def _wilder_sum(values: FloatArray, period: int) -> FloatArray:
    """Wilder's running sum from row ``period`` on, seeded by rows 1 to ``period - 1``."""
    memory = 1.0 - 1.0 / period
    result, _ = lfilter(
        [1.0], [1.0, -memory], values[period:], zi=[memory * values[1:period].sum()]
    )
    return result


def rsi(values: FloatArray, period: int = 14) -> FloatArray:
    """Wilder's relative strength index, 0 to 100 (TA-Lib ``RSI``: 0 when nothing moved).

    Returns:
        (T,) float64, NaN before row ``period``.
    """
    change = np.diff(values, prepend=values[:1])
    gain = smooth(np.maximum(change, 0.0), period, 1.0 / period, first=1)
    loss = smooth(np.maximum(-change, 0.0), period, 1.0 / period, first=1)
    total = gain + loss
    result = np.divide(100.0 * gain, total, out=np.zeros_like(total), where=total > 0.0)
    result[:period] = np.nan
    return result
