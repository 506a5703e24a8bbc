"""Folds of a walk-forward: no test is near what was trained on, and no session is lost."""

from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from eval_tools.walk_forward.folds import Calendar, Plan, fold_ranges
from futures_env.market.table import MarketData
from tests.conftest import many_examples

FIRST = np.datetime64("2020-01-01")


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    """Days with gaps, sessions of unequal length, and a purge of some bars."""
    bars = draw(st.lists(st.integers(1, 40), min_size=30, max_size=120))
    gaps = draw(st.lists(st.integers(1, 4), min_size=len(bars), max_size=len(bars)))
    return Calendar(
        days=FIRST + np.cumsum(gaps),
        bars=np.array(bars),
        purge_bars=draw(st.integers(1, 20)) + max(bars),
    )


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    kind = draw(st.sampled_from(["expanding", "rolling"]))
    sizes = st.none() | st.integers(1, 8)
    plan = Plan(
        kind=kind,
        folds=draw(st.integers(1, 6)),
        train_sessions=draw(sizes) if kind == "rolling" else None,
        validation_sessions=draw(sizes),
        test_sessions=draw(sizes),
        embargo=draw(st.integers(0, 4)),
    )
    plan.check()
    return plan


def places(calendar: Calendar, span) -> np.ndarray:
    """Places of the sessions of a range, of which it must tell the number."""
    low, high = np.datetime64(span.start), np.datetime64(span.end)
    found = np.flatnonzero((calendar.days >= low) & (calendar.days <= high))
    assert len(found) == span.sessions
    return found


@many_examples
@given(calendar=calendars(), plan=plans())
def test_purge_and_embargo_lie_in_front_of_every_validation_and_test(calendar, plan) -> None:
    try:
        folds = fold_ranges(calendar, plan)
    except ValueError:
        assume(False)
    tested = []
    for fold in folds:
        train, held, test = (
            places(calendar, span) for span in (fold.train, fold.validation, fold.test)
        )
        for before, behind in ((train, held), (held, test)):
            between = np.arange(before[-1] + 1, behind[0])
            assert len(between) >= plan.embargo
            purged = between[plan.embargo :]
            assert calendar.bars[purged].sum() >= calendar.purge_bars
            # and no more is given up than that
            assert calendar.bars[purged[1:]].sum() < calendar.purge_bars
        tested.extend(test)
    assert tested == list(range(tested[0], len(calendar.days)))
    if plan.test_sessions:
        assert {fold.test.sessions for fold in folds} == {plan.test_sessions}
    if plan.kind == "expanding":
        assert {fold.train.start for fold in folds} == {str(calendar.days[0])}
    else:
        asked = plan.train_sessions or folds[0].train.sessions
        assert {fold.train.sessions for fold in folds} == {asked}


def test_the_calendar_counts_the_window_the_longest_and_the_shortest_sessions() -> None:
    """Two markets over the same three days: a short and a long session on the second one."""
    lengths = [(0, 0, 5), (0, 1, 3), (0, 2, 5), (1, 0, 5), (1, 1, 9), (1, 2, 6)]
    of_market, day, bars = (np.array(column) for column in zip(*lengths, strict=True))
    market = SimpleNamespace(
        session=np.arange(6).repeat(bars),
        date=(FIRST + day).astype(int).repeat(bars),
        market=of_market.repeat(bars),
        starts=np.arange(bars.sum()),
    )
    calendar = Calendar.of(cast(MarketData, market), 20)
    assert calendar.days.tolist() == (FIRST + np.arange(3)).tolist()
    assert calendar.bars.tolist() == [5, 3, 5], "a purge holds its bars in every market"
    assert calendar.purge_bars == 20 + 9, "the window, and the longest session anywhere"


def test_an_embargo_of_a_session_is_what_nobody_has_to_ask_for() -> None:
    assert Plan().embargo == 1


def test_validations_are_as_asked_and_move_on_as_they_are() -> None:
    calendar = Calendar(days=FIRST + np.arange(90), bars=np.full(90, 10), purge_bars=12)
    asked = fold_ranges(calendar, Plan(folds=3, test_sessions=10, validation_sessions=7))
    assert [fold.validation.sessions for fold in asked] == [7, 7, 7]
    # a fifth of the 57 sessions in front of the purge and embargo, which leave 43 to train on
    first, *others = fold_ranges(calendar, Plan(folds=3, test_sessions=10, kind="rolling"))
    assert (first.train.sessions, first.validation.sessions) == (43, 11)
    assert {(one.train.sessions, one.validation.sessions) for one in others} == {(43, 11)}
    # 40 to train on are four fifths of what is in front
    (first, *_) = fold_ranges(
        calendar, Plan(folds=3, test_sessions=10, kind="rolling", train_sessions=40)
    )
    assert (first.train.sessions, first.validation.sessions) == (40, 10)
    # with a purge of five sessions the first fold's 11 are more than a fifth for its 37
    wide = Calendar(days=calendar.days, bars=calendar.bars, purge_bars=50)
    moved = fold_ranges(wide, Plan(folds=3, test_sessions=10, kind="rolling"))
    assert {(one.train.sessions, one.validation.sessions) for one in moved} == {(37, 11)}
    growing = fold_ranges(calendar, Plan(folds=3, test_sessions=10))
    assert [fold.validation.sessions for fold in growing] == [11, 13, 15]


def test_the_later_half_is_tested_where_nothing_is_said() -> None:
    calendar = Calendar(days=FIRST + np.arange(61), bars=np.full(61, 10), purge_bars=12)
    folds = fold_ranges(calendar, Plan(folds=2))
    assert (folds[0].test.start, folds[-1].test.end) == (str(FIRST + 31), str(FIRST + 60))
    assert [fold.test.sessions for fold in folds] == [15, 15]


def test_what_is_too_short_says_which_fold_and_why() -> None:
    calendar = Calendar(days=FIRST + np.arange(20), bars=np.full(20, 10), purge_bars=12)
    with pytest.raises(ValueError, match=r"fold 1: no room for training, .* purges of 12 bars"):
        fold_ranges(calendar, Plan(folds=2, test_sessions=7))
    with pytest.raises(ValueError, match="30 folds of 1 sessions need more sessions to test on"):
        fold_ranges(calendar, Plan(folds=30, test_sessions=1))


def test_dates_choose_where_training_and_tests_begin_and_end() -> None:
    calendar = Calendar(days=FIRST + np.arange(60), bars=np.full(60, 10), purge_bars=12)
    day = [(FIRST + place).astype(object) for place in range(60)]
    plan = Plan(folds=3, train_start=day[5], test_start=day[30], test_end=day[50], embargo=1)
    plan.check()
    folds = fold_ranges(calendar, plan)
    assert {fold.train.start for fold in folds} == {str(day[5])}
    assert (folds[0].test.start, folds[-1].test.end) == (str(day[30]), str(day[50]))
    assert [fold.test.sessions for fold in folds] == [7, 7, 7]
    # 12 bars are two sessions of 10, and one of embargo: 27 is the first session that is given up
    assert folds[0].validation.end == str(day[26])
