"""Generalised advantage estimation that tells termination from truncation."""

import jax
import jax.numpy as jnp


def generalized_advantages(
    reward: jax.Array,
    value: jax.Array,
    next_value: jax.Array,
    terminated: jax.Array,
    done: jax.Array,
    gamma: jax.Array | float,
    gae_lambda: jax.Array | float,
) -> jax.Array:
    """Advantages with a bootstrap through truncations (Schulman et al. 2016).

        delta_t = r_t + gamma (1 - terminated_t) V(final_observation_t) - V(s_t)
        A_t     = delta_t + gamma lambda (1 - done_t) A_{t+1}

    A truncated episode has a future that was only not watched: its last step keeps the value of
    the observation it really led to. The reset observation that follows never enters.

    Args:
        reward: (T, ...) float32.
        value: (T, ...) float32, of the observation acted on.
        next_value: (T, ...) float32, of the true next observation; unused where terminated.
        terminated: (T, ...) bool.
        done: (T, ...) bool, terminated or truncated.
        gamma: () discount.
        gae_lambda: () decay.

    Returns:
        (T, ...) float32 advantages; value targets are ``advantages + value``.
    """
    delta = reward + gamma * jnp.where(terminated, 0.0, next_value) - value
    decay = jnp.where(done, 0.0, gamma * gae_lambda)

    def backward(later: jax.Array, step: tuple[jax.Array, jax.Array]):
        delta_t, decay_t = step
        advantage = delta_t + decay_t * later
        return advantage, advantage

    _, advantages = jax.lax.scan(backward, jnp.zeros_like(delta[0]), (delta, decay), reverse=True)
    return advantages
