"""How the observation is put together: every row, any batching, one contiguous write."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import futures_env
from futures_env import FuturesEnv

WINDOW = 20
KEY = jax.random.key(0)


@pytest.fixture(scope="module", params=[1, 2])
def env(request) -> FuturesEnv:
    return FuturesEnv(request.param, market=futures_env.synthetic_market(sessions=5))


def observe(env, params, row):
    """The observation of a flat account after ``row``."""
    return env.observe(KEY, env.state_at(row, params), None, params)


def test_the_window_is_the_last_rows_up_to_the_last_bar(env) -> None:
    """Where the slice reaches into the padding, and where it reaches into bars to come."""
    params = env.default_params
    last = params.market.num_bars - 1
    table = np.asarray(params.market.features)
    rows = [WINDOW - 1, WINDOW, last // 2, last - 2, last - 1, last]
    seen = jax.vmap(observe, (None, None, 0))(env, params, jnp.asarray(rows))
    for row, obs in zip(rows, np.asarray(seen), strict=True):
        window = table[row - WINDOW + 1 : row + 1].reshape(-1)
        np.testing.assert_array_equal(obs[: window.size], window)


def test_the_same_observation_under_any_batching(env) -> None:
    params = env.default_params
    rows = jnp.arange(30, 54).reshape(2, 3, 4)
    one = np.array([observe(env, params, row) for row in rows.reshape(-1)])
    along = jax.vmap(observe, (None, None, 0))
    nested = jax.vmap(jax.vmap(along, (None, None, 0)), (None, None, 0))(env, params, rows)
    np.testing.assert_array_equal(np.asarray(nested).reshape(24, -1), one)
    mapped = jax.lax.map(lambda row: observe(env, params, row), rows.reshape(-1), batch_size=6)
    np.testing.assert_array_equal(mapped, one)
    # rows shared, accounts apart: only one of the two operands of the update is batched
    state = env.state_at(40, params)
    balances = state.equity_cents + jnp.arange(4) * 1_000
    apart = jax.vmap(
        lambda cents: env.observe(KEY, replace(state, equity_cents=cents), None, params)
    )(balances)
    for lane, cents in enumerate(balances):
        alone = env.observe(KEY, replace(state, equity_cents=cents), None, params)
        np.testing.assert_array_equal(apart[lane], alone)


def test_features_without_padding_are_refused(env) -> None:
    bare = replace(env.default_params.market, padded_features=env.default_params.market.features)
    with pytest.raises(ValueError, match="build the market with from_columns"):
        env.reset(KEY, replace(env.default_params, market=bare))


def test_a_batched_step_has_no_scatter_and_no_search(env) -> None:
    """Both are what vmap makes of innocent code, and cost a third of the speed."""
    params = env.default_params
    keys = jax.random.split(KEY, 3)
    _, state = jax.vmap(env.reset, (0, None))(keys, params)
    step = jax.vmap(env.step, (0, 0, 0, None))
    program = str(jax.make_jaxpr(step)(keys, state, jnp.zeros(3, jnp.int32), params))
    assert "dynamic_update_slice" in program
    for primitive in ("scatter", "argmax"):
        assert primitive not in program, primitive
