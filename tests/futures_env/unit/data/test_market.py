"""From a DataFrame to MarketData: leaves, clock, starts, segments."""

from dataclasses import replace

import jax
import numpy as np
import pandas as pd
import pytest

import futures_env
from futures_env.data import calendar
from futures_env.data.bars import Bars
from futures_env.data.closing import flat_by
from futures_env.data.market import build_market
from futures_env.market.columns import STARTS
from futures_env.market.info import SessionRule
from futures_env.market.table import MarketData

DTYPES = {
    "volume": "float32",
    "atr": "float32",
    "features": "float32",
    "session_last": "bool",
    "entry_ok": "bool",
    "extreme_order": "int8",
    "market": "int8",
    "tick_size": "float32",
}


@pytest.fixture(scope="module")
def market(frame) -> MarketData:
    """The default market of the shared bars."""
    return futures_env.make_market(frame)


def host(market: MarketData) -> MarketData:
    """The same leaves as NumPy arrays."""
    return jax.tree.map(np.asarray, market)


def wall(market: MarketData, row: int) -> str:
    """New York wall time of a row."""
    local = calendar.local_minutes(np.asarray(market.minute)[[row]].astype(np.int64))
    return str(local.astype("datetime64[m]")[0]).replace("T", " ")


def test_leaves_have_the_types_of_the_table(market: MarketData) -> None:
    """Exactly the dtypes of section 3, all of length T, F = 11."""
    for name, values in market.columns().items():
        assert str(values.dtype) == DTYPES.get(name, "int32"), name
        assert str(getattr(market, name).dtype) == DTYPES.get(name, "int32"), name
        if name not in STARTS:
            assert values.shape[0] == market.num_bars
    for name, leaf in vars(market.contract_table).items():
        assert str(leaf.dtype) == DTYPES.get(name, "int32"), name
    assert market.features.shape[1] == 11
    assert np.isfinite(np.asarray(market.features)).all()
    assert np.abs(np.asarray(market.features)).max() <= 10.0
    assert market.padded_features.shape[0] > market.num_bars
    assert not np.asarray(market.padded_features)[market.num_bars :].any()
    assert (np.asarray(market.atr) > 0).all()


def test_rth_sessions_run_from_0930_to_1658(market: MarketData) -> None:
    """449 bars on a regular day, 209 on a day that closes at 13:00; bars_to_flat ends at 0."""
    m = host(market)
    assert flat_by(m) == "16:59"
    first = np.flatnonzero(np.diff(m.session, prepend=-1))
    last = np.flatnonzero(m.session_last)
    lengths = dict(zip(m.date[first].tolist(), (last - first + 1).tolist(), strict=True))
    short = calendar.days("2015-02-16")
    assert lengths.pop(short) == 209
    assert set(lengths.values()) == {449}
    for begin, end in zip(first.tolist(), last.tolist(), strict=True):
        assert wall(market, begin).endswith("09:30")
        assert wall(market, end).endswith("12:58" if m.date[end] == short else "16:58")
        np.testing.assert_array_equal(
            m.bars_to_flat[begin : end + 1], np.arange(end - begin, -1, -1)
        )
        # the next bar may be at most one bar before the flat-by bar
        np.testing.assert_array_equal(
            m.entry_ok[begin : end + 1], np.arange(end - begin, -1, -1) >= 2
        )


def test_globex_sessions_begin_the_evening_before(frame) -> None:
    """18:00 to 16:59: 1,379 bars of one trading day."""
    m = host(futures_env.make_market(frame, session="globex"))
    rows = np.flatnonzero(m.date == calendar.days("2015-02-10"))
    assert len(rows) == 1379
    assert m.bars_to_flat[rows[0]] == 1378
    assert m.bars_to_flat[rows[-1]] == 0
    assert m.session_last[rows[-1]]
    assert wall(m, rows[0]) == "2015-02-09 18:00"


def test_flat_by_and_entry_cutoff_are_arguments(frame) -> None:
    """An earlier flat-by ends the session earlier; a later cut-off stops entries sooner."""
    m = host(futures_env.make_market(frame, flat_by="15:10", entry_cutoff_bars=30))
    assert flat_by(m) == "15:10"
    rows = np.flatnonzero(m.date == calendar.days("2015-02-10"))
    assert wall(m, rows[-1]).endswith("15:09")
    assert np.flatnonzero(m.entry_ok[rows])[-1] == len(rows) - 1 - 31


