"""The compiled functions behind the adapters, for one environment and for many.

``env`` is static and compares by its configuration; markets and parameters are arguments. So all
instances of one description share what is compiled, and an adapter holds no compiled function.
"""

from functools import partial
from typing import Any

import jax

from futures_env.adapters.environment import Environment
from futures_env.adapters.packing import Packed, PackedParams, pack
from futures_env.types import EnvParams, EnvState

Begun = tuple[jax.Array, jax.Array, Packed]
"""Observation, mask, state; the state stays packed between steps: an output costs microseconds."""
Ended = tuple[jax.Array, jax.Array, jax.Array]
"""Reward, terminated, truncated."""
Stepped = tuple[jax.Array, jax.Array, Packed, Ended, Packed]
"""Observation, mask, state, how the step ended, and info."""

_compiled = partial(jax.jit, static_argnames=("env",))


@_compiled
def reset_one(env: Environment, seed: jax.Array, passed: PackedParams) -> tuple[Packed, Packed]:
    """Begin an episode: the state; observation and mask."""
    params = passed.unpack()
    obs, state = env.reset_env(jax.random.key(seed), params)
    return pack(state), pack((obs, env.action_mask(state, params)))


@_compiled
def step_one(
    env: Environment, packed: Packed, action: jax.Array, passed: PackedParams
) -> tuple[Packed, Packed]:
    """One step without autoreset: the state; (obs, reward, terminated, truncated, info), mask."""
    params = passed.unpack()
    obs, state, reward, terminated, info = env.step_env(
        jax.random.key(0), packed.unpack(), action, params
    )
    stepped = obs, reward, terminated, env.is_truncated(state, params), info
    return pack(state), pack((stepped, env.action_mask(state, params)))


@partial(jax.jit, static_argnames=("env", "num_envs"))
def reset_many(env: Environment, num_envs: int, key: jax.Array, passed: PackedParams) -> Begun:
    """Begin ``num_envs`` episodes; ``key`` is the data of a key, (2,) uint32."""
    params = passed.unpack()
    keys = jax.random.split(jax.random.wrap_key_data(key), num_envs)
    obs, state = jax.vmap(env.reset_env, (0, None))(keys, params)
    return obs, _masks(env, state, params), pack(state, batch_axes=1)


@_compiled
def step_many(
    env: Environment, key: jax.Array, packed: Packed, action: jax.Array, passed: PackedParams
) -> tuple[Stepped, jax.Array, jax.Array, Any]:
    """One step of each with autoreset: as ``Stepped``, the final observations, the next key.

    How the step ended stays out of the packed rows, and what comes last, which nobody needs, is
    an output: XLA would compute the step again in each packed row that follows from them, were
    they not arrays of their own.
    """
    params = passed.unpack()
    following, stepping = jax.random.split(jax.random.wrap_key_data(key))
    keys = jax.random.split(stepping, len(action))
    batched = jax.vmap(env.step, (0, 0, 0, None))
    obs, state, reward, terminated, truncated, info = batched(keys, packed.unpack(), action, params)
    final = info.pop("final_observation")
    ended = reward, terminated, truncated
    masks = _masks(env, state, params)
    stepped = obs, masks, pack(state, batch_axes=1), ended, pack(info, batch_axes=1)
    return stepped, final, jax.random.key_data(following), (state.time, state.side)


def _masks(env: Environment, state: EnvState, params: EnvParams) -> Any:
    return jax.vmap(env.action_mask, (0, None))(state, params)
