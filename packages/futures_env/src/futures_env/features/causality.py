"""Noise after t: what a feature says of a bar must not change with the bars after it."""

from dataclasses import replace

import numpy as np

from futures_env.features.history import Feature, FloatArray, History

CUTS = (0.4, 0.7, 0.95)
"""Shares of the history after which the bars are replaced by noise."""


def check_causal(feature: Feature, values: FloatArray, history: History) -> None:
    """Refuse a feature whose rows change when the bars after them do.

    Args:
        feature: any.
        values: (T,), what it says of ``history``.
        history: bars of one market.

    Raises:
        ValueError: naming the first row that looks ahead.
    """
    for share in CUTS:
        cut = int(share * len(values))
        again = np.asarray(feature.function(noise_after(history, cut)))
        same = (again == values) | (np.isnan(again) & np.isnan(values))
        changed = np.flatnonzero(~same[: cut + 1])
        if len(changed):
            row = int(changed[0])
            raise ValueError(
                f"feature {feature.name!r} looks ahead: its value at history row {row}, the bar "
                f"of {history.stamp(row)}, changes with bars after row {cut}; read rows <= t only"
            )


def noise_after(history: History, row: int) -> History:
    """Prices, volume and ATR after ``row`` replaced by noise; the clock stays."""
    rng, late = np.random.default_rng(11), np.arange(len(history.close)) > row
    prices = np.rint(history.close[row] + rng.integers(-400, 400, (4, len(late))))
    noise = {
        "open": prices[0],
        "high": prices.max(axis=0),
        "low": prices.min(axis=0),
        "close": prices[1],
        "volume": rng.integers(0, 10_000, len(late)).astype(np.float64),
        "atr": rng.uniform(1.0, 50.0, len(late)),
    }
    return replace(
        history,
        **{name: np.where(late, made, getattr(history, name)) for name, made in noise.items()},
    )
