"""Classic PPO bugs, each as a patch of one function of the learner."""

from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import pytest

from ppo_agent.algorithm import gae, losses, normalization, train_step, update


def critic_without_gradient(patch: pytest.MonkeyPatch) -> None:
    """The value loss is computed on a constant."""
    right = losses.value_loss
    patch.setattr(
        losses, "value_loss", lambda value, *rest: right(jax.lax.stop_gradient(value), *rest)
    )


def no_discount(patch: pytest.MonkeyPatch) -> None:
    """Advantages forget gamma."""

    def wrong(reward: Any, value: Any, following: Any, terminated: Any, done: Any, *_: Any) -> Any:
        return gae.generalized_advantages(reward, value, following, terminated, done, 1.0, 0.95)

    patch.setattr(train_step, "generalized_advantages", wrong)


def flipped_advantage(patch: pytest.MonkeyPatch) -> None:
    """The surrogate is minimised instead of maximised."""
    right = losses.clipped_surrogate
    patch.setattr(losses, "clipped_surrogate", lambda ratio, gain, clip: right(ratio, -gain, clip))


def truncation_as_termination(patch: pytest.MonkeyPatch) -> None:
    """The value of the last observation of a truncated episode is dropped."""

    def wrong(reward: Any, value: Any, following: Any, terminated: Any, done: Any, *rest: Any):
        return gae.generalized_advantages(reward, value, following, done, done, *rest)

    patch.setattr(train_step, "generalized_advantages", wrong)


def bootstrap_from_reset(patch: pytest.MonkeyPatch) -> None:
    """A truncated episode continues with the value of the next episode's first observation."""
    right = train_step.collect

    def wrong(run: Any, state: Any, env_params: Any, floor: Any) -> Any:
        state, rollout, sums = right(run, state, env_params, floor)
        following = jnp.concatenate([rollout.value[1:], rollout.next_value[-1:]])
        return state, replace(rollout, next_value=following), sums

    patch.setattr(train_step, "collect", wrong)


def mask_forgotten_in_loss(patch: pytest.MonkeyPatch) -> None:
    """Actions are drawn under the mask, the update does without."""
    right = train_step.prepare

    def wrong(*arguments: Any) -> Any:
        state, batch = right(*arguments)
        return state, replace(batch, mask=jnp.ones_like(batch.mask))

    patch.setattr(train_step, "prepare", wrong)


def observations_shuffled_apart(patch: pytest.MonkeyPatch) -> None:
    """Observations are gathered in another order than actions and advantages."""
    right = update.take_rows

    def wrong(batch: Any, rows: Any) -> Any:
        return replace(right(batch, rows), obs=right(batch, jnp.roll(rows, 1, axis=1)).obs)

    patch.setattr(update, "take_rows", wrong)


def normaliser_fed_its_own_output(patch: pytest.MonkeyPatch) -> None:
    """Moments are updated from standardised instead of raw observations."""

    def wrong(stats: Any, first: Any, second: Any, count: float) -> Any:
        scale = 1.0 / normalization.deviation(stats)
        mean, square = first / count * scale, second / count * scale * scale
        return normalization.merge_moments(stats, mean, square - mean * mean, count)

    patch.setattr(normalization, "merge_shifted_sums", wrong)


def last_minibatch_dropped(patch: pytest.MonkeyPatch) -> None:
    """Minibatches in order of time, and the last one is never used."""

    def wrong(key: Any, num_steps: int, num_envs: int, num_minibatches: int) -> Any:
        steps = jnp.arange(num_steps, dtype=jnp.uint32).reshape(num_minibatches, 1, -1)
        rows = jnp.broadcast_to(steps, (num_minibatches, num_envs, steps.shape[-1]))
        return rows.at[-1].set(rows[0])

    patch.setattr(update, "minibatch_rows", wrong)
