"""Splits and slices of any shares and dates: in order, disjoint, embargoed, and repeatable."""

import tempfile
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import futures_env
from futures_env.data.splits import load_split, restrict_starts, save_split, split_sessions
from futures_env.market.columns import PER_BAR
from futures_env.market.table import MarketData
from tests.conftest import many_examples

SESSIONS, WINDOW = 24, 20
EMBARGOES = st.integers(0, 4)
SHARES = st.floats(0.05, 0.9)


@pytest.fixture(scope="module")
def market() -> MarketData:
    """Two markets, the second beginning as the first does and ending sooner."""
    long = futures_env.synthetic_market("NQ", sessions=SESSIONS, seed=1)
    return futures_env.concat_markets([long, futures_env.synthetic_market("ES", sessions=18)])


@pytest.fixture(scope="module")
def dates(market: MarketData) -> list[str]:
    return futures_env.session_dates(market).astype(str).tolist()


@st.composite
def ranges(draw: st.DrawFn) -> tuple[int, int]:
    """First and last session, among those that both markets have."""
    first = draw(st.integers(0, 16))
    return first, draw(st.integers(first, 17))


@many_examples
@given(train=SHARES, validation=SHARES, embargo=EMBARGOES)
def test_ranges_follow_each_other_with_the_embargo_between(
    market: MarketData, dates: list[str], train: float, validation: float, embargo: int
) -> None:
    assume(train + validation < 1.0)
    usable = len(dates) - 2 * embargo
    first, second = int(usable * train), int(usable * (train + validation))
    sizes = [first, second - first, usable - second]
    if min(sizes) < 1:
        with pytest.raises(ValueError, match="too few for this split and embargo"):
            split_sessions(market, train, validation, embargo)
        return
    split = split_sessions(market, train, validation, embargo)
    ends = [[dates.index(day) for day in split[name]] for name in ("train", "validation", "test")]
    assert [last - first + 1 for first, last in ends] == sizes
    assert (ends[0][0], ends[-1][1]) == (0, len(dates) - 1)
    for (_, last), (first, _) in pairwise(ends):
        assert first - last - 1 == embargo


@given(train=st.floats(0.1, 0.6), embargo=st.integers(0, 3))
def test_a_split_is_read_as_it_was_written(market: MarketData, train: float, embargo: int) -> None:
    split = split_sessions(market, train, 0.3, embargo)
    with tempfile.TemporaryDirectory() as folder:
        save_split(split, Path(folder) / "split.json")
        assert load_split(Path(folder) / "split.json") == split


@given(chosen=ranges())
def test_restricted_starts_are_those_of_the_range(
    market: MarketData, dates: list[str], chosen: tuple[int, int]
) -> None:
    first, last = (np.datetime64(dates[i]) for i in chosen)
    part = restrict_starts(market, dates[chosen[0]], dates[chosen[1]])
    days = np.asarray(market.date).astype("datetime64[D]")
    starts = np.asarray(market.starts)
    wanted = starts[(days[starts] >= first) & (days[starts] <= last)]
    np.testing.assert_array_equal(part.starts, wanted)
    counts = np.bincount(np.asarray(market.market)[wanted], minlength=2)
    np.testing.assert_array_equal(np.diff(np.asarray(part.start_offsets)), counts)


def cut(market: MarketData, dates: list[str], chosen: tuple[int, int]) -> MarketData:
    return futures_env.slice_market(market, dates[chosen[0]], dates[chosen[1]], WINDOW)


@given(chosen=ranges())
def test_a_slice_has_its_sessions_whole_and_its_context_in_front(
    market: MarketData, dates: list[str], chosen: tuple[int, int]
) -> None:
    part = cut(market, dates, chosen)
    assert futures_env.session_dates(part).astype(str).tolist() == dates[chosen[0] : chosen[1] + 1]
    days, numbers = np.asarray(part.date), np.asarray(part.market)
    whole_days, whole_numbers = np.asarray(market.date), np.asarray(market.market)
    first, last = (np.datetime64(dates[i]).astype(int) for i in chosen)
    for number in (0, 1):
        of_it = whole_numbers == number
        before = np.sum(of_it & (whole_days < first))
        inside = np.sum(of_it & (whole_days >= first) & (whole_days <= last))
        assert np.sum(numbers == number) == min(before, WINDOW - 1) + inside
        assert np.sum((numbers == number) & (days > last)) == 0
    assert np.asarray(part.starts).min() >= WINDOW - 1
    for name in ("session", "segment"):
        numbers = np.unique(np.asarray(getattr(part, name)))
        np.testing.assert_array_equal(numbers, np.arange(len(numbers)), name)


@given(outer=ranges(), data=st.data())
def test_a_slice_of_a_slice_is_the_slice(
    market: MarketData, dates: list[str], outer: tuple[int, int], data: st.DataObject
) -> None:
    """Where the outer one has room for the context of the inner one."""
    first = data.draw(st.integers(outer[0], outer[1]))
    inner = (first, data.draw(st.integers(first, outer[1])))
    direct, nested = cut(market, dates, inner), cut(cut(market, dates, outer), dates, inner)
    for name in (*PER_BAR, "starts", "start_offsets"):
        np.testing.assert_array_equal(getattr(nested, name), getattr(direct, name), name)
