"""Play whole batches through the public API and record every step, (lanes, steps, ...)."""

from dataclasses import fields, replace
from functools import cache, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from futures_env import Action, EnvParams, EnvState, ForcedPosition, FuturesEnv
from tests.futures_env.laws.worlds import BY_POLICY, WINDOW, World, random_world
from tests.futures_env.parity.markets import to_market_data

SCALARS = tuple(field.name for field in fields(EnvParams) if field.name != "market")

Played = dict[str, Any]


@cache
def env_of(phase: int) -> FuturesEnv:
    """The environment all laws share; its own market is never used."""
    market = to_market_data(random_world(0).leaves)
    return FuturesEnv(phase, market=market, window=WINDOW, features=("noise",))


def params_table(env: FuturesEnv, world: World) -> EnvParams:
    """The world's market with its parameter sets stacked."""
    default = env.default_params
    stacked = {
        name: jnp.asarray(
            np.array([one[name] for one in world.program.params], getattr(default, name).dtype)
        )
        for name in SCALARS
    }
    return replace(default, market=to_market_data(world.leaves), **stacked)


def params_at(table: EnvParams, index: jax.Array) -> EnvParams:
    """One of the stacked parameter sets."""
    return replace(table, **{name: getattr(table, name)[index] for name in SCALARS})


def inputs(world: World) -> dict[str, jax.Array]:
    """What a step is given, (lanes, steps, ...)."""
    program = world.program
    return {
        "params": jnp.asarray(program.params_index),
        "row": jnp.asarray(program.restart_row),
        "forced": jnp.asarray(program.forced),
        "luck": jnp.asarray(program.luck, jnp.float32),
        "action": jnp.asarray(world.actions),
    }


def play(phase: int, world: World) -> Played:
    """Play the world; an episode that ends begins anew at the program's next row."""
    env = env_of(phase)
    return jax.device_get(play_batch(env, params_table(env, world), inputs(world)))


@partial(jax.jit, static_argnums=0)
def play_batch(env: FuturesEnv, table: EnvParams, given: dict[str, jax.Array]) -> Played:
    """vmap over lanes of a scan over steps."""
    return jax.vmap(partial(play_lane, env, table))(given)


def play_lane(env: FuturesEnv, table: EnvParams, given: dict[str, jax.Array]) -> Played:
    """A scan over steps."""
    begin = (env.state_at(0, params_at(table, jnp.int32(0))), jnp.bool_(True))
    return jax.lax.scan(partial(play_step, env, table), begin, given)[1]


def play_step(
    env: FuturesEnv,
    table: EnvParams,
    carry: tuple[EnvState, jax.Array],
    given: dict[str, jax.Array],
) -> tuple[tuple[EnvState, jax.Array], Played]:
    """Begin anew where the last step ended an episode, choose, step."""
    state, begins = carry
    params = params_at(table, given["params"])
    side, profit, held = given["forced"]
    forced = ForcedPosition(side=side, profit_ticks=profit, bars_held=held)
    fresh = env.state_at(given["row"], params, forced)
    before = jax.tree.map(lambda new, old: jnp.where(begins, new, old), fresh, state)
    mask = env.action_mask(before, params)
    action = jnp.where(given["action"] == BY_POLICY, _choose(mask, given["luck"]), given["action"])
    key = jax.random.key(0)
    observed = env.observe(key, before, None, params)
    following, after, reward, terminated, info = env.step_env(key, before, action, params)
    truncated = env.is_truncated(after, params)
    played = {
        "before": before.__dict__,
        "after": after.__dict__,
        "mask": mask,
        "action": action,
        "observed": observed,
        "following": following,
        "reward": reward,
        "info": {k: v for k, v in info.items() if k != "final_observation"},
        "terminated": terminated,
        "truncated": truncated,
        "begins": begins,
    }
    return (after, terminated | truncated), played


def _choose(mask: jax.Array, luck: jax.Array) -> jax.Array:
    """One in twelve any action, else an even choice of the legal ones."""
    any_action = jnp.int32(luck[1] * len(mask))
    legal = jnp.argmax(jnp.cumsum(mask) > jnp.int32(luck[1] * mask.sum()))
    return jnp.where(luck[0] < 1 / 12, any_action, legal).astype(jnp.int32)


@partial(jax.jit, static_argnums=0)
def try_every_action(
    env: FuturesEnv, table: EnvParams, index: jax.Array, states: dict[str, jax.Array]
) -> tuple[jax.Array, jax.Array]:
    """From each state, each action: (illegal, differs from HOLD), both (n, actions) bool."""

    def one(index: jax.Array, state: dict[str, jax.Array]) -> tuple[jax.Array, jax.Array]:
        params = params_at(table, index)

        def outcome(action: jax.Array) -> tuple[jax.Array, Any]:
            step = env.step_env(jax.random.key(0), EnvState(**state), action, params)
            info = dict(step[4])
            return info.pop("illegal_action"), (*step[:4], info)

        illegal, outcomes = jax.vmap(outcome)(jnp.arange(env.num_actions))
        differs = [
            (leaf != leaf[Action.HOLD]).reshape(env.num_actions, -1).any(axis=1)
            for leaf in jax.tree.leaves(outcomes)
        ]
        return illegal, jnp.any(jnp.stack(differs), axis=0)

    return jax.vmap(one)(index, states)
