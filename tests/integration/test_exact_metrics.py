"""What a learner adds up on the device, against a NumPy replay of every step that it took."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from futures_env import curriculum, synthetic_market
from futures_env.codes import DoneReason
from futures_env.env import FuturesEnv
from ppo_agent import train
from ppo_agent.algorithm.init_state import make_members, make_state
from ppo_agent.algorithm.rollout import collect
from ppo_agent.algorithm.run_description import RunDescription, flatten_axes
from ppo_agent.training.metrics_rows import make_rows
from tests.ppo_agent.conftest import small_config

pytestmark = pytest.mark.thorough

STEPS = 128
TAKEN: list[Mapping[str, Any]] = []


class Recorded(FuturesEnv):
    """Hands every ``info`` to the host."""

    def step_metrics(self, info: Mapping[str, Any]) -> dict[str, jax.Array]:
        seen = {name: info[name] for name in info if name != "final_observation"}
        jax.debug.callback(TAKEN.append, seen)
        return super().step_metrics(info)


@pytest.fixture(scope="module")
def played() -> tuple[dict[str, float], dict[str, np.ndarray]]:
    """Figures of one rollout, and its steps."""
    env = Recorded(2, market=synthetic_market(sessions=5, window=2), window=2)
    params = replace(
        env.default_params,
        forced_position_ratio=jnp.float32(0.5),
        drawdown=jnp.float32(600.0),
        max_steps_in_episode=jnp.int32(40),
        pnl_scale_usd=jnp.float32(50.0),
        contracts=jnp.int32(3),
        max_stop_usd=jnp.float32(0.0),
    )
    config = small_config(
        num_envs=16, num_steps=STEPS, total_timesteps=16 * STEPS, resting_logit=0.0
    )
    run = RunDescription(
        env=env, config=config.static_part(), param_axes=flatten_axes(params, None)
    )
    hyper, key, _ = make_members(config, None)
    state = make_state(run, params, hyper, key, None)
    TAKEN.clear()
    totals = jax.jit(collect, static_argnums=0)(run, state, params, jnp.float32(0.0))[2]
    jax.effects_barrier()
    steps = {name: np.array([info[name] for info in TAKEN]) for name in TAKEN[0]
             if name != "reward_terms"}  # fmt: skip
    buffers = {name: np.asarray(value)[None] for name, value in totals.items()}
    (row,) = make_rows(env, buffers, 0, 1, config.steps_per_update)
    return {name.removeprefix("env/"): value for name, value in row.items()}, steps


def test_money_is_exact_to_the_cent(played: Any) -> None:
    figures, steps = played
    own = steps["trade_closed"] & ~steps["forced_trade"]
    cents = steps["trade_pnl_cents"][own].astype(np.int64)
    side = steps["trade_side"][own]
    assert len(steps["trade_closed"]) == 16 * STEPS
    assert figures["trades"] == len(cents) > 20
    assert figures["gross_profit_usd"] == cents[cents > 0].sum() / 100
    assert figures["gross_loss_usd"] == -cents[cents < 0].sum() / 100
    assert figures["fees_usd"] == steps["fees_cents"][~steps["forced_trade"]].sum() / 100 > 0
    assert figures["expectancy_usd"] == cents.sum() / 100 / len(cents)
    assert figures["long_share"] == (side > 0).mean()
    for name, of_side in (("long", cents[side > 0]), ("short", cents[side < 0])):
        assert figures[f"{name}_pnl_usd"] == of_side.sum() / 100
        assert len(of_side) > 0


def test_drawdown_and_breaches_are_those_of_the_steps(played: Any) -> None:
    figures, steps = played
    flat = ~steps["forced_episode"]
    fallen = (steps["high_water_mark_cents"] - steps["equity_cents"])[flat]
    assert figures["max_drawdown_usd"] == fallen.max() / 100 > 0
    failed = flat & (steps["done_reason"] == DoneReason.FAILED_DRAWDOWN)
    assert figures["breach_drawdown"] == figures["breaches"] == failed.sum() > 0
    assert figures["forced_trades"] == (steps["trade_closed"] & steps["forced_trade"]).sum() > 0


@pytest.mark.thorough
def test_the_commission_that_a_row_logs_is_the_one_the_environment_charged() -> None:
    """Each fill pays it once: fees are commission x (entries + exits), update by update."""
    env = FuturesEnv(1, market=synthetic_market(sessions=5, window=2), window=2)
    plan = curriculum("phase1-seed")
    config = small_config(num_envs=16, num_steps=64, total_timesteps=6 * 16 * 64, resting_logit=0.0)
    rows = train(
        env,
        plan.prepare(env.default_params),
        config,
        params_schedule=plan,
        action_floor_schedule=plan.action_floor,
        progress=False,
    ).metrics
    logged = [row["param/commission_usd"] for row in rows]
    assert logged == pytest.approx([1.0, 1.5, 2.0, 2.5, 2.5, 2.5])
    for row, commission in zip(rows, logged, strict=True):
        fills = row["env/entries"] + row["env/trades"]
        assert fills > 20
        assert row["env/fees_usd"] == round(100 * commission) * fills / 100