def test_features_read_the_full_history(market: MarketData, frame) -> None:
    """Prices, ATR and returns of a row equal those computed by hand from all bars."""
    m = host(market)
    stamps = frame["timestamp"].dt.as_unit("s").astype("int64") // 60
    row = int(np.flatnonzero(m.bars_to_flat == 448)[3])  # an opening bar: 09:29 is not in the table
    at = int(np.flatnonzero(stamps == m.minute[row])[0])
    assert m.close[row] * 0.25 == frame["close"][at]
    step = (frame["close"][at] - frame["close"][at - 1]) / 0.25
    assert m.features[row, 0] == pytest.approx(step / m.atr[row], rel=1e-5)
    mean = frame["close"][at - 4 : at + 1].mean()
    assert m.features[row, 2] == pytest.approx(
        (frame["close"][at] - mean) / 0.25 / m.atr[row], rel=1e-4
    )


def test_volume_and_atr_features_by_hand(market: MarketData, frame) -> None:
    """Mean of the same minute and median ATR over the 20 sessions before."""
    m = host(market)
    row = int(np.flatnonzero(m.date == calendar.days("2015-02-12"))[100])
    local = frame["timestamp"].dt.tz_convert("America/New_York")
    day = (local + pd.Timedelta(hours=6)).dt.normalize()
    now = frame["timestamp"] == pd.Timestamp(int(m.minute[row]) * 60, unit="s", tz="UTC")
    today = day[now].iloc[0]
    before = sorted(day[day < today].unique())[-20:]
    same_minute = (local.dt.time == local[now].iloc[0].time()) & day.isin(before)
    assert same_minute.sum() == 20
    expected = np.log(frame["volume"][now].iloc[0] / frame["volume"][same_minute].mean())
    assert m.features[row, 1] == pytest.approx(expected, rel=1e-4)


def test_time_features(market: MarketData) -> None:
    """Sine and cosine of the minute of day, share of the session left at the bar's end."""
    m = host(market)
    row = int(np.flatnonzero(m.bars_to_flat == 448)[0])
    angle = 2 * np.pi * (9 * 60 + 30) / 1440
    np.testing.assert_allclose(m.features[row, 8:10], [np.sin(angle), np.cos(angle)], rtol=1e-6)
    np.testing.assert_allclose(m.features[:, 10][m.bars_to_flat == 0], 0.0)
    assert m.features[row, 10] == pytest.approx(448 / 449)


def test_starts_have_a_window_behind_and_a_bar_ahead(market: MarketData) -> None:
    """Every row from the 20th on but the last of the segment."""
    assert np.asarray(market.starts).tolist() == list(range(19, market.num_bars - 1))
    assert np.asarray(market.start_offsets).tolist() == [0, len(market.starts)]


def test_contract_table(market: MarketData) -> None:
    """The row of NQ."""
    table = host(market).contract_table
    assert (table.tick_size, table.tick_value_cents) == (0.25, 500)
    assert (table.commission_cents, table.slippage_ticks) == (250, 1)


def test_a_roll_changes_the_segment_and_leaves_no_jump_in_the_features(bars: Bars) -> None:
    """Fills on raw prices; features as if the contract had not changed."""
    day, _ = calendar.trading_day(bars.minute)
    after = day >= calendar.days("2015-02-11")
    basis = np.where(after, 826, 0)
    rolled = replace(
        bars,
        **{name: getattr(bars, name) + basis for name in ("open", "high", "low", "close")},
        segment=after.astype(np.int64),
        adjustment=-basis,
    )
    plain, m = host(build_market(bars)), host(build_market(rolled))
    np.testing.assert_array_equal(m.features, plain.features)
    np.testing.assert_array_equal(m.atr, plain.atr)
    np.testing.assert_array_equal(m.close - plain.close, np.where(m.segment == 1, 826, 0))
    assert m.segment[m.date >= calendar.days("2015-02-11")].min() == 1
    last_of_old = int(np.flatnonzero(m.segment == 0)[-1])
    assert last_of_old not in m.starts
    assert last_of_old + 1 in m.starts


