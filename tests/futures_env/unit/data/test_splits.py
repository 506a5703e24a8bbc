"""Slices and restricted starts."""

from dataclasses import replace
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest
import talib

import futures_env
from futures_env.data import calendar
from futures_env.data.filters import filter_starts, fit_threshold, trend_strength
from futures_env.data.splits import load_split, restrict_starts, save_split, split_sessions
from futures_env.market.table import MarketData


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
    for name in (
        "minute",
        "close",
        "features",
        "atr",
        "entry_ok",
        "session_last",
        "bars_to_flat",
    ):
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


def test_high_volatility_is_above_the_training_quartile_of_each_market(market: MarketData) -> None:
    """A quarter of the training starts; the same ticks later; markets do not share a threshold."""
    both = futures_env.concat_markets([market, futures_env.synthetic_market("ES", sessions=40)])
    train = futures_env.slice_market(both, "2015-02-02", "2015-03-06")
    threshold = fit_threshold(train)
    assert threshold[0] > 2.0 * threshold[1]
    kept = filter_starts(train, "high_volatility", threshold)
    share = np.diff(np.asarray(kept.start_offsets)) / np.diff(np.asarray(train.start_offsets))
    np.testing.assert_allclose(share, 0.25, atol=0.001)
    np.testing.assert_array_equal(np.asarray(kept.close), np.asarray(train.close))
    starts = np.asarray(filter_starts(both, "high_volatility", threshold).starts)
    limit = np.asarray(threshold)[np.asarray(both.market)]
    above = np.asarray(both.atr) > limit
    np.testing.assert_array_equal(starts, [row for row in np.asarray(both.starts) if above[row]])


def test_trend_filters_keep_the_rows_of_talibs_adx(market: MarketData) -> None:
    """Above 25 and below 20 on prices without the gaps between sessions; per market."""
    joined = futures_env.concat_markets([market, market])
    gap = np.zeros(market.num_bars)
    for row in np.flatnonzero(np.diff(np.asarray(market.session))) + 1:
        gap[row:] += int(market.open[row]) - int(market.close[row - 1])
    high, low, close = (np.asarray(getattr(market, n)) - gap for n in ("high", "low", "close"))
    adx = talib.ADX(high, low, close, 14)
    assert np.abs(gap).max() > 100
    np.testing.assert_allclose(trend_strength(joined), np.tile(adx, 2), rtol=0, atol=1e-7)
    all_starts = np.asarray(market.starts)
    for name, wanted in (("trending", adx > 25.0), ("ranging", adx < 20.0)):
        kept = filter_starts(joined, name, ())
        starts = all_starts[wanted[all_starts]]
        assert 0.1 < len(starts) / len(all_starts) < 0.7
        np.testing.assert_array_equal(
            np.asarray(kept.starts), np.concatenate((starts, starts + market.num_bars))
        )
        np.testing.assert_array_equal(np.asarray(kept.close), np.asarray(joined.close))
        assert np.asarray(kept.start_offsets).tolist() == [0, len(starts), 2 * len(starts)]


def test_a_roll_is_no_trend(market: MarketData) -> None:
    """A basis of 1,000 ticks at the first bar of a contract leaves the ADX as it is."""
    after = np.asarray(market.session) >= 20
    rolled = market.with_columns(
        segment=jnp.asarray(after.astype(np.int32)),
        **{
            name: getattr(market, name) + jnp.asarray(1000 * after, jnp.int32)
            for name in ("open", "high", "low", "close")
        },
    )
    np.testing.assert_array_equal(trend_strength(rolled), trend_strength(market))


def test_filters_do_not_look_ahead(market: MarketData) -> None:
    """Noise behind a row leaves the trend up to it as it is, and changes it behind."""
    cut = 9000
    noise = np.random.default_rng(0).integers(-500, 500, market.num_bars)
    noise[: cut + 1] = 0
    noisy = market.with_columns(
        **{name: getattr(market, name) + noise for name in ("open", "high", "low", "close")}
    )
    before, after = trend_strength(market), trend_strength(noisy)
    np.testing.assert_array_equal(before[: cut + 1], after[: cut + 1])
    assert np.abs(before - after)[cut + 1 :].max() > 1.0


def test_filter_errors(market: MarketData) -> None:
    """Unknown names, thresholds that nothing meets, too few or too many thresholds."""
    with pytest.raises(ValueError, match="no such filter: 'calm'; known: high_volatility"):
        filter_starts(market, "calm")  # ty: ignore[invalid-argument-type]
    with pytest.raises(ValueError, match="market 0 has no start with an ATR above its threshold"):
        filter_starts(market, "high_volatility", [1e6])
    for name, threshold in (
        ("high_volatility", ()),
        ("high_volatility", (1, 2)),
        ("ranging", (9,)),
    ):
        with pytest.raises(ValueError, match=rf"{name} takes \d thresholds for 1 market"):
            filter_starts(market, name, threshold)
    flat = jnp.full_like(market.close, 80_000)
    dead = market.with_columns(open=flat, high=flat, low=flat, close=flat)
    with pytest.raises(ValueError, match=r"market 0 has no start with an ADX\(14\) above 25"):
        filter_starts(dead, "trending")
