"""The policy's distribution: ``distrax.Categorical`` over legal actions, with an action floor.

This is the one place that knows which distribution the policy head has: rollout, loss, evaluation
and ``Policy`` use the methods of ``distrax.Distribution``. Illegal logits become the least finite
float, so their probability underflows to exactly 0 and ``where`` passes them a gradient of exactly
0. At least one action must be legal; a row without one is counted by the rollout and stops the run.
"""

from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp

if TYPE_CHECKING:
    import distrax

ILLEGAL = float(jnp.finfo(jnp.float32).min)
"""Logit of an illegal action; finite, so 0 * ILLEGAL is 0 and not NaN."""


def masked_logits(logits: jax.Array, mask: jax.Array) -> jax.Array:
    """Logits with illegal actions at ``ILLEGAL``.

    Args:
        logits: (..., A) float32.
        mask: (..., A) bool, True where legal.
    """
    return jnp.where(mask, logits, ILLEGAL)


def policy_distribution(
    logits: jax.Array, mask: jax.Array, floor: jax.Array | float = 0.0
) -> "distrax.Distribution":
    """The distribution that a policy head's outputs stand for.

    The floor f mixes in the uniform distribution over the n legal actions. With
    pi = softmax(logits) the mixture is a Categorical again,

        p = (1 - n f) pi + f,    f <= 1 / n,

    on the logits log((1 - n f) exp(logits) + f sum exp(logits)), which are log p up to a constant.

    Args:
        logits: (..., A) float32, outputs of the network.
        mask: (..., A) bool, at least one True per row.
        floor: () float32, least probability of a legal action, cut to 1 / n; not differentiated.

    Returns:
        a distribution over actions (...,) int32.
    """
    import distrax  # seconds of tensorflow_probability, which printing help does without

    logits = masked_logits(logits, mask)
    legal = jnp.sum(mask, axis=-1, keepdims=True).astype(logits.dtype)
    floor = jnp.minimum(floor, 1.0 / legal)
    # both logarithms may be -inf, never in a gradient
    rest = jnp.log1p(-jnp.minimum(floor * legal, 1.0))
    total = jax.nn.logsumexp(logits, axis=-1, keepdims=True)
    mixed = jnp.logaddexp(rest + logits, jnp.log(floor) + total)
    return distrax.Categorical(logits=masked_logits(mixed, mask), dtype=jnp.int32)


def act(distribution: "distrax.Distribution", key: jax.Array | None) -> jax.Array:
    """(...,) int32 actions: the most probable ones without a key, else drawn."""
    return distribution.mode() if key is None else distribution.sample(seed=key)


def has_choice(mask: jax.Array) -> jax.Array:
    """(...,) bool, rows with more than one legal action."""
    return jnp.sum(mask, axis=-1) > 1
