"""The internal bar table: NumPy only, one market, all bars of its history."""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Bars:
    """Checked bars of one market, ascending in time, before session filtering.

    Attributes:
        symbol: root symbol, a row of the contract table.
        minute: (T,) int64, bar start, minutes since 1970-01-01 UTC, strictly increasing.
        open, high, low, close: (T,) int64, raw prices in ticks.
        volume: (T,) float64, contracts.
        extreme_order: (T,) int8, ``ExtremeOrder``.
        segment: (T,) int64, 0, 1, 2, ...: one contract each, changing between trading days only.
        adjustment: (T,) int64, ticks; price + adjustment has no jump at the rolls. Constant in a
            segment and known at its first bar.
        contracts: names of the contracts, one per segment; may be empty.
        bar_minutes: length of a bar.
        source: names of the files, ``"DataFrame"``, or how the bars were made up.
        synthetic: whether the bars are made up.
        early_close: (day, clock) closes that replace the calendar's, see ``calendar.overrides``.
    """

    symbol: str
    minute: NDArray[np.int64]
    open: NDArray[np.int64]
    high: NDArray[np.int64]
    low: NDArray[np.int64]
    close: NDArray[np.int64]
    volume: NDArray[np.float64]
    extreme_order: NDArray[np.int8]
    segment: NDArray[np.int64]
    adjustment: NDArray[np.int64]
    contracts: tuple[str, ...] = field(default=())
    bar_minutes: int = 1
    source: str = ""
    synthetic: bool = False
    early_close: tuple[tuple[int, int], ...] = ()

    def __len__(self) -> int:
        return len(self.minute)

    def take(self, rows: NDArray[Any] | slice) -> "Bars":
        """The same table with the given rows only (a mask, indices or a slice)."""
        columns = {
            name: value[rows] for name, value in vars(self).items() if isinstance(value, np.ndarray)
        }
        return replace(self, **columns)


def chain_adjustment(
    open_: NDArray[np.int64], close: NDArray[np.int64], segment: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Adjustment that joins each segment's first open to the close before it.

    Used where the spread between two contracts is not known from their overlap: the overnight gap
    of the roll is then lost together with the basis.

    Returns:
        (T,) int64 ticks, 0 in the first segment.
    """
    rolls = np.flatnonzero(np.diff(segment)) + 1
    jumps = np.zeros(len(segment), np.int64)
    jumps[rolls] = close[rolls - 1] - open_[rolls]
    return np.cumsum(jumps)
