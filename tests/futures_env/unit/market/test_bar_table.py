"""Rows of eight words: columns go in and come out as they were, wrong ones are refused."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import futures_env
from futures_env import MarketData
from futures_env.core.bars import ClosedBar, read_bar, read_two_bars, same_session
from futures_env.core.opening import FORCED_BARS_HELD
from futures_env.market.packing import AGE_LIMIT


@pytest.fixture(scope="module")
def market() -> MarketData:
    """Two markets of a few sessions."""
    parts = [futures_env.synthetic_market(symbol=symbol, sessions=5) for symbol in ("NQ", "ES")]
    return futures_env.concat_markets(parts)


def test_columns_come_back_as_they_went_in(market: MarketData) -> None:
    """Extremes of every type included, on the host and under jit."""
    rng, rows = np.random.default_rng(0), market.num_bars
    whole = np.iinfo(np.int32)
    changed = {
        name: rng.integers(whole.min, whole.max, rows, np.int32, endpoint=True)
        for name in ("open", "high", "low", "close", "date", "minute")
    }
    changed["atr"] = rng.standard_normal(rows).astype(np.float32) * np.float32(1e30)
    changed["session_last"] = rng.random(rows) < 0.5
    changed["entry_ok"] = rng.random(rows) < 0.5
    changed["extreme_order"] = rng.integers(0, 3, rows).astype(np.int8)
    changed["market"] = rng.integers(0, 2, rows).astype(np.int8)
    built = market.with_columns(**changed)
    on_host = jax.tree.map(np.asarray, built)
    for name, values in changed.items():
        np.testing.assert_array_equal(getattr(built, name), values, name)
        np.testing.assert_array_equal(getattr(on_host, name), values, name)
        assert getattr(built, name).dtype == values.dtype
    read = jax.jit(jax.vmap(read_bar, (None, 0)))(built, jnp.arange(rows))
    for name in set(changed) - {"minute"}:
        np.testing.assert_array_equal(getattr(read, name), changed[name], name)


def test_what_is_counted_from_sessions_and_segments(market: MarketData) -> None:
    columns = market.columns()
    read = jax.vmap(read_bar, (None, 0))(market, jnp.arange(market.num_bars))
    first = np.searchsorted(columns["session"], columns["session"])
    age = np.arange(market.num_bars) - first
    np.testing.assert_array_equal(read.session_age, np.minimum(age, AGE_LIMIT))
    assert age.max() == 448
    last = np.append(np.diff(columns["segment"]) != 0, True)
    np.testing.assert_array_equal(read.segment_last, last)
    assert last.sum() == 2
    assert FORCED_BARS_HELD <= AGE_LIMIT
    at_once = read_bar(market, jnp.arange(market.num_bars))
    jax.tree.map(np.testing.assert_array_equal, at_once, read)


def test_same_session_is_that_of_the_session_column(market: MarketData) -> None:
    session = market.columns()["session"]
    now = jax.vmap(read_bar, (None, 0))(market, jnp.arange(market.num_bars))
    bar = jax.vmap(read_bar, (None, 0))(market, jnp.arange(market.num_bars) + 1)
    expected = session == np.append(session[1:], session[-1])
    np.testing.assert_array_equal(same_session(now, bar), expected)
    assert (~expected).sum() == session[-1]


def test_two_bars_are_those_of_the_row_and_the_next(market: MarketData) -> None:
    """At the table's end the last bar twice; one by one, batched, and batched twice the same."""
    rows = jnp.arange(market.num_bars)
    alone, following = (jax.vmap(read_bar, (None, 0))(market, row) for row in (rows, rows + 1))
    names = ClosedBar.__dataclass_fields__
    expected = ClosedBar(**{name: getattr(alone, name) for name in names}), following
    batched = jax.vmap(read_two_bars, (None, 0))
    twice = jax.vmap(batched, (None, 0))(market, rows.reshape(2, -1))
    for found in (
        jax.lax.map(lambda row: read_two_bars(market, row), rows),
        batched(market, rows),
        jax.jit(batched)(market, rows),
        jax.tree.map(jnp.ravel, twice),
    ):
        jax.tree.map(np.testing.assert_array_equal, found, expected)


def test_two_bars_of_a_market_of_each_environment(market: MarketData) -> None:
    pair = [market, market.with_columns(close=market.columns()["close"] + 4)]
    stacked = jax.tree.map(lambda *leaves: jnp.stack(leaves), *pair)
    closed, _ = jax.vmap(read_two_bars)(stacked, jnp.array([7, 7]))
    np.testing.assert_array_equal(closed.close, [one.close[7] for one in pair])


