"""Every parameter does something, alone and under vmap; markets mix in one environment."""

from dataclasses import fields

import gymnax
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import futures_env
from futures_env import EnvParams, broadcast_params, params_in_axes, sample_params
from futures_env.params.batching import SCALAR_FIELDS

NUM_STEPS = 400

CHANGED = {
    "max_steps_in_episode": 7, "start_row": 500, "end_at_session_close": True, "end_on_pass": False,
    "commission_usd": 9.0, "slippage_ticks": 4, "stop_slippage_ticks": 5, "target_through_ticks": 3,
    "stop_atr_multiple": 2.5, "target_ratio": 1.0, "max_stop_usd": 60.0, "contracts": 3,
    "max_contracts": 0, "risk_per_trade_usd": 700.0, "break_even_min_profit_atr": 3.0,
    "trail_activation_r": 2.0, "trail_atr_multiple": 3.0, "start_balance": 40_000.0,
    "profit_target": 150.0, "drawdown": 900.0, "drawdown_mode": 2, "lock": 1,
    "daily_loss_limit": 120.0, "daily_loss_hard": True, "min_days": 0, "max_days": 1,
    "pass_test": 1, "forced_position_ratio": 1.0, "pnl_scale_usd": 20.0, "realized_weight": 0.5,
    "equity_weight": 0.25, "target_bonus": 2.0, "stop_penalty": 2.0, "hold_penalty": 0.1,
    "entry_bonus": 50.0, "management_bonus": 50.0, "win_bonus": 3.0, "loss_penalty": 3.0,
    "breach_penalty": 30.0, "tier_profit": [0.0, -1.0, -1.0, -1.0, -1.0],
    "tier_max_contracts": [2, 1, 1, 1, 1], "tier_daily_loss_limit": [60.0, 0.0, 0.0, 0.0, 0.0],
}  # fmt: skip

# Surroundings in which a field can matter; each must show its effect in at least one.
PLAIN = {"max_steps_in_episode": 10_000}
WINNING = {"target_ratio": 0.2, "stop_atr_multiple": 3.0, "max_stop_usd": 0.0,
           "commission_usd": 0.0, "slippage_ticks": 0, "target_through_ticks": 0}  # fmt: skip
EASY_PASS = {"profit_target": 60.0, "min_days": 1, "drawdown": 15_000.0}
TIGHT = {"drawdown": 500.0, "contracts": 2, "daily_loss_limit": 200.0}
TRAILED = {"drawdown": 150.0, "lock": 0, "contracts": 1}
CONTEXTS = (
    PLAIN,
    PLAIN | WINNING | EASY_PASS,
    PLAIN | WINNING | {"drawdown": 15_000.0, "profit_target": 60.0, "min_days": 7},
    PLAIN | TIGHT,
    PLAIN | WINNING | TRAILED,
    PLAIN
    | {
        "tier_profit": [0.0, -1.0, -1.0, -1.0, -1.0],
        "tier_max_contracts": [9, 1, 1, 1, 1],
        "contracts": 3,
    },
)


def play(env, params, key):
    obs, state = env.reset(key, params)

    def step(carry, key):
        obs, state = carry
        logits = jnp.where(env.action_mask(state, params), 0.0, -jnp.inf)
        action = jax.random.categorical(key, logits)
        obs, state, reward, terminated, truncated, info = env.step(key, state, action, params)
        return (obs, state), (obs.sum(), reward, terminated, truncated, state, info)

    return jax.lax.scan(step, (obs, state), jax.random.split(key, NUM_STEPS))[1]


@pytest.fixture(scope="module")
def effects(phase2_env):
    """field -> whether changing it alone changed anything, by context; one compile for all."""
    base = phase2_env.default_params
    batched = broadcast_params(base, len(SCALAR_FIELDS) + 1)
    axes = params_in_axes(base, *SCALAR_FIELDS)
    run = jax.jit(jax.vmap(lambda params, key: play(phase2_env, params, key), (axes, None)))
    seen = {name: [] for name in SCALAR_FIELDS}
    for context in CONTEXTS:
        values = {name: np.asarray(getattr(batched, name)).copy() for name in SCALAR_FIELDS}
        for name, value in context.items():
            values[name][:] = value
        for row, name in enumerate(SCALAR_FIELDS):
            values[name][row + 1] = CHANGED[name]
        params = batched.replace(**{k: jnp.asarray(v) for k, v in values.items()})
        record = jax.tree.map(np.asarray, run(params, jax.random.key(5)))
        for row, name in enumerate(SCALAR_FIELDS):
            differs = any((leaf[row + 1] != leaf[0]).any() for leaf in jax.tree.leaves(record))
            seen[name].append(differs)
    return seen


def test_the_table_names_every_field():
    assert set(CHANGED) == {field.name for field in fields(EnvParams)} - {"market"}


@pytest.mark.parametrize("name", SCALAR_FIELDS)
def test_field_has_an_effect(name, effects):
    assert any(effects[name]), f"{name} changed nothing in {NUM_STEPS} steps: a dead field"


def test_sample_params(phase1_env):
    def between(key, shape):
        return jax.random.uniform(key, shape, minval=1.0, maxval=3.0)

    params, axes = sample_params(
        jax.random.key(0), phase1_env.default_params, 5, commission_usd=between, contracts=between
    )
    assert params.commission_usd.shape == (5,)
    assert params.contracts.dtype == jnp.int32
    _, state = jax.vmap(phase1_env.reset, (0, axes))(jax.random.split(jax.random.key(1), 5), params)
    assert state.row.shape == (5,)
    assert axes.drawdown is None


def test_multi_draws_markets_uniformly_and_charges_each_its_own():
    symbols = ("NQ", "MES", "CL")
    markets = [futures_env.synthetic_market(symbol=s, sessions=n, seed=1)
               for s, n in zip(symbols, (5, 20, 8), strict=True)]  # fmt: skip
    env, params = gymnax.make("FuturesMulti-Phase1", market=futures_env.concat_markets(markets))
    keys = jax.random.split(jax.random.key(0), 3_000)
    _, state = jax.jit(jax.vmap(env.reset, (0, None)))(keys, params)
    drawn = np.asarray(params.market.market)[np.asarray(state.row)]
    counts = np.bincount(drawn, minlength=3)
    assert np.abs(counts - 1_000).max() < 4 * np.sqrt(3_000 * 2 / 9)

    enter = jax.jit(jax.vmap(env.step_env, (None, 0, None, None)))
    _, after, _, _, info = enter(keys[0], state, 1, params)
    filled = np.asarray(info["entry_filled"])
    paid = np.asarray(after.entry_commission_cents)
    closed = np.asarray(info["trade_closed"])
    table = np.asarray(params.market.contract_table.commission_cents)
    for market, commission in enumerate(table):
        here = filled & ~closed & (drawn == market)
        assert here.sum() > 50
        assert (paid[here] == commission * np.asarray(after.contracts)[here]).all()
    assert (np.asarray(info["market"]) == drawn).all()
