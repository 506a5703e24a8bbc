"""Indicators against TA-Lib, the oracle."""

import os

import numpy as np
import pytest
import talib

from futures_env.features import indicators

ROWS = 2_000_000 if os.environ.get("HYPOTHESIS_PROFILE") == "laws" else 100_000


@pytest.fixture(scope="module")
def prices() -> dict[str, np.ndarray]:
    """A long random walk in whole ticks with high and low."""
    rng = np.random.default_rng(0)
    close = 80_000.0 + np.cumsum(rng.integers(-30, 31, ROWS))
    open_ = np.concatenate((close[:1], close[:-1])) + rng.integers(-3, 4, ROWS)
    high = np.maximum(open_, close) + rng.integers(0, 20, ROWS)
    low = np.minimum(open_, close) - rng.integers(0, 20, ROWS)
    return {"high": high, "low": low, "close": close}


@pytest.mark.parametrize(
    ("ours", "oracle"),
    [
        (lambda p: indicators.sma(p["close"], 5), lambda p: talib.SMA(p["close"], 5)),
        (lambda p: indicators.sma(p["close"], 20), lambda p: talib.SMA(p["close"], 20)),
        (lambda p: indicators.ema(p["close"], 12), lambda p: talib.EMA(p["close"], 12)),
        (lambda p: indicators.ema(p["close"], 26), lambda p: talib.EMA(p["close"], 26)),
        (lambda p: indicators.rsi(p["close"]), lambda p: talib.RSI(p["close"], 14)),
        (
            lambda p: indicators.atr(
                p["high"], p["low"], p["close"], np.zeros(len(p["close"]), bool)
            ),
            lambda p: talib.ATR(p["high"], p["low"], p["close"], 14),
        ),
        (
            lambda p: indicators.adx(p["high"], p["low"], p["close"]),
            lambda p: talib.ADX(p["high"], p["low"], p["close"], 14),
        ),
    ],
    ids=["sma_5", "sma_20", "ema_12", "ema_26", "rsi", "atr", "adx"],
)
def test_matches_talib(prices, ours, oracle) -> None:
    """Same warm-up rows, same values on every row."""
    mine, theirs = ours(prices), oracle(prices)
    np.testing.assert_array_equal(np.isnan(mine), np.isnan(theirs))
    np.testing.assert_allclose(mine, theirs, rtol=0, atol=1e-7)


def test_true_range_leaves_out_the_gap_of_the_daily_break() -> None:
    """high - low on the first row of a day, Wilder's definition elsewhere."""
    high, low, close = (np.array(x, float) for x in ([10, 30, 33], [8, 27, 31], [9, 28, 32]))
    new_day = np.array([False, True, False])
    assert indicators.true_range(high, low, close, new_day).tolist() == [2, 3, 5]
    assert indicators.true_range(high, low, close, ~new_day).tolist() == [2, 21, 2]


def test_rsi_of_a_flat_market_is_talibs() -> None:
    """Nothing moved: 0 by TA-Lib's definition, and never NaN after the warm-up."""
    flat = np.full(30, 7.0)
    np.testing.assert_array_equal(indicators.rsi(flat), talib.RSI(flat, 14))


@pytest.mark.parametrize("dead", [range(5), range(2_000), range(40, 5_000), range(0)])
def test_adx_of_a_market_that_stands_still_is_talibs(prices, dead: range) -> None:
    """Dead from the start, or for so long that Wilder's sums fade to zero: the value is kept."""
    parts = [prices[name][:6_000].copy() for name in ("high", "low", "close")]
    for part in parts:
        part[dead] = 80_000.0
    mine, theirs = indicators.adx(*parts), talib.ADX(*parts, 14)
    np.testing.assert_array_equal(np.isnan(mine), np.isnan(theirs))
    np.testing.assert_allclose(mine, theirs, rtol=0, atol=1e-7)
    np.testing.assert_array_equal(
        indicators.adx(*parts)[:200], indicators.adx(*(p[:200] for p in parts))
    )


def test_short_series_are_all_warm_up() -> None:
    """Fewer rows than the period: NaN, no error."""
    short = np.arange(5.0)
    for values in (indicators.sma(short, 20), indicators.ema(short, 12), indicators.rsi(short)):
        assert np.isnan(values).all()
    ramp = np.arange(28.0)
    for rows in (0, 1, 27):
        assert np.isnan(indicators.adx(ramp[:rows], ramp[:rows], ramp[:rows])).all()
    assert np.isfinite(indicators.adx(ramp, ramp, ramp)).tolist() == [False] * 27 + [True]
