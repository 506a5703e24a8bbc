"""Categorical distribution over legal actions, with an action floor.

Logits of illegal actions are replaced by the least finite float before the softmax, so their
probability underflows to exactly 0 and ``where`` passes them a gradient of exactly 0. The floor f
mixes in the uniform distribution over the n legal actions,

    p = (1 - n f) pi + f,    f <= 1 / n,

and is part of the distribution everywhere: sampling, log-probability, entropy and loss. At least
one action must be legal; a row without one is counted by the rollout and stops the run.
"""

import jax
import jax.numpy as jnp

ILLEGAL = float(jnp.finfo(jnp.float32).min)
"""Logit and log-probability of an illegal action; finite, so 0 * ILLEGAL is 0 and not NaN."""


def masked_logits(logits: jax.Array, mask: jax.Array) -> jax.Array:
    """Logits with illegal actions at ``ILLEGAL``.

    Args:
        logits: (..., A) float32.
        mask: (..., A) bool, True where legal.
    """
    return jnp.where(mask, logits, ILLEGAL)


def masked_log_probs(logits: jax.Array, mask: jax.Array, floor: jax.Array | float) -> jax.Array:
    """Log-probabilities of all actions under the mask and the action floor.

    Args:
        logits: (..., A) float32.
        mask: (..., A) bool, at least one True per row.
        floor: () float32, least probability of a legal action, cut to 1 / n.

    Returns:
        (..., A) float32; ``ILLEGAL`` where the mask is False.
    """
    log_pi = jax.nn.log_softmax(masked_logits(logits, mask), axis=-1)
    legal = jnp.sum(mask, axis=-1, keepdims=True).astype(logits.dtype)
    floor = jnp.minimum(floor, 1.0 / legal)
    # both logarithms may be -inf, never in a gradient: the floor is not differentiated
    rest = jnp.log1p(-jnp.minimum(floor * legal, 1.0))
    mixed = jnp.logaddexp(rest + log_pi, jnp.log(floor))
    return jnp.where(mask, jnp.where(floor > 0.0, mixed, log_pi), ILLEGAL)


def sample(key: jax.Array, log_probs: jax.Array) -> jax.Array:
    """Draw one action per row by the Gumbel trick.

    Args:
        key: PRNG key.
        log_probs: (..., A) float32 from ``masked_log_probs``.

    Returns:
        (...,) int32; never an illegal action.
    """
    noise = jax.random.gumbel(key, log_probs.shape, log_probs.dtype)
    return jnp.argmax(log_probs + noise, axis=-1).astype(jnp.int32)


def log_prob_of(log_probs: jax.Array, action: jax.Array) -> jax.Array:
    """(...,) log-probability of the chosen actions (...,) int32."""
    return jnp.take_along_axis(log_probs, action[..., None], axis=-1, mode="clip")[..., 0]


def entropy(log_probs: jax.Array) -> jax.Array:
    """(...,) entropy in nats; illegal actions contribute exactly 0."""
    return -jnp.sum(jnp.exp(log_probs) * log_probs, axis=-1)


def has_choice(mask: jax.Array) -> jax.Array:
    """(...,) bool, rows with more than one legal action."""
    return jnp.sum(mask, axis=-1) > 1
