"""What is known of a market travels with it on the host, and never causes a recompile."""

from dataclasses import replace
from pathlib import Path

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest

import futures_env
from futures_env import FuturesEnv, MarketData, MarketInfo, SessionRule
from futures_env.data.splits import restrict_starts
from futures_env.data.store import open_market, save_market


@pytest.fixture(scope="module")
def market() -> MarketData:
    return futures_env.synthetic_market("NQ", sessions=5, seed=1)


NQ = MarketInfo(
    symbol="NQ",
    rule=SessionRule(),
    bar_minutes=1,
    source="5 synthetic sessions, seed 1",
    synthetic=True,
)


def test_each_way_to_make_a_market_says_where_it_is_from(
    market: MarketData, frame: pd.DataFrame, tmp_path: Path
) -> None:
    assert market.infos == (NQ,)
    planted = futures_env.synthetic_market("ES", sessions=5, edge="exit", window=32)
    assert planted.infos[0].source == "5 synthetic sessions, seed 0, exit edge of strength 3"
    assert planted.infos[0].rule.window == 32
    made = futures_env.make_market(frame, "NQ", "globex", flat_by="15:00", bar_minutes=5)
    rule = SessionRule(session="globex", flat_by="15:00")
    assert made.infos == (
        MarketInfo(symbol="NQ", rule=rule, bar_minutes=5, source="DataFrame", synthetic=False),
    )
    frame.to_parquet(tmp_path / "bars.parquet")
    (loaded,) = futures_env.load_market(tmp_path / "bars.parquet").infos
    assert (loaded.source, loaded.synthetic) == ("bars.parquet", False)


def test_copies_slices_joints_and_files_keep_it(market: MarketData, tmp_path: Path) -> None:
    days = futures_env.session_dates(market).astype(str)
    es = futures_env.synthetic_market("ES", sessions=5)
    unknown = replace(market, carried=type(market.carried)(()))
    assert futures_env.slice_market(market, days[1], days[2]).infos == (NQ,)
    assert restrict_starts(market, days[1], days[2]).infos == (NQ,)
    assert market.with_columns(volume=np.zeros(market.num_bars)).infos == (NQ,)
    assert jax.tree.map(np.asarray, market).infos == (NQ,)
    assert jax.device_put(market).infos == (NQ,)
    assert futures_env.concat_markets([market, es]).infos == (NQ, *es.infos)
    assert futures_env.concat_markets([market, unknown]).infos == ()
    both = futures_env.concat_markets([market, es])
    assert open_market(save_market(both, tmp_path / "m.npz")).infos == both.infos
    assert futures_env.market_hash(unknown) == futures_env.market_hash(market)
    with pytest.raises(ValueError, match="1 infos for 2 markets"):
        MarketData.from_columns(contract_table=both.contract_table, infos=(NQ,), **both.columns())


def test_another_origin_is_no_other_trace_and_never_a_wrong_label(market: MarketData) -> None:
    """One compiled function for markets of equal shape; what it returns claims no origin."""
    other = futures_env.synthetic_market("NQ", sessions=5, seed=2)
    assert other.bars.shape == market.bars.shape
    traced = jax.jit(chex.assert_max_traces(lambda m: replace(m, volume=m.volume + 1), n=1))
    assert traced(market).infos == traced(other).infos == ()
    env = FuturesEnv(1, market=market)
    chex.clear_trace_counter()
    step = jax.jit(chex.assert_max_traces(env.step_env, n=1))
    state = env.state_at(30, env.default_params)
    for params in (env.default_params, env.default_params.replace(market=other)):
        step(jax.random.key(0), state, jnp.int32(1), params)
        assert env.reset(jax.random.key(0), params)[1].row > 0
    assert env.default_params.market.infos == (NQ,)


def test_scans_and_batches_take_it(market: MarketData) -> None:
    """A market in a scan's carry, and as a shared leaf beside batched parameters."""
    carried, _ = jax.lax.scan(lambda m, _: (m, None), market, jnp.arange(2))
    np.testing.assert_array_equal(carried.bars, market.bars)
    assert carried.infos == ()
    env = FuturesEnv(1, market=market)
    params = futures_env.broadcast_params(env.default_params, 3)
    axes = futures_env.params_in_axes(params)
    rows = jax.vmap(lambda p: env.state_at(30, p).row, (axes,))(params)
    assert params.market.infos == (NQ,)
    assert rows.tolist() == [30, 30, 30]
