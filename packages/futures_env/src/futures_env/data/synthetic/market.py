"""The embedded market: calibrated one-minute bars from one-tick walks, with optional edges.

Model (docs/data/synthetic.md has the measured statistics): the variance of a minute is a profile
over the trading day x a slow log-normal volatility x a Student-t mixing variable. Without an edge
the price is an exact martingale in ticks, sub-step by sub-step and over the session gaps.

Reproducibility: NumPy's PCG64 with one child seed per trading day. Floats meet integers only where
a variance becomes a number of bytes and a volume a number of contracts; a last-bit difference
between machines moves such a value across the rounding point with a chance of about 1e-12.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal, Unpack, get_args

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from futures_env.data import calendar
from futures_env.data.bars import Bars
from futures_env.data.market import build_market
from futures_env.data.mirror import mirror_bars
from futures_env.data.synthetic import edges
from futures_env.data.synthetic.random_walk import COARSE, FINE, walk_bars
from futures_env.features.pipeline import FEATURES, Feature
from futures_env.market.info import RuleFields, SessionRule, session_rule
from futures_env.market.instruments import instrument
from futures_env.market.table import MarketData

FloatArray = NDArray[np.float64]
Edge = Literal["none", "entry", "exit"]

FIRST_DAY = "2015-01-05"
"""Date of the first warm-up session; the dates and short days are real, the prices are not."""
PRICE = {"NQ": 20_000, "ES": 5_000, "RTY": 2_200, "YM": 41_000, "CL": 75, "GC": 2_600}
"""First price in points."""
VOLATILITY = {"NQ": 1.0, "ES": 0.8, "RTY": 1.15, "YM": 0.75, "CL": 1.7, "GC": 0.9}
"""Volatility of returns relative to NQ."""
MINI = {"MES": "ES", "MNQ": "NQ", "M2K": "RTY", "MYM": "YM", "MCL": "CL", "MGC": "GC"}
"""A micro trades at its mini's prices."""
TURNOVER = {"NQ": 1.0, "ES": 2.4, "RTY": 0.35, "YM": 0.2, "CL": 0.5, "GC": 0.4}
"""Volume relative to NQ."""
LOG_VOLATILITY_SD = 0.38
LOG_VOLATILITY_HALF_LIFE = 50.0  # minutes
DEGREES_OF_FREEDOM = 6
MIXING_CAP = 1.6
MIXING_MEAN = 0.855  # of (nu - 2) / chi2, capped
VOLUME_SD = 0.42
VOLUME_HALF_LIFE = 5.0  # minutes
VOLUME_ON_MOVE = 0.26
GAP_BP = (5.0, 40.0)  # reopening gap, standard deviation: weekday, Sunday


@dataclass(frozen=True, kw_only=True)
class _Profile:
    """Shape of the trading day, one value per minute since 18:00."""

    sd_bp: FloatArray  # (1380,) standard deviation of the minute's return
    volume: FloatArray  # (1380,) median contracts


@cache
def _profile() -> _Profile:
    minute = np.arange(calendar.CLOSE_CLOCK, dtype=np.float64)
    open_, close = calendar.clock("09:30"), calendar.clock("16:00")
    rth = np.clip((minute - open_) / (close - open_), 0.0, 1.0)
    since_open = np.maximum(minute - open_, 0.0)
    day = 2.5 + 2.6 * np.exp(-since_open / 40.0) + 1.1 * rth**6
    hours = minute / 60.0
    night = np.interp(
        hours,
        [0.0, 0.5, 2.0, 6.0, 8.0, 9.0, 11.0, 13.0, 14.5, 15.5, 22.0, 22.1, 22.5, 23.0],
        [2.4, 1.6, 1.6, 1.2, 1.4, 2.0, 1.7, 1.6, 2.3, 2.7, 2.7, 2.8, 1.7, 1.2],
    )
    sd_bp = np.where((minute >= open_) & (minute < close), day, night)
    volume = np.where((minute >= open_) & (minute < close), 150.0 * day**1.6, 49.0 * night**1.6)
    return _Profile(sd_bp=sd_bp, volume=volume)


def _autoregress(noise: FloatArray, half_life: float, last: float) -> FloatArray:
    """AR(1) with unit variance, started at ``last``."""
    memory = 0.5 ** (1.0 / half_life)
    scale = (1.0 - memory * memory) ** 0.5
    result, _ = lfilter([scale], [1.0, -memory], noise, zi=[memory * last])
    return result


def trading_days(symbol: str, sessions: int, rule: SessionRule) -> NDArray[np.int64]:
    """Weekdays from ``FIRST_DAY`` with trading: the warm-up, then ``sessions`` tradable ones."""
    closes = calendar.early_closes(symbol)
    day, found, tradable = calendar.days(FIRST_DAY), [], 0
    while tradable < sessions:
        close = closes.get(day, calendar.CLOSE_CLOCK)
        if (day + 3) % 7 < 5 and close != calendar.CLOSED:
            flat = min(calendar.clock(rule.flat_by), close - 1)
            tradable += len(found) >= rule.warm_up_sessions and flat > rule.open_clock
            found.append(day)
        day += 1
    return np.array(found, np.int64)


