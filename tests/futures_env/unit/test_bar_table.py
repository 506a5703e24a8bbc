"""Rows of eight words: columns go in and come out as they were, wrong ones are refused."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import futures_env
from futures_env import MarketData
from futures_env.bar_table import AGE_LIMIT
from futures_env.core.bars import read_bar, same_session
from futures_env.core.opening import FORCED_BARS_HELD


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
    changed["market"] = rng.integers(0, 128, rows).astype(np.int8)
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
    last = np.append(np.diff(columns["segment"]) != 0, True)
    np.testing.assert_array_equal(read.segment_last, last)
    assert last.sum() == 2
    assert FORCED_BARS_HELD <= AGE_LIMIT


def test_same_session_is_that_of_the_session_column(market: MarketData) -> None:
    session = market.columns()["session"]
    now = jax.vmap(read_bar, (None, 0))(market, jnp.arange(market.num_bars))
    bar = jax.vmap(read_bar, (None, 0))(market, jnp.arange(market.num_bars) + 1)
    expected = session == np.append(session[1:], session[-1])
    np.testing.assert_array_equal(same_session(now, bar), expected)
    assert (~expected).sum() == session[-1]


def test_what_does_not_fit_is_refused(market: MarketData) -> None:
    rows = market.num_bars
    with pytest.raises(ValueError, match="extreme_order must lie between 0 and 3"):
        market.with_columns(extreme_order=np.full(rows, 4))
    with pytest.raises(ValueError, match="market must lie between 0 and 127"):
        market.with_columns(market=np.full(rows, -1))
    with pytest.raises(ValueError, match="missing or unknown columns: bid"):
        market.with_columns(bid=np.zeros(rows))
    with pytest.raises(ValueError, match="close has 3 rows"):
        market.with_columns(close=np.zeros(3))
