"""Running moments that live in the train state and are only ever fed raw samples."""

import jax
import jax.numpy as jnp

from ppo_agent.config import PPOConfig
from ppo_agent.types import Learned, Moments

EPSILON = 1e-8


def initial_moments(mean: jax.Array) -> Moments:
    """Moments with a prior of one sample of unit variance at ``mean``, any shape."""
    mean = jnp.asarray(mean, jnp.float32)
    return Moments(count=jnp.ones_like(mean), mean=mean, var=jnp.ones_like(mean))


def merge_moments(stats: Moments, mean: jax.Array, var: jax.Array, count: float) -> Moments:
    """Add a batch given by its own moments (parallel variance, Chan et al. 1979).

    Args:
        stats: moments so far, any shape.
        mean: mean of the batch, same shape.
        var: population variance of the batch, same shape.
        count: samples in the batch.
    """
    total = stats.count + count
    weight = count / total
    delta = mean - stats.mean
    spread = stats.var * (1.0 - weight) + var * weight
    return Moments(
        count=total,
        mean=stats.mean + delta * weight,
        var=spread + delta * delta * weight * (1.0 - weight),
    )


def merge_shifted_sums(
    stats: Moments, first: jax.Array, second: jax.Array, count: float
) -> Moments:
    """Add a batch given by the sums of d and d * d, where d = sample - ``stats.mean``.

    The shift keeps float32 sums accurate when the mean is far from 0.
    """
    mean = first / count
    var = jnp.maximum(second / count - mean * mean, 0.0)
    return merge_moments(stats, stats.mean + mean, var, count)


def standardize(stats: Moments, samples: jax.Array, clip: float) -> jax.Array:
    """(samples - mean) / deviation within [-clip, clip]; trailing axes match the moments."""
    scaled = (samples - stats.mean) * jax.lax.rsqrt(stats.var + EPSILON)
    return jnp.clip(scaled, -clip, clip)


def recency_weights(ages: jax.Array, half_life: jax.Array) -> jax.Array:
    """0.5 ** (age / half-life), or 1 without a half-life.

    An optimizer that divides by the size of the gradient moves every kernel alike, so an input
    times w is learned w times as fast: old columns enter where they explain much, and are no
    fingerprint of a moment.

    Args:
        ages: (D,) float32, steps that each column lies back.
        half_life: () float32, steps; 0: all columns weigh 1.
    """
    decayed = jnp.exp2(-ages / jnp.maximum(half_life, EPSILON))
    return jnp.where(half_life > 0.0, decayed, 1.0)


def network_inputs(config: PPOConfig, learned: Learned, obs: jax.Array) -> jax.Array:
    """Standardised and weighted observations in the storage type, alike in acting and learning.

    Args:
        config: switches of the normalisation.
        learned: statistics and weights of the inputs.
        obs: (..., D) float32, raw.

    Returns:
        (..., D) of ``config.observation_dtype``.
    """
    if config.normalize_observations:
        obs = standardize(learned.obs_stats, obs, config.observation_clip)
    return (obs * learned.input_weights).astype(config.observation_dtype)


def deviation(stats: Moments) -> jax.Array:
    """Standard deviation, never 0."""
    return jnp.sqrt(stats.var + EPSILON)
