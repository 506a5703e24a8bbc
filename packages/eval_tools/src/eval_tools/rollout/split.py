"""Which sessions train and which are held out."""

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from futures_env import ArgumentError, session_dates
from futures_env.market.table import MarketData

HELD_SHARE = 0.2
"""Share of the sessions held out where no dates are given, from the end."""

MIN_HELD_SESSIONS = 15
"""Fewer held sessions than this carry no interval worth printing."""


@dataclass(frozen=True, kw_only=True)
class Split:
    """Disjoint ranges of trading days, both ends included."""

    train_start: str
    train_end: str
    held_start: str
    held_end: str
    train_sessions: int
    held_sessions: int
    embargoed_sessions: int


def hold_out(
    market: MarketData,
    *,
    train_start: date | None = None,
    train_end: date | None = None,
    held_start: date | None = None,
    held_end: date | None = None,
    embargo: int = 1,
) -> Split:
    """Training range, embargo, held range.

    Without dates the last fifth of the sessions is held, at least 15. Positions never live
    overnight, so that no outcome reaches over a session's end; the embargo keeps one session
    between the ranges all the same.

    Raises:
        ValueError: when a range is empty, the ranges overlap, or fewer than 15 are held.
    """
    days = session_dates(market)
    held = _between(days, held_start, held_end)
    if held_start is None:
        behind = held if train_end is None else held[held > np.datetime64(train_end)][embargo:]
        count = max(MIN_HELD_SESSIONS, round(HELD_SHARE * len(days)))
        held = behind[-count:] if train_end is None else behind
    if len(held) < MIN_HELD_SESSIONS:
        raise ValueError(
            f"{len(held)} sessions are left to validate on, at least {MIN_HELD_SESSIONS} are "
            f"needed; the market holds {len(days)} from {days[0]} to {days[-1]}: move the dates "
            "or give a longer history"
        )
    before = days[days < held[0]]
    train = _between(before[: max(0, len(before) - embargo)], train_start, train_end)
    if not len(train):
        raise ValueError(
            f"no session to train on before {held[0]} with an embargo of {embargo}: the market "
            f"begins on {days[0]}"
        )
    if train_end is not None and np.datetime64(train_end) >= held[0]:
        raise ArgumentError(
            f"train-end {train_end} is not before the first held session {held[0]}: training and "
            "validation must be disjoint"
        )
    return Split(
        train_start=str(train[0]),
        train_end=str(train[-1]),
        held_start=str(held[0]),
        held_end=str(held[-1]),
        train_sessions=len(train),
        held_sessions=len(held),
        embargoed_sessions=int(np.sum((days > train[-1]) & (days < held[0]))),
    )


def _between(
    days: NDArray[np.datetime64], start: date | None, end: date | None
) -> NDArray[np.datetime64]:
    """The days from ``start`` to ``end``, both included; None: unbounded."""
    after = True if start is None else days >= np.datetime64(start)
    before = True if end is None else days <= np.datetime64(end)
    return days[np.broadcast_to(after & before, days.shape)]
