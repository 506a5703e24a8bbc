"""Slices and restricted starts."""

import numpy as np
import pytest

import futures_env
from futures_env.data import calendar
from futures_env.data.splits import restrict_starts
from futures_env.types import MarketData


@pytest.fixture(scope="module")
def market() -> MarketData:
    """40 sessions of one market."""
    return futures_env.synthetic_market(sessions=40, seed=5)


def test_slice_trades_its_sessions_in_full(market: MarketData) -> None:
    """Starts begin at the first bar of the first session, 19 context rows lie in front."""
    part = futures_env.slice_market(market, "2015-02-17", "2015-02-20")
    dates = futures_env.session_dates(part)
    assert dates.astype(str).tolist() == ["2015-02-17", "2015-02-18", "2015-02-19", "2015-02-20"]
    first = int(part.starts[0])
    assert first == 19
    assert int(part.bars_to_flat[first]) == 448
    assert part.num_bars == 19 + 4 * 449
    assert int(part.starts[-1]) == part.num_bars - 2


def test_slice_keeps_the_values_of_the_full_history(market: MarketData) -> None:
    """Row for row the same bars and features; sessions and segments begin at 0."""
    part = futures_env.slice_market(market, "2015-02-17", "2015-02-20")
    where = np.searchsorted(np.asarray(market.minute), np.asarray(part.minute))
    for name in ("minute", "close", "features", "atr", "entry_ok", "session_last", "bars_to_flat"):
        np.testing.assert_array_equal(
            np.asarray(getattr(part, name)), np.asarray(getattr(market, name))[where], name
        )
    assert int(part.session[0]) == int(part.segment[0]) == 0
    assert part.session.dtype == market.session.dtype


def test_slices_of_several_markets_keep_each(market: MarketData) -> None:
    """Both markets are cut; starts are counted per market."""
    both = futures_env.concat_markets([market, futures_env.synthetic_market("ES", sessions=30)])
    part = futures_env.slice_market(both, "2015-02-17", "2015-02-18")
    assert np.asarray(part.start_offsets).tolist() == [0, 897, 1794]
    assert np.asarray(part.market)[np.asarray(part.starts)].tolist() == [0] * 897 + [1] * 897
    assert (np.diff(np.asarray(part.segment)) > 0).sum() == 1


def test_restricted_starts_keep_the_table(market: MarketData) -> None:
    """Only where episodes begin changes."""
    part = restrict_starts(market, "2015-02-17", "2015-02-18")
    assert part.num_bars == market.num_bars
    assert np.unique(np.asarray(part.date)[np.asarray(part.starts)]).tolist() == [
        calendar.days("2015-02-17"),
        calendar.days("2015-02-18"),
    ]
    assert np.asarray(part.start_offsets).tolist() == [0, len(part.starts)]


def test_an_empty_range_is_an_error_with_the_range_there_is(market: MarketData) -> None:
    """Neither an empty market nor a silent one."""
    for cut in (futures_env.slice_market, restrict_starts):
        with pytest.raises(ValueError, match="sessions run from 2015-02-02 to"):
            cut(market, "2020-01-01", "2020-02-01")
