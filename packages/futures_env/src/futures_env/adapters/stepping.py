"""The compiled functions behind the adapters, for one environment and for many.

``env`` is static and compares by its configuration; markets and parameters are arguments. So all
instances of one description share what is compiled, and an adapter holds no compiled function.
"""

from functools import partial
from typing import Any

import jax

from futures_env.adapters.environment import Environment
from futures_env.adapters.packing import Packed, pack
from futures_env.types import EnvParams, EnvState

Begun = tuple[jax.Array, jax.Array, Packed]
"""Observation, mask, state; the state stays packed between steps: an output costs microseconds."""
Stepped = tuple[jax.Array, jax.Array, Packed, Packed]
"""Observation, mask, state, and of the step: reward, terminated, truncated and info."""

_compiled = partial(jax.jit, static_argnames=("env",))


@_compiled
def reset_one(env: Environment, seed: jax.Array, params: EnvParams) -> Begun:
    """Begin an episode."""
    obs, state = env.reset_env(jax.random.key(seed), params)
    return obs, env.action_mask(state, params), pack(state)


@_compiled
def step_one(env: Environment, packed: Packed, action: jax.Array, params: EnvParams) -> Stepped:
    """One step without autoreset."""
    obs, state, reward, terminated, info = env.step_env(
        jax.random.key(0), packed.unpack(), action, params
    )
    truncated = env.is_truncated(state, params)
    step = pack((reward, terminated, truncated, info))
    return obs, env.action_mask(state, params), pack(state), step


@partial(jax.jit, static_argnames=("env", "num_envs"))
def reset_many(env: Environment, num_envs: int, key: jax.Array, params: EnvParams) -> Begun:
    """Begin ``num_envs`` episodes; ``key`` is the data of a key, (2,) uint32."""
    keys = jax.random.split(jax.random.wrap_key_data(key), num_envs)
    obs, state = jax.vmap(env.reset_env, (0, None))(keys, params)
    return obs, _masks(env, state, params), pack(state)


@_compiled
def step_many(
    env: Environment, key: jax.Array, packed: Packed, action: jax.Array, params: EnvParams
) -> tuple[*Stepped, jax.Array, jax.Array]:
    """One step of each with autoreset: as ``Stepped``, the final observations, the next key."""
    following, stepping = jax.random.split(jax.random.wrap_key_data(key))
    keys = jax.random.split(stepping, len(action))
    batched = jax.vmap(env.step, (0, 0, 0, None))
    obs, state, reward, terminated, truncated, info = batched(keys, packed.unpack(), action, params)
    final = info.pop("final_observation")
    step = pack((reward, terminated, truncated, info))
    masks = _masks(env, state, params)
    return obs, masks, pack(state), step, final, jax.random.key_data(following)


def _masks(env: Environment, state: EnvState, params: EnvParams) -> Any:
    return jax.vmap(env.action_mask, (0, None))(state, params)
