"""Random walks of one tick per sub-step, many bars at once, a byte of randomness at a time.

A byte stands for a few sub-steps; all 256 bytes are tabulated and a bar is a run of bytes.
Flipping all bits of a byte mirrors its path exactly: the walk is symmetric, and a planted drift
is made by mirroring some of the bytes that go the wrong way. No level between the low and the high
of a bar is ever jumped over, and which of them came first is known.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from futures_env.codes import ExtremeOrder

IntArray = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class ByteTable:
    """The path of each byte: ticks relative to where it begins."""

    sub_steps: int
    variance: float  # of the displacement, ticks squared
    move: IntArray  # (256,) displacement
    high: IntArray  # (256,) highest level, 0 included
    low: IntArray  # (256,) lowest level, 0 included
    high_step: IntArray  # (256,) sub-step that first reaches it, 0: the start
    low_step: IntArray  # (256,)

    @property
    def mean_abs(self) -> float:
        """Mean absolute displacement: the drift of a byte that is always mirrored."""
        return float(np.abs(self.move).mean())


def _table(steps: IntArray) -> ByteTable:
    """From (256, S) steps of -1, 0 or +1 tick."""
    path = np.pad(steps.cumsum(axis=1), ((0, 0), (1, 0)))
    return ByteTable(
        sub_steps=steps.shape[1],
        variance=float((path[:, -1] ** 2).mean()),
        move=path[:, -1],
        high=path.max(axis=1),
        low=path.min(axis=1),
        high_step=path.argmax(axis=1),
        low_step=path.argmin(axis=1),
    )


_BITS = (np.arange(256)[:, None] >> np.arange(8)) & 1
_LAZY = _BITS[:, ::2] + _BITS[:, 1::2] - 1  # two bits: -1, +1, or 0 half of the time
FINE = _table(_LAZY)
"""Four lazy sub-steps, variance 2: for markets of a few ticks per bar."""
COARSE = _table(np.hstack((2 * _BITS[:, 2:] - 1, _LAZY[:, :1])))
"""Six whole sub-steps and a lazy one, variance 6.5: for markets of many ticks per bar."""


@dataclass(frozen=True, kw_only=True)
class Walk:
    """Bars of a walk, in ticks relative to the first bar's open; bars join without gaps."""

    open: IntArray  # (T,)
    high: IntArray  # (T,)
    low: IntArray  # (T,)
    close: IntArray  # (T,)
    extreme_order: NDArray[np.int8]  # (T,)


def walk_bars(
    rng: np.random.Generator,
    table: ByteTable,
    lengths: IntArray,
    drift: NDArray[np.float64] | None = None,
) -> Walk:
    """Walk through bars of the given lengths.

    Args:
        rng: source of randomness.
        table: ``FINE`` or ``COARSE``.
        lengths: (T,) bytes per bar, 0 allowed: the bar does not move.
        drift: (T,) expected ticks per bar, signed; at most ``table.mean_abs`` per byte is
            possible.

    Returns:
        T bars. Without drift, the price after every sub-step is a martingale.
    """
    count = int(lengths.sum())
    raw = rng.integers(0, 256, count, np.uint8)
    if drift is not None and drift.any():
        raw = _lean(rng, table, raw, lengths, drift)
    moves = table.move[raw]
    after = moves.cumsum()
    before = after - moves
    ends = lengths.cumsum()
    close = np.pad(after, (1, 0))[ends]
    open_ = np.pad(close[:-1], (1, 0))
    high, low, order = open_.copy(), open_.copy(), np.full(len(lengths), ExtremeOrder.LOW_FIRST)
    moved = np.flatnonzero(lengths)
    if count:
        first = (ends - lengths)[moved]
        step = table.sub_steps * np.arange(count)
        high[moved], high_at = _extreme(
            before + table.high[raw], step + table.high_step[raw], first
        )
        low[moved], low_at = _extreme(-before - table.low[raw], step + table.low_step[raw], first)
        low[moved] *= -1
        order[moved[high_at < low_at]] = ExtremeOrder.HIGH_FIRST
    return Walk(open=open_, high=high, low=low, close=close, extreme_order=order.astype(np.int8))


def _extreme(level: IntArray, step: IntArray, first: IntArray) -> tuple[IntArray, IntArray]:
    """Largest level of each run of bytes and the first sub-step that reached it."""
    span = int(step[-1]) + 10  # more than any step
    best = np.maximum.reduceat(level * span + (span - 1 - step), first)
    return best // span, span - 1 - best % span


def _lean(
    rng: np.random.Generator,
    table: ByteTable,
    raw: NDArray[np.uint8],
    lengths: IntArray,
    drift: NDArray[np.float64],
) -> NDArray[np.uint8]:
    """Mirror a share of the bytes that go against the drift."""
    share = np.abs(drift) / np.maximum(lengths * table.mean_abs, 1.0)
    against = table.move[raw] * np.repeat(np.sign(drift), lengths) < 0.0
    return np.where(against & (rng.random(len(raw)) < np.repeat(share, lengths)), ~raw, raw)