def synthetic_bars(
    symbol: str, days: NDArray[np.int64], seed: int, edge: Edge = "none", strength: float = 0.0
) -> Bars:
    """Generate all bars of the given trading days.

    Args:
        symbol: root symbol.
        days: (D,) trading days since 1970-01-01, ascending.
        seed: each day draws from its own child seed, so a longer market begins like a shorter one.
        edge: what is planted; see ``futures_env.data.synthetic.edges``.
        strength: of the edge, in round-turn costs per trade.

    Returns:
        1,380 bars per regular day, fewer on short days.
    """
    parts = list(_generate(symbol, days, seed, edge, strength))
    minute, open_, high, low, close, volume, order = (
        np.concatenate([part[i] for part in parts]) for i in range(7)
    )
    zeros = np.zeros(len(minute), np.int64)
    return Bars(
        symbol=symbol,
        minute=minute,
        open=open_,
        high=high,
        low=low,
        close=close,
        volume=volume,
        extreme_order=order,
        segment=zeros,
        adjustment=zeros,
        contracts=("synthetic",),
        synthetic=True,
    )


def _generate(
    symbol: str, days: NDArray[np.int64], seed: int, edge: Edge, strength: float
) -> Iterator[tuple[NDArray, ...]]:
    """Bars of one trading day after the other."""
    root, profile = MINI.get(symbol, symbol), _profile()
    table = COARSE if root == "NQ" else FINE
    stream = list(PRICE).index(root)
    price = round(PRICE[root] / instrument(symbol).tick_size)
    bp = VOLATILITY[root] * 1e-4
    closes = np.minimum(calendar.close_clock(symbol, days), calendar.CLOSE_CLOCK)
    volatility, busy = 0.0, 0.0
    for day, bars in zip(days.tolist(), closes.tolist(), strict=True):
        rng = np.random.Generator(np.random.PCG64([seed, day, stream]))
        price += round(rng.standard_normal() * GAP_BP[(day + 3) % 7 == 0] * bp * price)
        log_sd = _autoregress(rng.standard_normal(bars), LOG_VOLATILITY_HALF_LIFE, volatility)
        noise = _autoregress(rng.standard_normal(bars), VOLUME_HALF_LIFE, busy)
        volatility, busy = log_sd[-1], noise[-1]
        variance = (profile.sd_bp[:bars] * bp * price) ** 2 * np.exp(
            2.0 * LOG_VOLATILITY_SD * log_sd - 2.0 * LOG_VOLATILITY_SD**2
        )
        lengths = _lengths(rng, variance / table.variance)
        plan = edges.plan(rng, edge, strength, symbol, bars)
        walk = walk_bars(rng, table, lengths, plan.drift)
        move = np.log(0.5 + np.abs(walk.close - walk.open) / np.sqrt(variance))
        busyness = VOLUME_SD * noise + LOG_VOLATILITY_SD * log_sd + 2.0 * VOLUME_ON_MOVE * move
        log_volume = plan.volume_noise * busyness + plan.log_volume
        volume = TURNOVER[root] * profile.volume[:bars] * np.exp(log_volume)
        start = day * calendar.DAY + calendar.DAY_START - calendar.DAY
        yield (
            calendar.utc_minutes(start + np.arange(bars)),
            price + walk.open,
            price + walk.high,
            price + walk.low,
            price + walk.close,
            np.floor(volume + 1.0),
            walk.extreme_order,
        )
        price += int(walk.close[-1])


def _lengths(rng: np.random.Generator, mean: FloatArray) -> NDArray[np.int64]:
    """Bytes per bar: Student-t mixing (capped), and rounding that keeps the mean."""
    chi_squared = (rng.standard_normal((DEGREES_OF_FREEDOM, len(mean))) ** 2).sum(axis=0)
    # uncapped, the slow volatility and the t together would be twice as heavy-tailed as NQ
    mixing = np.minimum((DEGREES_OF_FREEDOM - 2.0) / chi_squared, MIXING_CAP) / MIXING_MEAN
    return np.floor(mean * mixing + rng.random(len(mean))).astype(np.int64)


def synthetic_market(
    symbol: str = "NQ",
    sessions: int = 60,
    seed: int = 0,
    edge: Edge = "none",
    edge_strength: float = 3.0,
    *,
    mirror: bool = False,
    session: str | SessionRule = "rth",
    features: Sequence[str | Feature] = FEATURES,
    **rule_fields: Unpack[RuleFields],
) -> MarketData:
    """Make a synthetic market: never real prices, always labelled synthetic.

    Args:
        symbol: any of the contract table.
        sessions: tradable sessions in the result; those of the warm-up come in front.
        seed: the same seed gives the same bars on every machine.
        edge: ``"none"`` is an exact martingale in ticks; ``"entry"`` and ``"exit"`` plant an edge.
        edge_strength: net P&L per trade of the edge's oracle in round-turn costs; 0 is the
            zero-edge twin. Ignored without an edge.
        mirror: turn the prices upside down, see ``mirror.mirror_bars``.
        session: kind of session, or a whole ``SessionRule``.
        features: names or own features, in column order.
        **rule_fields: further fields of the ``SessionRule``, e.g. flat_by and window.

    Raises:
        ValueError: unknown symbol or edge, fewer than 5 sessions, negative strength or seed.
    """
    if edge not in get_args(Edge):
        raise ValueError(f"edge: no such edge {edge!r}; known: {', '.join(get_args(Edge))}")
    if not 0.0 <= edge_strength < np.inf:
        raise ValueError(f"edge_strength must be finite and must not be negative: {edge_strength}")
    if seed < 0:
        raise ValueError(f"seed must be at least 0, not {seed}")
    if sessions < 5:
        raise ValueError(f"sessions: at least 5 are needed, not {sessions}")
    rule = session_rule(session, rule_fields)
    days = trading_days(symbol, sessions, rule)
    bars = synthetic_bars(symbol, days, seed, edge, edge_strength)
    planted = "" if edge == "none" else f", {edge} edge of strength {edge_strength:g}"
    source = f"{sessions} synthetic sessions, seed {seed}{planted}"
    bars = replace(bars, source=source)
    return build_market(mirror_bars(bars) if mirror else bars, rule, features)
