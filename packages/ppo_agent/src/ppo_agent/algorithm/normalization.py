"""Running moments that live in the train state and are only ever fed raw samples."""

import jax
import jax.numpy as jnp

from ppo_agent.types import Moments

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


def deviation(stats: Moments) -> jax.Array:
    """Standard deviation, never 0."""
    return jnp.sqrt(stats.var + EPSILON)
