"""What is measured: pure functions that run a number of environment steps."""

from collections.abc import Callable
from typing import Any

import gymnax
import jax
import jax.numpy as jnp

import futures_env  # noqa: F401  (registers the environments)
from futures_env.core.observations import bar_window, overwrite_end

Case = tuple[Callable[..., Any], tuple[Any, ...]]
"""A function and its arguments; one call makes ``num_envs x num_steps`` steps."""

ACTION_ROWS = 64


def _begin(env: Any, params: Any, num_envs: int) -> tuple[jax.Array, Any]:
    return jax.vmap(env.reset, (0, None))(jax.random.split(jax.random.key(0), num_envs), params)


def _random_actions(env: Any, num_envs: int) -> jax.Array:
    return jax.random.randint(jax.random.key(1), (ACTION_ROWS, num_envs), 0, env.num_actions)


def raw(env_id: str, num_envs: int, num_steps: int) -> Case:
    """Step with observation, no autoreset, actions drawn beforehand."""
    return raw_on(*gymnax.make(env_id), num_envs, num_steps)


def raw_on(env: Any, params: Any, num_envs: int, num_steps: int) -> Case:
    """``raw`` of an environment already made."""
    obs, state = _begin(env, params, num_envs)

    def run(obs: jax.Array, state: Any, actions: jax.Array, params: Any) -> Any:
        def step(carry: Any, index: jax.Array) -> Any:
            _, state, total = carry
            key = jax.random.key(0)  # step_env draws nothing in our environments
            obs, state, reward, _, _ = jax.vmap(env.step_env, (None, 0, 0, None))(
                key, state, actions[index % ACTION_ROWS], params
            )
            return (obs, state, total + reward), None

        start = (obs, state, jnp.zeros(len(obs)))
        return jax.lax.scan(step, start, jnp.arange(num_steps))[0]

    return run, (obs, state, _random_actions(env, num_envs), params)


def blocks(env_id: str, num_envs: int, num_steps: int, size: int = 1_000) -> Case:
    """``raw`` in blocks of ``size`` environments, one after the other: each fits into the cache."""
    count = num_envs // size
    if num_envs % size:
        raise ValueError(f"num_envs={num_envs} is not a multiple of the block size {size}")
    run, (obs, state, actions, params) = raw(env_id, num_envs, num_steps)

    def split(leaf: jax.Array) -> jax.Array:
        return leaf.reshape(count, size, *leaf.shape[1:])

    def run_all(obs: jax.Array, state: Any, actions: jax.Array, params: Any) -> Any:
        def block(args: tuple[jax.Array, Any, jax.Array]) -> Any:
            return run(*args, params)

        return jax.lax.map(block, (obs, state, actions))

    parts = jax.tree.map(split, (obs, state))
    return run_all, (*parts, split(actions.T).swapaxes(1, 2), params)


def observation_only(env_id: str, num_envs: int, num_steps: int) -> Case:
    """The limit of ``raw``: the same scan, building only an observation of the same size.

    The window is sliced and the account block joined to it, as one would write it.
    """
    return _only(env_id, num_envs, num_steps, _sliced_and_joined)


def observation_in_place(env_id: str, num_envs: int, num_steps: int) -> Case:
    """The same with our own way to put the observation together, which writes it once."""
    return _only(env_id, num_envs, num_steps, _written_over)


Build = Callable[[Any, jax.Array, int, jax.Array], jax.Array]


def _sliced_and_joined(params: Any, row: jax.Array, window: int, rest: jax.Array) -> jax.Array:
    features = params.market.features
    start = (row - (window - 1), jnp.int32(0))
    block = jax.lax.dynamic_slice(features, start, (window, features.shape[1]))
    return jnp.concatenate([block.reshape(-1), rest])


def _written_over(params: Any, row: jax.Array, window: int, rest: jax.Array) -> jax.Array:
    return overwrite_end(bar_window(params, row, window, len(rest)), [rest])


def _only(env_id: str, num_envs: int, num_steps: int, build: Build) -> Case:
    env, params = gymnax.make(env_id)
    obs, state = _begin(env, params, num_envs)
    size = len(env.config.spec.scalars)

    def one(row: jax.Array, params: Any) -> jax.Array:
        rest = jnp.broadcast_to(row.astype(jnp.float32), (size,))
        return build(params, row, env.config.window, rest)

    def run(obs: jax.Array, row: jax.Array, params: Any) -> Any:
        def step(carry: Any, _: None) -> Any:
            _, row = carry
            row = jnp.minimum(row + 1, params.market.num_bars - 1)
            return (jax.vmap(one, (0, None))(row, params), row), None

        return jax.lax.scan(step, (obs, row), length=num_steps)[0]

    return run, (obs, state.row, params)


def _random_legal(key: jax.Array, mask: jax.Array) -> jax.Array:
    """A uniform choice among the legal actions of each row of ``mask``."""
    behind = jnp.cumsum(mask, axis=1)
    wanted = jax.random.uniform(key, mask.shape[:1]) * behind[:, -1]
    return jnp.sum(behind <= wanted.astype(jnp.int32)[:, None], axis=1)


def masked(env_id: str, num_envs: int, num_steps: int) -> Case:
    """``raw`` with mask and policy of ``autoreset``: all that it does but the reset."""
    return masked_on(*gymnax.make(env_id), num_envs, num_steps)


def masked_on(env: Any, params: Any, num_envs: int, num_steps: int) -> Case:
    """``masked`` of an environment already made."""

    def step(key: jax.Array, state: Any, action: jax.Array, params: Any) -> tuple[Any, Any, Any]:
        # step_env draws nothing in our environments
        return jax.vmap(env.step_env, (None, 0, 0, None))(key, state, action, params)[:3]

    return _under_random_policy(env, params, num_envs, num_steps, step)


def autoreset(env_id: str, num_envs: int, num_steps: int) -> Case:
    """Step with autoreset under a random policy over the legal actions."""
    return autoreset_on(*gymnax.make(env_id), num_envs, num_steps)


def autoreset_on(env: Any, params: Any, num_envs: int, num_steps: int) -> Case:
    """``autoreset`` of an environment already made."""

    def step(key: jax.Array, state: Any, action: jax.Array, params: Any) -> tuple[Any, Any, Any]:
        keys = jax.random.split(key, num_envs)
        return jax.vmap(env.step, (0, 0, 0, None))(keys, state, action, params)[:3]

    return _under_random_policy(env, params, num_envs, num_steps, step)


def _under_random_policy(
    env: Any, params: Any, num_envs: int, num_steps: int, step_all: Callable[..., Any]
) -> Case:
    obs, state = _begin(env, params, num_envs)
    has_mask = hasattr(env, "action_mask")

    def run(obs: jax.Array, state: Any, params: Any) -> Any:
        def step(carry: Any, key: jax.Array) -> Any:
            _, state, total = carry
            key_action, key_step = jax.random.split(key)
            if has_mask:
                mask = jax.vmap(env.action_mask, (0, None))(state, params)
                action = _random_legal(key_action, mask)
            else:
                action = jax.random.randint(key_action, (num_envs,), 0, env.num_actions)
            obs, state, reward = step_all(key_step, state, action, params)
            return (obs, state, total + reward), None

        carry = (obs, state, jnp.zeros(num_envs))
        return jax.lax.scan(step, carry, jax.random.split(jax.random.key(2), num_steps))[0]

    return run, (obs, state, params)
