"""Positions given at reset: no free P&L, bracket untouched, drawn as training.md says."""

from dataclasses import replace
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from futures_env import EnvParams, EnvState, FuturesEnv
from tests.futures_env.laws.playing import env_of
from tests.futures_env.laws.worlds import Leaves, random_world
from tests.futures_env.parity.markets import TABLE, to_market_data

RESETS, MAX_BARS, CONTRACT = 4096, 10, 1
SEEDS = st.integers(0, 2**31 - 1)


@partial(jax.jit, static_argnums=0)
def _reset(env: FuturesEnv, params: EnvParams, key: jax.Array) -> EnvState:
    return jax.vmap(lambda one: env.reset_env(one, params)[1])(jax.random.split(key, RESETS))


def _states(seed: int, ratio: float) -> tuple[Leaves, dict[str, np.ndarray]]:
    """A batch of resets in a world of one contract, all bars held behind every start."""
    env = env_of(2)
    leaves = dict(random_world(seed).leaves)
    leaves["starts"] = np.maximum(leaves["starts"], MAX_BARS)
    leaves["start_offsets"] = np.array([0, len(leaves["starts"])], np.int32)
    leaves["market"] = np.zeros_like(leaves["market"])
    leaves |= {name: leaves[name][CONTRACT : CONTRACT + 1] for name in TABLE}
    market = to_market_data(leaves)
    params = replace(env.default_params, market=market, forced_position_ratio=jnp.float32(ratio))
    return leaves, jax.device_get(_reset(env, params, jax.random.key(seed))).__dict__


@given(seed=SEEDS)
def test_forced_positions_start_at_no_profit_and_untouched(seed: int) -> None:
    leaves, state = _states(seed, 1.0)
    row, side = state["row"], state["side"]
    close, atr = leaves["close"][row], leaves["atr"][row]
    np.testing.assert_array_equal(side != 0, ~leaves["session_last"][row])
    np.testing.assert_array_equal(state["forced"], side != 0)
    for name in ("equity_cents", "high_water_mark_cents", "session_start_cents"):
        assert len(set(state[name].tolist())) == 1, name
    carried = (
        (close - state["entry_price"]) * side * state["contracts"] * leaves["tick_value_cents"][0]
    )
    np.testing.assert_array_equal(state["balance_cents"] + carried, state["equity_cents"])
    np.testing.assert_array_equal(state["carried_pnl_cents"], carried)
    assert not state["entry_commission_cents"].any()
    held = side != 0
    assert (side * (close - state["stop_price"]) >= 1)[held].all()
    assert (side * (state["target_price"] - close) >= 1)[held].all()
    profit = side * (close - state["entry_price"])
    assert (np.abs(profit) <= atr + 1)[held].all()
    session = leaves["session"]
    before = np.stack([session[row - i] == session[row] for i in range(1, MAX_BARS + 1)])
    np.testing.assert_array_equal(state["bars_held"][held], before.sum(axis=0)[held])


@given(seed=SEEDS)
def test_forced_positions_are_drawn_evenly(seed: int) -> None:
    leaves, state = _states(seed, 0.3)
    allowed = ~leaves["session_last"][state["row"]]
    share, count = (state["side"][allowed] != 0).mean(), allowed.sum()
    assert abs(share - 0.3) <= 5 * np.sqrt(0.3 * 0.7 / count)
    held = state["side"] != 0
    side, row = state["side"][held], state["row"][held]
    assert abs(side.mean()) <= 5 / np.sqrt(held.sum())
    profit = side * (leaves["close"][row] - state["entry_price"][held])
    wide = leaves["atr"][row] > 3  # rounding to ticks is small against these
    scaled = profit[wide] / leaves["atr"][row][wide]
    assert abs(scaled.mean()) <= 5 * np.sqrt(1 / 3 / wide.sum())
    np.testing.assert_allclose((scaled**2).mean(), 1 / 3, atol=0.06)
    assert set(np.unique(_states(seed, 0.0)[1]["side"])) == {0}
