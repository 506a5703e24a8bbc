"""Learning from one rollout: epochs of minibatches, one optimizer step each."""

from dataclasses import replace
from functools import partial

import jax
import jax.numpy as jnp
import optax

from ppo_agent.algorithm.losses import ppo_loss
from ppo_agent.algorithm.run_description import RunDescription
from ppo_agent.algorithm.schedules import learning_rate
from ppo_agent.types import Hyper, Minibatch, PyTree, TrainState


def optimizer(hyper: Hyper) -> optax.GradientTransformation:
    """Global-norm clip and Adam with traced bounds; the step size is applied by the caller."""
    return optax.chain(
        optax.clip_by_global_norm(hyper.max_grad_norm),
        optax.scale_by_adam(eps=hyper.adam_eps),
    )


def update_parameters(
    run: RunDescription,
    state: TrainState,
    batch: Minibatch,
    floor: jax.Array,
    hyper: Hyper,
) -> tuple[TrainState, dict[str, jax.Array]]:
    """Run all epochs over a batch of leading shape (T, E).

    Args:
        run: static description of the run.
        state: the train state.
        batch: what was collected.
        floor: () float32 action floor.
        hyper: as scheduled for this update; the step size is scheduled here.

    Returns:
        the state with new parameters, optimizer and key; metrics as means over optimizer steps.
    """
    config = run.config
    key, shuffle_key = jax.random.split(state.key)
    inputs = run.network, config, run.prior_logits(hyper), hyper, floor
    loss = jax.checkpoint(ppo_loss, static_argnums=(1, 2)) if config.remat else ppo_loss
    grad = jax.grad(loss, has_aux=True)

    def minibatch_step(carry: tuple[PyTree, PyTree, jax.Array], rows: jax.Array):
        params, opt_state, steps = carry
        part = take_rows(batch, rows)
        gradient, metrics = grad(params, *inputs, part)
        step_size = learning_rate(state.hyper, steps, run.optimizer_steps_per_update)
        direction, opt_state = optimizer(state.hyper).update(gradient, opt_state, params)
        params = jax.tree.map(lambda p, d: p - step_size * d, params, direction)
        metrics |= {"grad_norm": optax.tree.norm(gradient), "learning_rate": step_size}
        return (params, opt_state, steps + 1), metrics

    def epoch(carry: tuple[PyTree, PyTree, jax.Array], key: jax.Array):
        rows = minibatch_rows(key, config.num_steps, config.num_envs, config.num_minibatches)
        return jax.lax.scan(minibatch_step, carry, rows)

    carry = (state.learned.params, state.opt_state, state.optimizer_steps)
    keys = jax.random.split(shuffle_key, config.num_epochs)
    (params, opt_state, steps), metrics = jax.lax.scan(epoch, carry, keys)
    state = replace(
        state,
        learned=replace(state.learned, params=params),
        opt_state=opt_state,
        optimizer_steps=steps,
        key=key,
    )
    return state, jax.tree.map(jnp.mean, metrics)


def minibatch_rows(
    key: jax.Array, num_steps: int, num_envs: int, num_minibatches: int
) -> jax.Array:
    """Which step of every environment belongs to which minibatch.

    Every environment's steps are permuted on their own: each step is used once per epoch, each
    minibatch holds equally many steps of every environment, and gathering never crosses the
    environment axis, which may be spread over devices. The permutation sorts random words whose
    low bits carry the step: one sort without a payload, ten times faster than
    ``jax.random.permutation`` of the whole batch.

    Returns:
        (num_minibatches, num_envs, num_steps / num_minibatches) uint32.
    """
    low_bits = jnp.uint32((1 << (num_steps - 1).bit_length()) - 1)
    words = jax.random.bits(key, (num_envs, num_steps)) & ~low_bits
    words = words | jnp.arange(num_steps, dtype=jnp.uint32)
    steps = jnp.sort(words, axis=1) & low_bits
    per_minibatch = num_steps // num_minibatches
    return steps.reshape(num_envs, num_minibatches, per_minibatch).swapaxes(0, 1)


def take_rows(batch: Minibatch, rows: jax.Array) -> Minibatch:
    """Gather one minibatch, flat: XLA is much slower on batches with two leading axes.

    Args:
        batch: leaves (T, E, ...).
        rows: (E, R) steps of every environment.

    Returns:
        leaves (E * R, ...), environments first, so that a split over devices stays.
    """

    def take(leaf: jax.Array) -> jax.Array:
        take_steps = partial(jnp.take, axis=0, mode="clip")
        gathered = jax.vmap(take_steps, in_axes=(1, 0))(leaf, rows)
        return gathered.reshape(-1, *leaf.shape[2:])

    return jax.tree.map(take, batch)
