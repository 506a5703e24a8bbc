"""Ranges of sessions: slices for evaluation, restricted starts for training, dates of a market."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from futures_env.data import calendar
from futures_env.market.columns import PER_BAR
from futures_env.market.info import ArgumentError
from futures_env.market.table import MarketData


def session_dates(market: MarketData) -> NDArray[np.datetime64]:
    """Trading days on which an episode may begin, ascending, as ``datetime64[D]``.

    Context rows in front of a slice do not count. Markets that share days are merged.
    """
    dates = np.unique(np.asarray(market.date)[np.asarray(market.starts)])
    return dates.astype("datetime64[D]")


def restrict_starts(market: MarketData, start: str | date, end: str | date) -> MarketData:
    """The same table whose episodes begin only in sessions from ``start`` to ``end``, inclusive.

    Episodes may run on past ``end``: for disjoint data use ``slice_market``.

    Raises:
        ValueError: a market has no start in the range.
    """
    dates = np.asarray(market.date)
    inside = (dates >= calendar.days(start)) & (dates <= calendar.days(end))
    return with_starts(market, inside, f"from {start} to {end}")


def with_starts(market: MarketData, allowed: NDArray[np.bool_], what: str) -> MarketData:
    """Keep the starts whose row is allowed, and recount them per market.

    Args:
        market: any market.
        allowed: (T,) bool.
        what: words for the error message.

    Raises:
        ValueError: a market has no start left; a draw of episodes could not be shared out.
    """
    before, markets = np.asarray(market.starts), np.asarray(market.market)
    starts = before[allowed[before]]
    counts = np.bincount(markets[starts], minlength=market.num_markets)
    if not counts.all():
        number = int(counts.argmin())
        days = np.asarray(market.date)[markets == number].astype("datetime64[D]")
        raise ValueError(
            f"market {number} has no start {what}: its sessions run from {days.min()} to "
            f"{days.max()}; choose another range or filter, or join the markets without it"
        )
    offsets = np.concatenate(([0], np.cumsum(counts)))
    return replace(
        market,
        starts=jnp.asarray(starts.astype(np.int32)),
        start_offsets=jnp.asarray(offsets.astype(np.int32)),
    )


def slice_market(
    market: MarketData, start: str | date, end: str | date, window: int = 20
) -> MarketData:
    """Cut out the sessions from ``start`` to ``end``, both inclusive.

    ``window - 1`` rows in front of each market's range are kept as context for the first
    observation; no episode starts there. Features are as computed on the full causal history.
    Rows, sessions and segments are renumbered; the contract table is kept.

    Raises:
        ValueError: a market has no start in the range.
    """
    first_day, last_day = calendar.days(start), calendar.days(end)
    inside = restrict_starts(market, start, end)
    dates, markets = np.asarray(market.date), np.asarray(market.market)
    kept: list[NDArray[Any]] = []
    for number in range(market.num_markets):
        rows = np.flatnonzero((markets == number) & (dates >= first_day) & (dates <= last_day))
        front = max(rows[0] - (window - 1), int(np.searchsorted(markets, number)))
        kept.append(np.arange(front, rows[-1] + 1))
    index = np.concatenate(kept)
    ahead = np.ones(market.num_bars, bool)
    # the last row kept of a market is the end of its data: nothing to trade ahead of it
    ahead[[part[-1] for part in kept]] = False
    return _take_rows(with_starts(inside, ahead, f"from {start} to {end}"), index)


def _take_rows(market: MarketData, index: NDArray[Any]) -> MarketData:
    columns = market.columns()
    columns |= {name: columns[name][index] for name in PER_BAR}
    for name in ("session", "segment"):
        columns[name] = np.unique(columns[name], return_inverse=True)[1]
    # a cut can end inside what was one session
    columns["session_last"] = np.append(np.diff(columns["session"]) > 0, True)
    columns["starts"] = np.searchsorted(index, columns["starts"])
    return market.with_columns(**columns)


def split_sessions(
    market: MarketData,
    train: float = 0.6,
    validation: float = 0.2,
    embargo: int = 1,
) -> dict[str, tuple[str, str]]:
    """Divide the sessions in order of time into train, validation and test.

    Args:
        market: any market.
        train: share of the sessions.
        validation: share of the sessions; the rest is the test range.
        embargo: sessions left out between neighbouring ranges.

    Returns:
        Name -> first and last date, both inclusive: for ``slice_market``.

    Raises:
        ValueError: shares out of range, or a range without sessions.
    """
    if not (train > 0.0 and validation > 0.0 and train + validation < 1.0 and embargo >= 0):
        raise ArgumentError(
            f"train {train} and validation {validation} must be positive and leave a rest for "
            f"the test range; embargo {embargo} must not be negative"
        )
    dates = session_dates(market).astype(str)
    usable = len(dates) - 2 * embargo
    first, second = int(usable * train), int(usable * (train + validation))
    bounds = {
        "train": (0, first),
        "validation": (first + embargo, second + embargo),
        "test": (second + 2 * embargo, len(dates)),
    }
    if any(begin >= end for begin, end in bounds.values()):
        raise ValueError(f"{len(dates)} sessions are too few for this split and embargo")
    return {name: (dates[begin], dates[end - 1]) for name, (begin, end) in bounds.items()}


def save_split(split: dict[str, tuple[str, str]], path: str | Path) -> None:
    """Write a split as JSON: ranges by date."""
    text = json.dumps({"format": "futures-env split", "ranges": split}, indent=2)
    Path(path).write_text(text + "\n", encoding="utf-8")


def load_split(path: str | Path) -> dict[str, tuple[str, str]]:
    """Read a split written by ``save_split``.

    Raises:
        ValueError: not a split, or a range whose dates are not ascending ISO dates.
    """
    try:
        ranges = json.loads(Path(path).read_text(encoding="utf-8"))["ranges"]
        result = {str(name): (str(first), str(last)) for name, (first, last) in ranges.items()}
        ordered = all(calendar.days(a) <= calendar.days(b) for a, b in result.values())
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ValueError(f"{path}: not a split of dates ({error})") from error
    if not ordered:
        raise ValueError(f"{path}: a range ends before it begins")
    return result
