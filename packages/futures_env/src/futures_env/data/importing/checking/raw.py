"""Bars as read from a source, in points."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from futures_env.codes import ExtremeOrder
from futures_env.data.importing.origin import Origin

ROUNDING = 1e-3
"""Largest distance from the tick grid that counts as rounding, in ticks."""
PRICES = ("open", "high", "low", "close")


@dataclass(frozen=True, kw_only=True)
class RawTable:
    """Rows of a source after its layout, zone and stamp convention are resolved."""

    seconds: NDArray[np.int64]  # (T,) bar start, seconds since 1970-01-01 UTC
    open: NDArray[np.float64]  # (T,) points
    high: NDArray[np.float64]
    low: NDArray[np.float64]
    close: NDArray[np.float64]
    volume: NDArray[np.float64]
    extreme_order: NDArray[np.int8]  # (T,) ExtremeOrder
    contract: NDArray[np.int64]  # (T,) index into names
    names: tuple[str, ...]  # contracts; one empty name where the source has none
    origin: Origin
    bar_seconds: int

    def __len__(self) -> int:
        return len(self.seconds)

    @property
    def minute(self) -> NDArray[np.int64]:
        """(T,) minutes since 1970-01-01 UTC."""
        return self.seconds // 60

    def take(self, rows: NDArray[Any]) -> "RawTable":
        """The given rows only (a mask or indices)."""
        columns = {
            name: value[rows] for name, value in vars(self).items() if isinstance(value, np.ndarray)
        }
        return replace(self, **columns, origin=self.origin.take(rows))

    def at(self, row: int) -> str:
        """Words for the file and row of a row."""
        return self.origin.at(row)


def ticks(price: NDArray[np.float64], tick_size: float) -> NDArray[np.int64]:
    """Prices in points to whole ticks."""
    return np.rint(price / tick_size).astype(np.int64)


def off_tick(price: NDArray[np.float64], tick_size: float) -> NDArray[np.bool_]:
    """Prices that are no multiple of the tick size, nor one rounded to a float32."""
    nearest = np.rint(price / tick_size) * tick_size
    rounding = ROUNDING * tick_size + np.spacing(np.abs(price).astype(np.float32)) / 2.0
    return ~(np.abs(price - nearest) <= rounding)


def to_minutes(table: RawTable) -> RawTable:
    """Minutes of bars of seconds, which also tell the order of the extremes.

    Rows must be ascending within each contract. Unknown where both extremes fall into one row.
    """
    if table.bar_seconds >= 60:
        return table
    order = np.lexsort((table.seconds, table.contract))
    table = table.take(order)
    group = table.contract * 2**40 + table.minute
    first = np.flatnonzero(np.diff(group, prepend=group[0] - 1))
    last = np.append(first[1:], len(table)) - 1
    size = last - first + 1
    high, low = np.maximum.reduceat(table.high, first), np.minimum.reduceat(table.low, first)
    rows, never = np.arange(len(table)), len(table)
    high_at = np.minimum.reduceat(np.where(table.high == np.repeat(high, size), rows, never), first)
    low_at = np.minimum.reduceat(np.where(table.low == np.repeat(low, size), rows, never), first)
    extreme = np.full(len(first), ExtremeOrder.UNKNOWN, np.int8)
    extreme[low_at < high_at] = ExtremeOrder.LOW_FIRST
    extreme[high_at < low_at] = ExtremeOrder.HIGH_FIRST
    return replace(
        table.take(first),
        seconds=table.minute[first] * 60,
        high=high,
        low=low,
        close=table.close[last],
        volume=np.add.reduceat(table.volume, first),
        extreme_order=extreme,
        bar_seconds=60,
    )
