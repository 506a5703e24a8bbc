"""One update as a pure function, and the jitted chunk of updates."""

from dataclasses import replace
from functools import partial

import jax
import jax.numpy as jnp
import optax

from ppo_agent import environment
from ppo_agent.algorithm import normalization, schedules
from ppo_agent.algorithm.gae import generalized_advantages
from ppo_agent.algorithm.rollout import collect
from ppo_agent.algorithm.run_description import RunDescription
from ppo_agent.algorithm.sharding import constrain_state
from ppo_agent.algorithm.update import update_parameters
from ppo_agent.types import Minibatch, PyTree, Rollout, TrainState

Metrics = dict[str, jax.Array]


@partial(jax.jit, static_argnames="run", donate_argnames="state")
def run_chunk(
    run: RunDescription, state: TrainState, env_params: PyTree, num_updates: jax.Array
) -> tuple[TrainState, Metrics]:
    """Up to ``updates_per_chunk`` updates without a word to the host.

    The number is traced, so a short last chunk compiles nothing, and 0 compiles without running.

    Args:
        run: static description of the run.
        state: donated.
        env_params: never donated, never a constant of the program.
        num_updates: () int32.

    Returns:
        the new state, and metrics of shape (updates_per_chunk,) or (updates_per_chunk, members),
        valid up to ``num_updates``.
    """
    one = partial(train_update, run)
    update = jax.vmap(one, in_axes=(0, None)) if run.num_members else one
    shapes = jax.eval_shape(update, state, env_params)[1]
    chunk = run.config.updates_per_chunk
    buffers = jax.tree.map(lambda s: jnp.zeros((chunk, *s.shape), s.dtype), shapes)

    def body(index: jax.Array, carry: tuple[TrainState, Metrics]) -> tuple[TrainState, Metrics]:
        state, buffers = carry
        state, metrics = update(state, env_params)
        return state, jax.tree.map(lambda b, m: b.at[index].set(m), buffers, metrics)

    state, buffers = jax.lax.fori_loop(0, num_updates, body, (state, buffers))
    return constrain_state(run.mesh, state, run.num_members), buffers


def train_update(
    run: RunDescription, state: TrainState, env_params: PyTree
) -> tuple[TrainState, Metrics]:
    """One PPO update: schedule, collect, estimate, learn."""
    progress = schedules.progress_of(state.update, state.hyper.num_updates)
    env_params, applied = schedules.scheduled_params(run.params_schedule, env_params, progress)
    floor = schedules.action_floor(state.hyper, run.floor_schedule, progress)
    state, rollout, totals = collect(run, state, env_params, floor)
    state, batch = prepare(run, state, rollout)
    hyper = schedules.scheduled_hyper(state.hyper, progress)
    state, losses = update_parameters(run, state, batch, floor, hyper)
    state = replace(state, update=state.update + 1)
    applied |= {"action_floor": floor, "ent_coef": hyper.ent_coef}
    applied["resting_logit"] = hyper.resting_logit
    metrics = losses | applied | rollout_metrics(run, rollout, batch) | state_metrics(state)
    return state, metrics | totals


def prepare(
    run: RunDescription, state: TrainState, rollout: Rollout
) -> tuple[TrainState, Minibatch]:
    """Scale rewards, estimate advantages and lay out what the loss reads."""
    reward = rollout.reward
    if run.config.scale_returns:
        seen = rollout.discounted_return
        stats = normalization.merge_moments(
            state.learned.return_stats, jnp.mean(seen), jnp.var(seen), seen.size
        )
        reward = reward / normalization.deviation(stats)
        state = replace(state, learned=replace(state.learned, return_stats=stats))
    advantage = generalized_advantages(
        reward,
        rollout.value,
        rollout.next_value,
        rollout.terminated,
        rollout.done,
        state.hyper.gamma,
        state.hyper.gae_lambda,
    )
    batch = Minibatch(
        obs=rollout.obs,
        mask=rollout.mask,
        action=rollout.action,
        log_prob=rollout.log_prob,
        value=rollout.value,
        advantage=advantage,
        target=advantage + rollout.value,
    )
    return state, batch


def rollout_metrics(run: RunDescription, rollout: Rollout, batch: Minibatch) -> Metrics:
    """Value fit, rewards and what was chosen, over all states and over states with a choice."""
    residual = jnp.var(batch.target - rollout.value)
    spread = jnp.maximum(jnp.var(batch.target), 1e-8)
    num_legal = jnp.sum(rollout.mask, axis=-1)
    choice = (num_legal > 1).astype(jnp.float32)
    num_actions = rollout.mask.shape[-1]
    chosen = jax.nn.one_hot(rollout.action, num_actions, dtype=jnp.float32)
    metrics = {
        "explained_variance": 1.0 - residual / spread,
        "reward": jnp.mean(rollout.reward),
        "value": jnp.mean(rollout.value),
        "choice_states": jnp.mean(choice),
        "stuck_states": jnp.sum((num_legal == 0).astype(jnp.float32)),
    }
    shares = jnp.mean(chosen, axis=(0, 1))
    weighted = jnp.sum(chosen * choice[..., None], axis=(0, 1))
    choice_shares = weighted / jnp.maximum(jnp.sum(choice), 1.0)
    taken, legal = (jnp.sum(x, axis=(0, 1), dtype=jnp.float32) for x in (chosen, rollout.mask))
    for action, name in enumerate(environment.action_names(run.env)):
        metrics[f"action/{name}"] = shares[action]
        metrics[f"action_choice/{name}"] = choice_shares[action]
        metrics[f"action_legal/{name}"] = taken[action] / jnp.maximum(legal[action], 1.0)
        metrics[f"legal/{name}"] = legal[action] / num_legal.size
    return metrics


def state_metrics(state: TrainState) -> Metrics:
    """Sizes that are finite only when what the next update starts from is.

    Clipped inputs let an update pass while its observations ruin the statistics.
    """
    learned = state.learned
    return {
        "observation_size": _root_mean(jnp.square(state.workers.obs)),
        "observation_deviation": _root_mean(learned.obs_stats.var),
        "return_deviation": jnp.sqrt(learned.return_stats.var),
        "parameter_norm": optax.tree.norm(learned.params),
    }


def _root_mean(squares: jax.Array) -> jax.Array:
    return jnp.sqrt(jnp.mean(squares))
