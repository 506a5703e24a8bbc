"""Laws of the interval of a mean, for any days."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from eval_tools.measures.bootstrap import Interval, expanded_level, mean_interval
from tests.conftest import many_examples

CENTS = st.integers(-1_000_000, 1_000_000)
DAYS = st.lists(CENTS, min_size=1, max_size=40)
LEVELS = st.sampled_from([0.5, 0.8, 0.9, 0.95, 0.99])
RESAMPLES = 200


def _interval(values, level: float = 0.95, **options) -> Interval:
    return mean_interval(values, level=level, num_resamples=RESAMPLES, **options)


def _ends(interval: Interval) -> np.ndarray:
    return np.array([interval.low, interval.mean, interval.high])


@many_examples
@given(DAYS, CENTS, st.integers(1, 1_000), LEVELS)
def test_it_moves_and_scales_with_the_days(pnl, shift, scale, level) -> None:
    one = _ends(_interval(pnl, level))
    moved = _ends(_interval(np.array(pnl) * scale + shift, level))
    assert moved == pytest.approx(one * scale + shift, rel=1e-9, abs=1e-3)


@many_examples
@given(DAYS, LEVELS)
def test_turning_the_days_round_turns_the_interval_round(pnl, level) -> None:
    one, turned = _interval(pnl, level), _interval(-np.array(pnl), level)
    assert _ends(turned) == pytest.approx(-_ends(one)[::-1], rel=1e-9, abs=1e-6)


@many_examples
@given(DAYS, st.data())
def test_it_lies_within_the_days(pnl, data) -> None:
    length = data.draw(st.integers(1, len(pnl)))
    found = _interval(pnl, block_length=length)
    assert min(pnl) - 1e-6 <= found.low <= found.high <= max(pnl) + 1e-6
    assert found.mean == pytest.approx(np.mean(pnl))
    assert (found.num_values, found.block_length) == (len(pnl), length)


@many_examples
@given(DAYS)
def test_a_higher_level_is_never_narrower(pnl) -> None:
    found = [_interval(pnl, level) for level in (0.5, 0.8, 0.95, 0.99)]
    for inner, outer in itertools.pairwise(found):
        assert outer.low <= inner.low
        assert inner.high <= outer.high


@many_examples
@given(DAYS, st.integers(0, 39))
def test_one_block_of_all_days_has_no_width_whatever_the_order(pnl, turn) -> None:
    """Each resample is a rotation of the days, so its mean is theirs."""
    found = _interval(np.roll(pnl, turn), block_length=len(pnl))
    assert _ends(found) == pytest.approx(np.full(3, np.mean(pnl)), abs=1e-6)


@many_examples
@given(CENTS, st.integers(1, 40), st.integers(0, 5))
def test_equal_days_have_no_width(value, days, seed) -> None:
    found = _interval([value] * days, seed=seed)
    assert _ends(found) == pytest.approx(np.full(3, value), abs=1e-6)


@many_examples
@given(LEVELS, st.integers(2, 10_000))
def test_the_level_is_widened_less_and_less(level, blocks) -> None:
    more, fewer = expanded_level(level, 2 * blocks), expanded_level(level, blocks)
    assert level < more < fewer <= 1


def test_two_kinds_of_days_have_the_quantiles_of_the_binomial() -> None:
    """Independent days of 0 and 1: a resample's sum is binomial, so its quantiles are known."""
    days = np.tile([0.0, 1.0], 50)
    found = mean_interval(days, block_length=1, num_resamples=200_000)
    tail = (1 - expanded_level(0.95, 100)) / 2
    low, high = stats.binom(100, 0.5).ppf([tail, 1 - tail]) / 100
    assert (found.low, found.high) == (
        pytest.approx(low, abs=0.011),
        pytest.approx(high, abs=0.011),
    )
    assert found.mean == 0.5