def test_a_symbol_column_is_chained_at_the_roll(frame) -> None:
    """The first bar of the new contract has a return of close - open, whatever the basis."""
    day = (frame["timestamp"].dt.tz_convert("America/New_York") + pd.Timedelta(hours=6)).dt.date
    new = day >= pd.Timestamp("2015-02-11").date()
    rolled = frame.assign(symbol=np.where(new, "NQM5", "NQH5"))
    for name in ("open", "high", "low", "close"):
        rolled[name] += np.where(new, 206.5, 0.0)
    m = host(futures_env.make_market(rolled, session="globex"))
    first = int(np.flatnonzero(m.segment == 1)[0])
    move = m.close[first] - m.open[first]
    assert m.features[first, 0] == pytest.approx(move / m.atr[first], rel=1e-5)
    assert np.abs(m.features[first : first + 40, 3]).max() < 5.0


def test_too_few_sessions_is_an_error(frame) -> None:
    """The message says how many there are and how many are needed."""
    with pytest.raises(ValueError, match="hold 3 sessions, at least 25"):
        futures_env.make_market(frame[: 3 * 1380])


def test_session_rule_rejects_nonsense() -> None:
    """Unknown session, flat-by before the open."""
    with pytest.raises(ValueError, match="no such kind 'eth'; known: rth, globex"):
        SessionRule(session="eth")
    with pytest.raises(ValueError, match="not after the rth open"):
        SessionRule(flat_by="09:00")


def test_concat_renumbers_markets_of_unequal_length(market: MarketData) -> None:
    """Sessions, segments, starts and market rows follow one another; leaves keep their types."""
    other = futures_env.synthetic_market("ES", sessions=6, seed=1)
    joined = host(futures_env.concat_markets([market, other, market]))
    sizes = [market.num_bars, other.num_bars, market.num_bars]
    np.testing.assert_array_equal(joined.market, np.repeat([0, 1, 2], sizes))
    assert joined.market.dtype == np.int8
    assert joined.contract_table.tick_value_cents.tolist() == [500, 1250, 500]
    assert (np.diff(joined.session) >= 0).all()
    assert np.diff(joined.segment)[np.cumsum(sizes)[:-1] - 1].tolist() == [1, 1]
    for number, part in enumerate((market, other, market)):
        own = joined.starts[joined.start_offsets[number] : joined.start_offsets[number + 1]]
        shift = sum(sizes[:number])
        np.testing.assert_array_equal(own, np.asarray(part.starts) + shift)
        np.testing.assert_array_equal(
            joined.features[shift : shift + sizes[number]], np.asarray(part.features)
        )


def test_concat_needs_markets_of_one_kind(market: MarketData) -> None:
    """No market, or other feature columns, is an error."""
    with pytest.raises(ValueError, match="at least one"):
        futures_env.concat_markets([])
    narrow = futures_env.synthetic_market(sessions=5, features=("return", "rsi"))
    with pytest.raises(ValueError, match=r"number of features: \[2, 11\]"):
        futures_env.concat_markets([market, narrow])
    assert narrow.feature_names == ("return", "rsi")
    other = futures_env.synthetic_market(sessions=5, features=("return", "macd"))
    with pytest.raises(ValueError, match=r"\(return, macd\) and \(return, rsi\); build them"):
        futures_env.concat_markets([narrow, other])
    assert futures_env.concat_markets([narrow, narrow]).feature_names == ("return", "rsi")
    unknown = replace(other, feature_names=())
    assert futures_env.concat_markets([narrow, unknown]).feature_names == ()


def test_hash_is_the_content(market: MarketData, frame) -> None:
    """Equal content, equal hash; one changed cell, another hash."""
    assert futures_env.market_hash(futures_env.make_market(frame)) == futures_env.market_hash(
        market
    )
    changed = frame.copy()
    changed.loc[len(frame) - 200, "volume"] += 1
    assert futures_env.market_hash(futures_env.make_market(changed)) != futures_env.market_hash(
        market
    )
