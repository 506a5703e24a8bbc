"""Per-bar features as functions of a ``History``: the registry of the built-in ones, own ones.

Formulas of the built-in ones: docs/environments/rules.md, section 9, by number.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from futures_env.features import indicators
from futures_env.features.causality import check_causal
from futures_env.features.history import Feature, FloatArray, History

CLIP = 10.0
"""Every feature is clipped to [-CLIP, CLIP]."""
SESSIONS_BACK = 20
"""Earlier sessions that the volume and atr features look back on."""


def _per_atr(values: FloatArray, history: History) -> FloatArray:
    """Divide by the ATR; 0 where nothing has moved yet, so that a dead market stays finite."""
    usable = ~(history.atr <= 0.0)  # true for NaN: the warm-up stays NaN
    return np.divide(values, history.atr, out=np.zeros_like(values), where=usable)


def _change(values: FloatArray, lag: int) -> FloatArray:
    result = np.full(len(values), np.nan)
    result[lag:] = values[lag:] - values[:-lag]
    return result


def bar_return(history: History) -> FloatArray:
    """(c_t - c_{t-1}) / ATR_t. Warm-up 14 bars. Rules 9.1."""
    return _per_atr(_change(history.close, 1), history)


def relative_volume(history: History) -> FloatArray:
    """Log of volume over its mean in the same minute of the previous 20 sessions.

    Sessions without that minute do not count; 0 where none of the 20 has traded in it; -10 after
    clipping where the bar itself has no volume. Warm-up 20 sessions. Rules 9.2.
    """
    slot = history.minute_of_day // history.bar_minutes
    shape = (int(history.day[-1]) + 1 + 1, 1440 // history.bar_minutes + 1)
    volume, count = np.zeros(shape), np.zeros(shape)
    volume[history.day + 1, slot] = history.volume
    count[history.day + 1, slot] = 1.0
    volume, count = volume.cumsum(axis=0), count.cumsum(axis=0)
    before = np.maximum(history.day - SESSIONS_BACK, 0)
    total = volume[history.day, slot] - volume[before, slot]
    sessions = count[history.day, slot] - count[before, slot]
    known = total > 0.0
    ratio = np.divide(history.volume * sessions, total, out=np.ones_like(total), where=known)
    # e^-20 lies far below the clip: a bar without volume reads -10, not -inf.
    return np.log(np.maximum(ratio, np.exp(-20.0)))


def _over_sma(history: History, period: int) -> FloatArray:
    return _per_atr(history.close - indicators.sma(history.close, period), history)


def over_sma_5(history: History) -> FloatArray:
    """(c - SMA5) / ATR. Warm-up 14 bars. Rules 9.3, TA-Lib SMA."""
    return _over_sma(history, 5)


def over_sma_20(history: History) -> FloatArray:
    """(c - SMA20) / ATR. Warm-up 19 bars. Rules 9.4, TA-Lib SMA."""
    return _over_sma(history, 20)


def centred_rsi(history: History) -> FloatArray:
    """(RSI14 - 50) / 50. Warm-up 14 bars. Rules 9.5, TA-Lib RSI."""
    return (indicators.rsi(history.close) - 50.0) / 50.0


def macd(history: History) -> FloatArray:
    """(EMA12 - EMA26) / ATR. Warm-up 25 bars. Rules 9.6, TA-Lib EMA."""
    fast, slow = indicators.ema(history.close, 12), indicators.ema(history.close, 26)
    return _per_atr(fast - slow, history)


def momentum(history: History) -> FloatArray:
    """(c_t - c_{t-10}) / ATR_t. Warm-up 14 bars. Rules 9.7."""
    return _per_atr(_change(history.close, 10), history)


def relative_atr(history: History) -> FloatArray:
    """Log of ATR over its median over all bars of the previous 20 sessions.

    0 where either is 0. Warm-up 20 sessions. Rules 9.8.
    """
    first = np.searchsorted(history.day, np.arange(history.day[-1] + 1))
    median = np.full(len(first), np.nan)
    for day in range(1, len(first)):
        # the first 14 rows of the history have no ATR yet
        known = history.atr[max(first[max(day - SESSIONS_BACK, 0)], 14) : first[day]]
        median[day] = np.median(known) if len(known) else np.nan
    usual = median[history.day]
    usable = ~((history.atr <= 0.0) | (usual <= 0.0))
    return np.log(np.divide(history.atr, usual, out=np.ones_like(usual), where=usable))


def _angle(history: History) -> FloatArray:
    return history.minute_of_day.astype(np.float64) * (2.0 * np.pi / 1440.0)


def time_sin(history: History) -> FloatArray:
    """Sine of the New York minute of day of the bar's start. Rules 9.9."""
    return np.sin(_angle(history))


