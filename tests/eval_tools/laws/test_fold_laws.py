"""Folds of a walk-forward: no test is near what was trained on, and no session is lost."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from eval_tools.walk_forward.folds import Calendar, Plan, fold_ranges
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
