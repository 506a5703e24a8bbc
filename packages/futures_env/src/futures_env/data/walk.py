"""Random walks of one tick per sub-step, many bars at once, eight bits of randomness at a time.

A byte is seven sub-steps: six of +1 or -1 tick and a lazy one (+1, -1, or 0 half of the time, so
that closes fall on even and odd ticks alike). All 256 bytes are tabulated; a bar is a run of
bytes. Flipping all bits of a byte mirrors its path exactly: the walk is symmetric, and a planted
drift is made by mirroring some of the bytes that go the wrong way. No level between the low and
the high of a bar is ever jumped over, and which of them came first is known.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from futures_env.codes import ExtremeOrder

SUB_STEPS = 7
"""Sub-steps of a byte."""
BYTE_VARIANCE = 6.5
"""Variance of a byte's displacement in ticks squared: six whole steps and half a lazy one."""


def _tabulate() -> tuple[NDArray[np.int64], ...]:
    bits = (np.arange(256)[:, None] >> np.arange(8)) & 1
    steps = 2 * bits[:, :7] - 1
    steps[:, 6] = bits[:, 6] + bits[:, 7] - 1
    path = steps.cumsum(axis=1)
    ascent = np.concatenate((np.zeros((256, 1), np.int64), path), axis=1)
    return path[:, -1], ascent.max(axis=1), ascent.min(axis=1), ascent.argmax(1), ascent.argmin(1)


_SUM, _HIGH, _LOW, _HIGH_STEP, _LOW_STEP = _tabulate()
BYTE_MEAN_ABS = float(np.abs(_SUM).mean())
"""Mean absolute displacement of a byte in ticks: the drift of a byte that is always mirrored."""


@dataclass(frozen=True, kw_only=True)
class Walk:
    """Bars of a walk, in ticks relative to the first bar's open; bars join without gaps."""

    open: NDArray[np.int64]  # (T,)
    high: NDArray[np.int64]  # (T,)
    low: NDArray[np.int64]  # (T,)
    close: NDArray[np.int64]  # (T,)
    extreme_order: NDArray[np.int8]  # (T,)


def walk_bars(
    rng: np.random.Generator, lengths: NDArray[np.int64], drift: NDArray[np.float64] | None = None
) -> Walk:
    """Walk through bars of the given lengths.

    Args:
        rng: source of randomness.
        lengths: (T,) bytes per bar, 0 allowed: the bar does not move.
        drift: (T,) expected ticks per bar, signed; at most ``BYTE_MEAN_ABS`` per byte is possible.

    Returns:
        T bars. Without drift, the price after every sub-step is a martingale.
    """
    count = int(lengths.sum())
    raw = rng.integers(0, 256, count, np.uint8)
    if drift is not None and drift.any():
        raw = _lean(rng, raw, lengths, drift)
    moves = _SUM[raw]
    after = moves.cumsum()
    before = after - moves
    ends = lengths.cumsum()
    close = np.concatenate(([0], after))[ends]
    open_ = np.concatenate(([0], close[:-1]))
    high, low, order = open_.copy(), open_.copy(), np.full(len(lengths), ExtremeOrder.LOW_FIRST)
    moved = np.flatnonzero(lengths)
    if count:
        first = (ends - lengths)[moved]
        step = SUB_STEPS * np.arange(count)
        high[moved], high_at = _extreme(before + _HIGH[raw], step + _HIGH_STEP[raw], first)
        low[moved], low_at = _extreme(-before - _LOW[raw], step + _LOW_STEP[raw], first)
        low[moved] *= -1
        order[moved[high_at < low_at]] = ExtremeOrder.HIGH_FIRST
    return Walk(open=open_, high=high, low=low, close=close, extreme_order=order.astype(np.int8))


def _extreme(
    level: NDArray[np.int64], step: NDArray[np.int64], first: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Largest level of each run of bytes and the first sub-step that reached it."""
    span = int(step[-1]) + 1
    best = np.maximum.reduceat(level * span + (span - 1 - step), first)
    return best // span, span - 1 - best % span


def _lean(
    rng: np.random.Generator,
    raw: NDArray[np.uint8],
    lengths: NDArray[np.int64],
    drift: NDArray[np.float64],
) -> NDArray[np.uint8]:
    """Mirror a share of the bytes that go against the drift."""
    share = np.abs(drift) / np.maximum(lengths * BYTE_MEAN_ABS, 1.0)
    against = _SUM[raw] * np.repeat(np.sign(drift), lengths) < 0.0
    return np.where(against & (rng.random(len(raw)) < np.repeat(share, lengths)), ~raw, raw)
