"""Collecting experience: one scan over steps, all environments side by side."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp

from ppo_agent import environment
from ppo_agent.algorithm import normalization
from ppo_agent.algorithm.distribution import policy_distribution
from ppo_agent.algorithm.networks import forward
from ppo_agent.algorithm.run_description import RunDescription
from ppo_agent.types import Learned, PyTree, Rollout, TrainState, Workers

BOOTSTRAP_BLOCK = 32
"""Rows per forward pass when truncated episodes need the value of their last observation."""

if TYPE_CHECKING:
    import distrax

Totals = dict[str, jax.Array]
"""Metrics by reduction and name, such as ``sum/episodes`` and ``max/env/depth``; ``high/`` is the
upper half of a ``sum/`` of whole numbers."""

Shifted = tuple[jax.Array, jax.Array]


def collect(
    run: RunDescription, state: TrainState, env_params: PyTree, floor: jax.Array
) -> tuple[TrainState, Rollout, Totals]:
    """Play ``num_steps`` steps in every environment.

    Observation moments are frozen during the rollout and updated behind it, so the update sees
    the very inputs that the behaviour policy saw.

    Args:
        run: static description of the run.
        state: the train state.
        env_params: parameters of this update.
        floor: () float32 action floor.

    Returns:
        the state with new workers, key and observation moments; the rollout; metrics
        reduced over steps and environments.
    """
    config, learned = run.config, state.learned

    def step(carry: tuple[Workers, jax.Array], _: None):
        workers, key = carry
        key, act_key, step_key = jax.random.split(key, 3)
        mask, inputs, policy, value = _evaluate(run, learned, env_params, workers, floor)
        action = policy.sample(seed=act_key)
        chosen = (mask, inputs, action, jnp.asarray(policy.log_prob(action)), value)
        workers, rollout, outputs = _advance(run, state, env_params, workers, step_key, chosen)
        return (workers, key), (rollout, *outputs)

    (workers, key), (rollout, shifted, totals) = jax.lax.scan(
        step, (state.workers, state.key), None, config.num_steps
    )
    following = jnp.concatenate([rollout.value[1:], value_of(run, learned, workers.obs)[None]])
    rollout = replace(rollout, next_value=jnp.where(rollout.done, rollout.next_value, following))
    first, second = jax.tree.map(lambda x: jnp.sum(x, axis=0), shifted)
    obs_stats = normalization.merge_shifted_sums(
        learned.obs_stats, first, second, config.steps_per_update
    )
    state = replace(state, workers=workers, key=key, learned=replace(learned, obs_stats=obs_stats))
    return state, rollout, over_steps(totals)


def _evaluate(
    run: RunDescription, learned: Learned, env_params: PyTree, workers: Workers, floor: jax.Array
) -> tuple[jax.Array, jax.Array, "distrax.Distribution", jax.Array]:
    """Masks (E, A), network inputs (E, D), distributions (E,) and values (E,)."""
    legal = jax.vmap(
        lambda state, params: environment.legal_actions(run.env, state, params),
        in_axes=(0, run.axes_of(env_params)),
    )
    mask = legal(workers.env_state, env_params)
    inputs = normalization.network_inputs(run.config, learned, workers.obs)
    logits, value = forward(run.network, learned.params, inputs)
    return mask, inputs, policy_distribution(logits, mask, floor), value


def _advance(
    run: RunDescription,
    state: TrainState,
    env_params: PyTree,
    workers: Workers,
    key: jax.Array,
    chosen: tuple[jax.Array, ...],
) -> tuple[Workers, Rollout, tuple[Shifted, Totals]]:
    """Step all environments with the chosen actions and note what came of it."""
    mask, inputs, action, log_prob, value = chosen
    env_step = jax.vmap(run.env.step, in_axes=(0, 0, 0, run.axes_of(env_params)))
    obs, env_state, reward, terminated, truncated, info = env_step(
        jax.random.split(key, run.config.num_envs), workers.env_state, action, env_params
    )
    reward, done = reward.astype(jnp.float32), terminated | truncated
    discounted = workers.discounted_return * state.hyper.gamma + reward
    episode_return = workers.episode_return + reward
    episode_length = workers.episode_length + 1
    rollout = Rollout(
        obs=inputs,
        mask=mask,
        action=action,
        log_prob=log_prob,
        value=value,
        reward=reward,
        terminated=terminated,
        done=done,
        next_value=values_where(
            truncated & ~terminated,
            flatten_observations(info["final_observation"]),
            lambda rows: value_of(run, state.learned, rows),
        ),
        discounted_return=discounted,
    )
    shift = workers.obs - state.learned.obs_stats.mean
    totals = {
        "sum/episodes": done.astype(jnp.float32),
        "sum/episode_return": jnp.where(done, episode_return, 0.0),
        "sum/episode_length": jnp.where(done, episode_length, 0).astype(jnp.float32),
    } | _env_metrics(run, info)
    workers = Workers(
        env_state=env_state,
        obs=flatten_observations(obs),
        discounted_return=jnp.where(done, 0.0, discounted),
        episode_return=jnp.where(done, 0.0, episode_return),
        episode_length=jnp.where(done, 0, episode_length),
    )
    return workers, rollout, ((jnp.sum(shift, 0), jnp.sum(shift * shift, 0)), _reduced(totals))


def _env_metrics(run: RunDescription, info: dict) -> Totals:
    """(E,) The environment's own metrics, under their reduction and ``env/``.

    What is counted in integers stays exact; all else is float32.
    """
    metrics = jax.vmap(lambda one: environment.step_metrics(run.env, one))(info)
    return {
        f"{environment.reduction_of(run.env, name)}/env/{name}": value.astype(_kept_dtype(value))
        for name, value in metrics.items()
    }


def _kept_dtype(value: jax.Array) -> jnp.dtype:
    """Int32 of whole numbers and flags, float32 of all else."""
    whole = jnp.issubdtype(value.dtype, jnp.integer) or value.dtype == jnp.bool_
    return jnp.dtype(jnp.int32 if whole else jnp.float32)


def _reduced(totals: Totals) -> Totals:
    """The first axis reduced as the first part of each name says."""
    return {
        name: environment.REDUCE[name.partition("/")[0]](value, axis=0)
        for name, value in totals.items()
    }


def over_steps(totals: Totals) -> Totals:
    """Metrics (T,) reduced; sums of whole numbers as ``sum/`` + 2^15 x ``high/``, both int32.

    So only what all environments add in one step has to stay within int32, not a whole rollout.
    """
    reduced = _reduced(totals)
    whole = {
        name: value
        for name, value in totals.items()
        if name.startswith("sum/") and value.dtype == jnp.int32
    }
    for name, value in whole.items():
        reduced[name] = jnp.sum(value & environment.LOW_BITS, axis=0)
        reduced["high/" + name.removeprefix("sum/")] = jnp.sum(
            value >> environment.LOW_BITS.bit_length(), axis=0
        )
    return reduced


def flatten_observations(obs: jax.Array) -> jax.Array:
    """(E, ...) of any dtype to (E, D) float32."""
    return obs.reshape(obs.shape[0], -1).astype(jnp.float32)


def value_of(run: RunDescription, learned: Learned, obs: jax.Array) -> jax.Array:
    """(B,) values of raw flat observations (B, D)."""
    inputs = normalization.network_inputs(run.config, learned, obs)
    return forward(run.network, learned.params, inputs)[1]


def values_where(
    needed: jax.Array, obs: jax.Array, value_fn: Callable[[jax.Array], jax.Array]
) -> jax.Array:
    """Values of the few rows that need one, in blocks, and 0 elsewhere.

    Truncations are rare: a second forward pass over every row of every step would cost as much
    as collecting the rollout.

    Args:
        needed: (E,) bool.
        obs: (E, D) float32.
        value_fn: (B, D) -> (B,).

    Returns:
        (E,) float32.
    """
    rows = needed.shape[0]
    block = min(BOOTSTRAP_BLOCK, rows)
    order = jnp.argsort(~needed, stable=True)
    count = jnp.sum(needed)

    def fill(index: jax.Array, values: jax.Array) -> jax.Array:
        start = jnp.minimum(index * block, rows - block)
        chosen = jax.lax.dynamic_slice_in_dim(order, start, block)
        return values.at[chosen].set(value_fn(obs[chosen]))

    blocks = (count + block - 1) // block
    values = jax.lax.fori_loop(0, blocks, fill, jnp.zeros(rows, jnp.float32))
    return jnp.where(needed, values, 0.0)