def test_session_and_segment_are_counted_from_their_changes(market: MarketData) -> None:
    """Numbers with gaps, one-bar sessions and segments: only the changes count."""
    columns = market.columns()
    session = columns["session"] * 7 + 3
    session[5] = 2
    session[:5] = 1
    segment = np.where(np.arange(market.num_bars) < 6, 2, 9)
    changed = market.with_columns(session=session, segment=segment)
    expected = np.unique(session, return_inverse=True)[1]
    np.testing.assert_array_equal(changed.session, expected)
    np.testing.assert_array_equal(changed.segment, segment == 9)
    host = jax.tree.map(np.asarray, changed)
    np.testing.assert_array_equal(host.session, expected)
    np.testing.assert_array_equal(host.segment, segment == 9)
    ages = jax.vmap(read_bar, (None, 0))(host, jnp.arange(8)).session_age
    np.testing.assert_array_equal(ages, [0, 1, 2, 3, 4, 0, 0, 1])


def test_replace_takes_columns_too(market: MarketData) -> None:
    close = market.columns()["close"] + 4
    changed = market.replace(close=close, feature_names=())
    np.testing.assert_array_equal(changed.close, close)
    assert changed.feature_names == ()
    np.testing.assert_array_equal(changed.open, market.open)


ROWS = 2245


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("extreme_order", np.full(2 * ROWS, 3), "extreme_order, row 0: 3 lies outside 0 to 2"),
        ("market", np.full(2 * ROWS, 2), "market, row 0: 2 lies outside 0 to 1"),
        ("bid", np.zeros(3), "unknown columns: bid; known: open, high"),
        ("close", np.zeros(3), "has 4490 rows, close has 3"),
        (
            "open",
            np.full(2 * ROWS, 0.25),
            r"open, row 0: 0.25 is not a whole .* prices are in ticks",
        ),
        ("open", np.full(2 * ROWS, 2**31), "open, row 0: 2147483648 is not a whole number of 32"),
        ("open", np.full(2 * ROWS, np.nan), "open, row 0: nan is not a whole number"),
        ("atr", np.full(2 * ROWS, np.nan), "atr, row 0: nan is not finite"),
        ("low", np.zeros((2 * ROWS, 1)), "low must be numbers in 1 dimension, not float64 in 2"),
        ("features", np.zeros(2 * ROWS), "features must be numbers in 2 dimensions"),
        ("date", None, "date must be numbers in 1 dimension, not object in 0"),
        ("starts", [10**6], "starts, row 0: 1000000 lies outside 0 to 4489"),
        ("start_offsets", [0, 5], "start_offsets must run from 0 to the"),
        ("features", np.zeros((2 * ROWS, 2)), "features has 2 columns, but 11 names"),
    ],
)
def test_what_does_not_fit_is_refused(
    market: MarketData, name: str, value: object, message: str
) -> None:
    """Nothing that was given is rounded, wrapped or ignored."""
    assert market.num_bars == 2 * ROWS
    with pytest.raises(ValueError, match=message):
        market.with_columns(**{name: value})  # ty: ignore[invalid-argument-type]


def test_too_many_markets_are_refused() -> None:
    one = futures_env.synthetic_market(sessions=5)
    with pytest.raises(ValueError, match="at most 128 markets fit into one table, 129 given"):
        futures_env.concat_markets([one] * 129)


def test_a_missing_column_is_named(market: MarketData) -> None:
    columns = market.columns()
    del columns["atr"]
    with pytest.raises(ValueError, match="missing columns: atr"):
        MarketData.from_columns(contract_table=market.contract_table, **columns)


def test_a_market_of_numpy_arrays_works_outside_jit(market: MarketData) -> None:
    env = futures_env.FuturesEnv(2, market=jax.tree.map(np.asarray, market))
    params = env.default_params
    state = env.state_at(40, params)
    assert env.action_mask(state, params).shape == (6,)
    assert env.step_env(jax.random.key(0), state, 1, params)[0].shape == (231,)


@pytest.mark.parametrize(("features", "markets"), [(1, 60), (2, 128)])
def test_few_features_and_many_markets_fit(features: int, markets: int) -> None:
    """The block of markets is longer than any one row of features."""
    one = futures_env.synthetic_market(sessions=5, features=futures_env.FEATURES[:features])
    many = futures_env.concat_markets([one] * markets)
    env = futures_env.FuturesEnv(
        2, market=many, features=futures_env.FEATURES[:features], market_block=True
    )
    obs = env.observe(jax.random.key(0), env.state_at(many.num_bars - 1, env.default_params),
                      None, env.default_params)  # fmt: skip
    assert int(jnp.argmax(obs[20 * features :])) == markets - 1
