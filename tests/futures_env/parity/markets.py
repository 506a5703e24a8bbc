"""Random markets in plain NumPy: tick random walks with gaps, holes, halts, four contracts."""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np

from futures_env.market.table import ContractTable, MarketData

TABLE = {
    "tick_size": np.array([0.25, 0.25, 0.5, 0.01], np.float32),
    "tick_value_cents": np.array([500, 1250, 50, 1000], np.int32),
    "commission_cents": np.array([250, 199, 51, 0], np.int32),
    "slippage_ticks": np.array([1, 2, 0, 3], np.int32),
}
FIRST_PRICE = (400, 60_000, -50, 30)  # two markets wander around zero
MICRO_STEPS = 12
CUTOFF_BARS = 1


class _Session(NamedTuple):
    """Which bars of one session exist, counted by the clock."""

    length: int
    present: np.ndarray


def random_market(
    rng: np.random.Generator, *, segments_per_market: int = 2, sessions: int = 30
) -> dict[str, np.ndarray]:
    """Leaves of MarketData and of its contract table, by name.

    Args:
        rng: source of all randomness.
        segments_per_market: contract segments of each of the four markets.
        sessions: per segment, of 10 to 40 bars.
    """
    parts, session, date, segment = [], 0, 10, 0
    for market in range(len(FIRST_PRICE)):
        for _ in range(segments_per_market):
            plan = [_session(rng) for _ in range(sessions)]
            calendar = [
                _calendar(rng, one, session + i, date := date + int(rng.integers(1, 4)))
                for i, one in enumerate(plan)
            ]
            rows = {name: np.concatenate([c[name] for c in calendar]) for name in calendar[0]}
            n = len(rows["session"])
            rows |= _bars(rng, n, FIRST_PRICE[market])
            rows["segment"] = np.full(n, segment, np.int32)
            rows["market"] = np.full(n, market, np.int8)
            parts.append(rows)
            session, segment = session + sessions, segment + 1
    leaves = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    n = len(leaves["close"])
    return (
        leaves
        | _starts(leaves)
        | TABLE
        | {
            "minute": np.arange(n, dtype=np.int32),
            "volume": rng.uniform(1, 1000, n).astype(np.float32),
            "features": rng.normal(size=(n, 1)).astype(np.float32).clip(-10, 10),
        }
    )


def to_market_data(leaves: dict[str, np.ndarray]) -> MarketData:
    """The same market as the JAX side takes it."""
    table = ContractTable(**{name: jnp.asarray(leaves[name]) for name in TABLE})
    rows = {name: leaf for name, leaf in leaves.items() if name not in TABLE}
    return MarketData.from_columns(contract_table=table, **rows)


def _session(rng: np.random.Generator) -> _Session:
    length = int(rng.integers(10, 41))
    present = rng.random(length) > 0.03
    if rng.random() < 0.2:
        present[int(rng.integers(3, length)) :] = False  # an unscheduled halt
    present[0] = True
    return _Session(length, present)


def _calendar(
    rng: np.random.Generator, plan: _Session, session: int, date: int
) -> dict[str, np.ndarray]:
    clock = np.flatnonzero(plan.present)
    to_flat = plan.length - 1 - clock
    open_window = to_flat - 1 >= CUTOFF_BARS
    return {
        "session": np.full(len(clock), session, np.int32),
        "date": np.full(len(clock), date, np.int32),
        "bars_to_flat": to_flat.astype(np.int32),
        "session_last": clock == clock[-1],
        "entry_ok": open_window & (rng.random(len(clock)) > 0.05),
    }


def _bars(rng: np.random.Generator, n: int, first_price: int) -> dict[str, np.ndarray]:
    size = int(rng.integers(1, 4))
    moves = rng.integers(-size, size + 1, (n, MICRO_STEPS)) * rng.choice(
        [1, 1, 1, 1, 1, 4, 9], (n, 1)
    )
    jumps = rng.integers(-25, 26, n) * (rng.random(n) < 0.2)
    path = first_price + np.cumsum(np.column_stack([jumps, moves]).ravel()).reshape(n, -1)
    low_first = path.argmin(axis=1) < path.argmax(axis=1)
    known = rng.random(n) < 0.6
    bars = {
        "open": path[:, 0],
        "high": path.max(axis=1),
        "low": path.min(axis=1),
        "close": path[:, -1],
    }
    return {name: price.astype(np.int32) for name, price in bars.items()} | {
        "extreme_order": (known * np.where(low_first, 1, 2)).astype(np.int8),
        "atr": _atr(rng, bars),
    }


def _atr(rng: np.random.Generator, bars: dict[str, np.ndarray]) -> np.ndarray:
    ranges = (bars["high"] - bars["low"]).astype(np.float32)
    if rng.random() < 0.5:
        return rng.uniform(0.3, 15.0, len(ranges)).astype(np.float32)
    atr = ranges.copy()
    for i in range(1, len(atr)):
        atr[i] = (atr[i - 1] * 13 + ranges[i]) / 14
    return atr


def _starts(leaves: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    segment = leaves["segment"]
    has_next = np.append(segment[1:] == segment[:-1], False)
    starts = np.flatnonzero(has_next)
    counts = np.bincount(leaves["market"][starts], minlength=len(FIRST_PRICE))
    offsets = np.concatenate([[0], np.cumsum(counts)])
    return {"starts": starts.astype(np.int32), "start_offsets": offsets.astype(np.int32)}