def time_cos(history: History) -> FloatArray:
    """Cosine of the New York minute of day of the bar's start. Rules 9.10."""
    return np.cos(_angle(history))


def session_left(history: History) -> FloatArray:
    """Share of the session left at the bar's end, by the clock. Rules 9.11."""
    return history.session_left


REGISTRY: dict[str, Feature] = {
    feature.name: feature
    for feature in (
        Feature("return", bar_return, 14),
        Feature("volume", relative_volume, 0, SESSIONS_BACK, takes_fewer=True),
        Feature("sma_5", over_sma_5, 14),
        Feature("sma_20", over_sma_20, 19),
        Feature("rsi", centred_rsi, 14),
        Feature("macd", macd, 25),
        Feature("momentum", momentum, 14),
        Feature("atr", relative_atr, 0, SESSIONS_BACK, takes_fewer=True),
        Feature("time_sin", time_sin),
        Feature("time_cos", time_cos),
        Feature("session_left", session_left),
    )
}
"""Built-in features by name."""

TAKE_FEWER = frozenset(name for name, feature in REGISTRY.items() if feature.takes_fewer)
"""Names of the built-in features that a shorter warm-up changes."""

FEATURES: tuple[str, ...] = tuple(REGISTRY)
"""Names of the default columns, in the order of docs/environments/rules.md, section 9."""


def resolve(features: Sequence[str | Feature]) -> tuple[Feature, ...]:
    """Look up features by name; own ``Feature`` objects pass through.

    Raises:
        ValueError: for an unknown or repeated name.
    """
    for name in features:
        if isinstance(name, str) and name not in REGISTRY:
            known = ", ".join(REGISTRY)
            raise ValueError(
                f"no such feature: {name!r}; known: {known}; own ones are passed as "
                "Feature(name, function, warm_up)"
            )
    found = tuple(REGISTRY[f] if isinstance(f, str) else f for f in features)
    names = [feature.name for feature in found]
    if len(set(names)) < len(names):
        raise ValueError(f"feature names must be unique: {', '.join(names)}")
    return found


def compute(
    history: History,
    features: Sequence[str | Feature] = FEATURES,
    warm_up_sessions: int = SESSIONS_BACK,
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Compute feature columns over a whole history.

    Args:
        history: all bars of one market.
        features: names or own features, in column order.
        warm_up_sessions: most sessions that features wait for which take fewer.

    Returns:
        (T, F) float32 within [-10, 10], and (T,) bool: all features and the ATR are warm.

    Raises:
        ValueError: a feature has the wrong shape, is not finite after its warm-up, or is one's own
            and reads bars that have not closed.
    """
    columns = resolve(features)
    table = np.zeros((len(history.close), len(columns)), np.float32)
    rows = np.arange(len(history.close))
    warm = ~np.isnan(history.atr)
    for position, feature in enumerate(columns):
        values = np.asarray(feature.function(history))
        if values.shape != rows.shape:
            raise ValueError(
                f"feature {feature.name!r} has shape {values.shape}, not one value per bar "
                f"{rows.shape}"
            )
        if feature.name not in REGISTRY:
            check_causal(feature, values, history)
        sessions = feature.warm_up_sessions
        if feature.takes_fewer:
            sessions = min(sessions, warm_up_sessions)
        ready = (rows >= feature.warm_up) & (history.day >= sessions)
        _require_finite(feature, values, ready & warm, history)
        table[:, position] = np.clip(np.where(np.isfinite(values), values, 0.0), -CLIP, CLIP)
        warm &= ready
    return table, warm


def _require_finite(
    feature: Feature, values: FloatArray, needed: NDArray[np.bool_], history: History
) -> None:
    bad = needed & ~np.isfinite(values)
    if bad.any():
        row = int(bad.argmax())
        raise ValueError(
            f"feature {feature.name!r} is not finite at history row {row}, the bar of "
            f"{history.stamp(row)}, after its warm-up; {feature.remedy}"
        )
