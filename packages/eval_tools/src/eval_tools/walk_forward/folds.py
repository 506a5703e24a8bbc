"""Which sessions each fold trains on, chooses by and tests on."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from eval_tools.pipeline.ranges import VALIDATION_SHARE, Range, Ranges
from eval_tools.rollout.sessions import session_table
from futures_env import ArgumentError, session_dates
from futures_env.market.table import MarketData

Days = NDArray[np.datetime64]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How the folds follow each other; each field is a flag."""

    kind: Literal["expanding", "rolling"] = "expanding"
    """Training windows that all begin on the first session, or that move on with the test."""
    folds: int = 5
    """Trainings, each tested on the sessions behind it."""
    train_sessions: int | None = None
    """Sessions that a rolling fold trains on; without it as many as the first fold has."""
    validation_sessions: int | None = None
    """Sessions that choose the checkpoint of a fold; without it a fifth of what is in front of its
    test."""
    test_sessions: int | None = None
    """Sessions that each fold is tested on, the last ones; without it the later half of the
    sessions, or those from --test-start, in as many parts as folds."""
    embargo: int = 1
    """Sessions left out between the ranges of a fold, besides those of the purge."""
    train_start: date | None = None
    """First trading day to train on."""
    test_start: date | None = None
    """First trading day of the first fold's test."""
    test_end: date | None = None
    """Last trading day of the last fold's test."""

    def check(self) -> None:
        """Refuse what contradicts itself, before anything is read.

        Raises:
            ArgumentError: naming the flags.
        """
        for name in ("folds", "train_sessions", "validation_sessions", "test_sessions"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ArgumentError(f"--{name.replace('_', '-')} {value}: at least 1")
        if self.embargo < 0:
            raise ArgumentError(f"--embargo {self.embargo}: at least 0")
        if self.kind == "expanding" and self.train_sessions is not None:
            raise ArgumentError(
                f"--train-sessions {self.train_sessions} belongs to --kind rolling: an expanding "
                "window holds every session from the first one on"
            )
        if self.test_start is not None and self.test_sessions is not None:
            raise ArgumentError(
                f"--test-start {self.test_start} and --test-sessions {self.test_sessions}: one "
                "follows from the other, give one of them"
            )
        days = [day for day in (self.train_start, self.test_start, self.test_end) if day]
        if sorted(set(days)) != days:
            raise ArgumentError(
                f"--train-start {self.train_start}, --test-start {self.test_start}, --test-end "
                f"{self.test_end}: they must follow each other"
            )


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """The sessions that folds are made of.

    Attributes:
        days: (n,) datetime64[D], ascending.
        bars: (n,) of the shortest session of each day.
        purge_bars: bars that must lie between what is trained on and what is tested.
    """

    days: Days
    bars: NDArray[np.int64]
    purge_bars: int

    @classmethod
    def of(cls, market: MarketData, window: int) -> "Calendar":
        """Of a market that is seen through a window of so many bars.

        A position is closed by the end of its session, so that the longest hold is the longest
        session.
        """
        table = session_table(market)
        days = session_dates(market)
        shortest = table.groupby("date")["bars"].min()[pd.DatetimeIndex(days)]
        return cls(
            days=days,
            bars=shortest.to_numpy(np.int64),
            purge_bars=window + int(table["bars"].max()),
        )

    def before(self, place: int, embargo: int) -> int:
        """Sessions in front of session ``place`` that are left once purge and embargo are taken.

        The purge are the last sessions that together hold ``purge_bars``; 0: nothing is left.
        """
        held = np.cumsum(self.bars[:place][::-1])
        purged = int(np.searchsorted(held, self.purge_bars)) + 1
        return max(0, place - purged - embargo)


def fold_ranges(calendar: Calendar, plan: Plan) -> list[Ranges]:
    """The ranges of every fold, in order of time.

    Every session of a test belongs to one fold, and the tests follow each other without a gap. In
    front of validation and test lie a purge, at least the window and the longest hold, and an
    embargo.

    Raises:
        ValueError: there are too few sessions, naming the fold and what it lacks.
    """
    days = calendar.days
    start = plan.train_start or days[0]
    first = int(days.searchsorted(np.datetime64(start)))
    folds: list[Ranges] = []
    for number, test in enumerate(_tests(days, plan), start=1):
        begin, end, held = _in_front(calendar, plan, first, int(test[0]))
        if begin < first or end <= begin:
            raise ValueError(_too_short(number, test, calendar, plan))
        folds.append(
            Ranges(
                train=Range.of(days[begin:end]),
                validation=Range.of(days[held]),
                test=Range.of(days[test]),
            )
        )
        if plan.kind == "rolling":  # the windows of the first fold move on as they are
            plan = replace(
                plan, train_sessions=end - begin, validation_sessions=held.stop - held.start
            )
    return folds


def _tests(days: Days, plan: Plan) -> list[NDArray[np.int64]]:
    """Places of the sessions of each fold's test."""
    end = len(days)
    if plan.test_end is not None:
        end = int(days.searchsorted(np.datetime64(plan.test_end), side="right"))
    begin = end - end // 2
    if plan.test_start is not None:
        begin = int(days.searchsorted(np.datetime64(plan.test_start)))
    elif plan.test_sessions is not None:
        begin = end - plan.folds * plan.test_sessions
    if begin < 0 or end - begin < plan.folds:
        raise ValueError(
            f"{plan.folds} folds{_each(plan)} need more sessions to test on: the market holds "
            f"{len(days)} from {days[0]} to {days[-1]}; give a longer history, fewer --folds or "
            "other dates"
        )
    return np.array_split(np.arange(begin, end), plan.folds)


def _in_front(calendar: Calendar, plan: Plan, first: int, test: int) -> tuple[int, int, slice]:
    """Where training begins and ends, and the validation between it and the test."""
    until, length = calendar.before(test, plan.embargo), plan.train_sessions
    front = until - first if length is None else length / (1 - VALIDATION_SHARE)
    chosen = plan.validation_sessions or max(1, round(VALIDATION_SHARE * front))
    held = slice(max(0, until - chosen), until)
    end = calendar.before(held.start, plan.embargo)
    return (first if length is None else end - length), end, held


def _too_short(number: int, test: NDArray[np.int64], calendar: Calendar, plan: Plan) -> str:
    wanted = f"{plan.train_sessions} sessions of training" if plan.train_sessions else "training"
    return (
        f"fold {number}: no room for {wanted}, a validation, two purges of {calendar.purge_bars} "
        f"bars and two embargoes of {plan.embargo} sessions in front of its test, which begins on "
        f"{calendar.days[test[0]]}, {test[0]} sessions into the market: give a "
        "longer history, or a later test (--test-start, fewer --folds or --test-sessions)"
    )


def _each(plan: Plan) -> str:
    return "" if plan.test_sessions is None else f" of {plan.test_sessions} sessions"
