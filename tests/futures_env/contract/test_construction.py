"""Windows, features, markets and Python numbers: what a constructor and a caller may give."""

import gymnax
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import futures_env
from futures_env import FEATURES, Feature, FuturesEnv, SessionRule, synthetic_market

KEY = jax.random.key(0)


def test_window_and_features_reach_the_default_market():
    env, params = gymnax.make("FuturesNQ-Phase2", window=60, features=("return", "rsi"))
    assert env.reset(KEY)[0].shape == (60 * 2 + 11,)
    assert env.observation_layout[:2] == ("bar-59/return", "bar-59/rsi")
    assert int(params.market.starts[0]) >= 59
    own = Feature("body", lambda h: (h.close - h.open) / np.maximum(h.atr, 1.0), 14)
    env, _ = gymnax.make("FuturesNQ-Phase1", features=(*FEATURES, own))
    assert env.observation_layout[11] == "bar-19/body"


def test_columns_in_another_order_are_refused():
    with pytest.raises(ValueError, match="the same features in the same order"):
        gymnax.make(
            "FuturesNQ-Phase1", features=FEATURES[::-1], market=synthetic_market(sessions=5)
        )


def test_starts_without_a_full_window_are_refused():
    market = synthetic_market(sessions=5)
    with pytest.raises(ValueError, match=r"begin with 20 bars .* the window has 60.*window=60"):
        FuturesEnv(1, market=market, window=60)
    wide = synthetic_market(sessions=5, session=SessionRule(window=60))
    assert FuturesEnv(1, market=wide, window=60).reset(KEY)[0].shape == (665,)


def test_market_block_is_one_hot_and_leaves_the_mask_readable():
    markets = [synthetic_market(symbol=s, sessions=5) for s in ("NQ", "ES", "CL")]
    joined = futures_env.concat_markets(markets)
    env, params = gymnax.make("FuturesMulti-Phase2", market=joined, market_block=True)
    assert env.observation_layout[220:223] == ("market_0", "market_1", "market_2")
    obs, state = jax.vmap(env.reset, (0, None))(jax.random.split(KEY, 200), params)
    drawn = np.asarray(joined.market)[np.asarray(state.row)]
    np.testing.assert_array_equal(obs[:, 220:223], np.eye(3)[drawn])
    masks = jax.vmap(env.action_mask, (0, None))(state, params)
    np.testing.assert_array_equal(futures_env.mask_from_observation(obs), masks)


def test_python_numbers_share_the_trace_and_the_result(phase2_env):
    params = phase2_env.default_params
    plain = params.replace(
        contracts=2, drawdown=2_000, commission_usd=1, end_on_pass=0, target_through_ticks=1.0
    )
    exact = params.replace(
        contracts=jnp.int32(2), drawdown=jnp.float32(2_000), commission_usd=jnp.float32(1),
        end_on_pass=jnp.bool_(False),
    )  # fmt: skip
    _, state = phase2_env.reset(KEY, exact)
    expected = phase2_env.step(KEY, state, jnp.int32(1), exact)
    traces = FuturesEnv._step._cache_size()
    got = phase2_env.step(KEY, phase2_env.reset(KEY, plain)[1], 1, plain)
    assert FuturesEnv._step._cache_size() == traces
    assert got[3].dtype == got[4].dtype == jnp.bool_
    for one, other in zip(jax.tree.leaves(got), jax.tree.leaves(expected), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("field", ["target_ratio", "stop_atr_multiple", "trail_atr_multiple"])
def test_very_far_is_not_one_tick(field, phase2_env):
    """A huge multiple means an order that is never reached."""
    params = phase2_env.default_params.replace(
        **{field: jnp.float32(1e9)}, max_stop_usd=jnp.float32(0.0), contracts=jnp.int32(1)
    )
    row = int(jnp.argmax(params.market.entry_ok & (jnp.arange(params.market.num_bars) > 30)))
    step = jax.jit(phase2_env.step_env)
    state = step(KEY, phase2_env.state_at(row, params), 1, params)[1]
    assert int(state.side) == 1
    before = int(state.stop_price)
    if field == "target_ratio":
        assert int(state.target_price - state.entry_price) == 2**20
    elif field == "stop_atr_multiple":
        assert int(state.entry_price - state.stop_price) == 2**20
    else:
        assert int(step(KEY, state, 4, params)[1].stop_price) == before


def test_no_profit_target_no_pass(phase1_env):
    params = phase1_env.default_params.replace(
        profit_target=jnp.float32(0.0), min_days=jnp.int32(0)
    )
    _, state = phase1_env.reset(KEY, params)
    info = phase1_env.step(KEY, state, 0, params)[-1]
    assert futures_env.describe(info)["account_status"] == "active"
