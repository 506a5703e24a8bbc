"""Slices and restricted starts."""

from dataclasses import replace
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest

import futures_env
from futures_env.data import calendar
from futures_env.data.filters import FILTERS, filter_starts, fit_threshold
from futures_env.data.splits import load_split, restrict_starts, save_split, split_sessions
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


def test_no_market_of_a_joined_table_may_run_out_of_starts(market: MarketData) -> None:
    """The draw of an episode picks a market first: an empty one is named, wherever it stands."""
    short = futures_env.synthetic_market("ES", sessions=8)
    for joined, number in (([market, short], 1), ([short, market], 0)):
        both = futures_env.concat_markets(joined)
        for cut in (futures_env.slice_market, restrict_starts):
            with pytest.raises(
                ValueError,
                match=rf"market {number} has no start from 2015-03-02 .* 2015-02-02 to 2015-02-11; "
                "choose another range or filter, or join the markets without it",
            ):
                cut(both, "2015-03-02", "2015-03-04")
        assert len(restrict_starts(both, "2015-02-03", "2015-02-03").starts) == 2 * 449


def test_feature_names_go_with_the_market(market: MarketData) -> None:
    """Slices and restricted starts keep them; another name is another market."""
    for cut in (futures_env.slice_market, restrict_starts):
        assert cut(market, "2015-02-17", "2015-02-20").feature_names == futures_env.FEATURES
    renamed = replace(market, feature_names=futures_env.FEATURES[::-1])
    assert futures_env.market_hash(renamed) != futures_env.market_hash(market)


def test_split_is_ordered_and_embargoed(market: MarketData, tmp_path: Path) -> None:
    """Three ranges in time with two sessions between; stored by date."""
    split = split_sessions(market, train=0.5, validation=0.25, embargo=2)
    dates = futures_env.session_dates(market).astype(str).tolist()
    where = {name: [dates.index(day) for day in ends] for name, ends in split.items()}
    assert where == {"train": [0, 17], "validation": [20, 28], "test": [31, 39]}
    save_split(split, tmp_path / "split.json")
    assert load_split(tmp_path / "split.json") == split
    part = futures_env.slice_market(market, *split["validation"])
    assert len(futures_env.session_dates(part)) == 9


def test_bad_splits_are_errors(market: MarketData, tmp_path: Path) -> None:
    """Shares, too few sessions, damaged files."""
    with pytest.raises(ValueError, match="leave a rest for the test range"):
        split_sessions(market, train=0.8, validation=0.2)
    with pytest.raises(ValueError, match="40 sessions are too few"):
        split_sessions(market, embargo=19)
    path = tmp_path / "split.json"
    for text in ("{}", "[]", "no", '{"ranges": {"train": ["2015-02-30", "2015-03-01"]}}'):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(ValueError, match=r"split.json: not a split of dates"):
            load_split(path)
    path.write_text('{"ranges": {"train": ["2015-03-02", "2015-03-01"]}}', encoding="utf-8")
    with pytest.raises(ValueError, match="ends before it begins"):
        load_split(path)


@pytest.mark.parametrize("name", list(FILTERS))
def test_filters_choose_starts_by_the_train_threshold(market: MarketData, name: str) -> None:
    """Only starts change; about a quarter of the training starts pass; causal."""
    train = futures_env.slice_market(market, "2015-02-02", "2015-03-06")
    threshold = fit_threshold(train, name)
    kept = filter_starts(train, name, threshold)
    share = len(kept.starts) / len(train.starts)
    assert 0.15 < share < 0.35
    np.testing.assert_array_equal(np.asarray(kept.close), np.asarray(train.close))
    assert int(kept.start_offsets[-1]) == len(kept.starts)
    values = FILTERS[name].measure(market)[
        np.asarray(filter_starts(market, name, threshold).starts)
    ]
    assert ((values >= threshold) if FILTERS[name].above else (values <= threshold)).all()


def test_filter_measures_do_not_look_ahead(market: MarketData) -> None:
    """Noise behind a row leaves the measures up to it as they are."""
    cut = 9000
    close = np.asarray(market.close).copy()
    close[cut + 1 :] += np.random.default_rng(0).integers(-500, 500, len(close) - cut - 1)
    noisy = replace(market, close=jnp.asarray(close))
    for chosen in FILTERS.values():
        np.testing.assert_array_equal(
            chosen.measure(market)[: cut + 1], chosen.measure(noisy)[: cut + 1]
        )


def test_filter_errors(market: MarketData) -> None:
    """Unknown names, thresholds that nothing meets."""
    with pytest.raises(ValueError, match="no such filter: 'calm'; known: high_volatility"):
        fit_threshold(market, "calm")
    with pytest.raises(ValueError, match="no start is trending beyond 2"):
        filter_starts(market, "trending", 2.0)
