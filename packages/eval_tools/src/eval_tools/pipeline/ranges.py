"""Which sessions train, which choose the checkpoint, and which are looked at once."""

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from eval_tools.conditions.market import market_names
from eval_tools.rollout.sessions import session_table
from eval_tools.rollout.split import MIN_HELD_SESSIONS, hold_out
from futures_env import session_dates
from futures_env.market.table import MarketData

EMBARGO = 1
"""Sessions left out between neighbouring ranges. Positions never live overnight, so that no outcome
reaches over a session's end; observations look back over the window, and one session holds it."""

VALIDATION_SHARE = 0.2
"""Share of the sessions in front of the test range that choose the checkpoint."""


@dataclass(frozen=True, kw_only=True)
class Range:
    """Trading days, both ends included, and the number of sessions."""

    start: str
    end: str
    sessions: int

    @classmethod
    def of(cls, days: NDArray[np.datetime64]) -> "Range":
        """The range that ``days`` span."""
        return cls(start=str(days[0]), end=str(days[-1]), sessions=len(days))

    def __str__(self) -> str:
        return f"{self.start} to {self.end}, {self.sessions} sessions"


@dataclass(frozen=True, kw_only=True)
class Ranges:
    """Disjoint ranges in order of time, with sessions between them that nothing uses."""

    train: Range
    validation: Range
    test: Range

    def __str__(self) -> str:
        return f"  train {self.train}\n  validation {self.validation}\n  test {self.test}"


def divide(
    market: MarketData,
    *,
    train_start: date | None = None,
    train_end: date | None = None,
    test_start: date | None = None,
    test_end: date | None = None,
) -> Ranges:
    """Training, validation and test range of a market's sessions.

    Without dates the last fifth is the test range, at least 15 sessions: see
    ``split.hold_out``. The last fifth of what is in front of it is the validation range.

    Raises:
        ValueError: a range is empty, or fewer than 15 sessions are left to test on.
    """
    split = hold_out(
        market,
        train_start=train_start,
        train_end=train_end,
        held_start=test_start,
        held_end=test_end,
        embargo=EMBARGO,
    )
    days = session_dates(market)
    front = _between(days, split.train_start, split.train_end)
    count = max(1, round(VALIDATION_SHARE * len(front)))
    train = front[: max(0, len(front) - count - EMBARGO)]
    if not len(train):
        raise ValueError(
            f"{len(front)} sessions lie in front of the test range, which begins on "
            f"{split.held_start}; training, an embargo of {EMBARGO} and a validation need at least "
            f"{EMBARGO + 2}: give a longer history or move the dates"
        )
    return Ranges(
        train=Range.of(train),
        validation=Range.of(front[-count:]),
        test=Range.of(_between(days, split.held_start, split.held_end)),
    )


def sessions_of_each(market: MarketData, ranges: Ranges) -> dict[str, dict[str, int]]:
    """How many sessions of each range every one of several markets has, by its name.

    Raises:
        ValueError: a market has none to train or to validate on, or fewer than 15 to test on.
    """
    parts = {"train": ranges.train, "validation": ranges.validation, "test": ranges.test}
    least = dict.fromkeys(parts, 1) | {"test": MIN_HELD_SESSIONS}
    table, counts = session_table(market), {}
    for number, name in enumerate(market_names(market)):
        days = table["date"][table["market"] == number]
        counts[name] = {part: int(days.between(r.start, r.end).sum()) for part, r in parts.items()}
        short = [part for part, found in counts[name].items() if found < least[part]]
        if short:
            raise ValueError(
                f"{name} has {counts[name][short[0]]} sessions in the {short[0]} range "
                f"{parts[short[0]]} of all markets, at least {least[short[0]]} are needed; its own "
                f"run from {days.min():%Y-%m-%d} to {days.max():%Y-%m-%d}: give bars of the same "
                "time, or dates that every market covers"
            )
    return counts


def _between(days: NDArray[np.datetime64], first: str, last: str) -> NDArray[np.datetime64]:
    return days[(days >= np.datetime64(first)) & (days <= np.datetime64(last))]
