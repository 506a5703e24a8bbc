"""The clipped surrogate loss over the policy's distribution."""

import jax
import jax.numpy as jnp

from ppo_agent.algorithm.distribution import has_choice, policy_distribution
from ppo_agent.algorithm.networks import ActorCritic, forward
from ppo_agent.config import PPOConfig
from ppo_agent.types import Hyper, Minibatch


def ppo_loss(
    params: dict,
    network: ActorCritic,
    config: PPOConfig,
    prior_logits: jax.Array,
    hyper: Hyper,
    floor: jax.Array,
    batch: Minibatch,
) -> tuple[jax.Array, dict[str, jax.Array]]:
    """Clipped policy loss + ``vf_coef`` x value loss + ``ent_coef`` x KL(policy || prior).

    Under a uniform prior the last term is minus the entropy, up to the logarithm of the number of
    legal actions, which has no gradient.

    Args:
        params: network parameters.
        network: the network.
        config: static switches.
        prior_logits: (A,) float32, of the policy that training is held to.
        hyper: traced hyper-parameters.
        floor: () float32 action floor, the same as in the rollout.
        batch: leading axes are free.

    Returns:
        () float32 loss and the scalars behind it.
    """
    logits, value = forward(network, params, batch.obs)
    policy = policy_distribution(logits, batch.mask, floor)
    prior = policy_distribution(prior_logits, batch.mask)
    log_ratio = jnp.asarray(policy.log_prob(batch.action)) - batch.log_prob
    advantage = batch.advantage
    if config.normalize_advantages:
        advantage = (advantage - jnp.mean(advantage)) / (jnp.std(advantage) + 1e-8)
    policy_loss = clipped_surrogate(log_ratio, advantage, hyper.clip_range)
    vf_loss = value_loss(value, batch, hyper.clip_range, config.clip_value)
    entropies = jnp.asarray(policy.entropy())
    prior_kl = jnp.mean(jnp.asarray(policy.kl_divergence(prior)))
    loss = policy_loss + hyper.vf_coef * vf_loss + hyper.ent_coef * prior_kl
    metrics = {"loss": loss, "policy_loss": policy_loss, "value_loss": vf_loss}
    metrics["prior_kl"] = prior_kl
    return loss, metrics | diagnostics(log_ratio, entropies, batch.mask, hyper.clip_range)


def clipped_surrogate(log_ratio: jax.Array, advantage: jax.Array, clip: jax.Array) -> jax.Array:
    """() float32, -mean(min(r A, clip(r, 1 - c, 1 + c) A)) (Schulman et al. 2017, eq. 7)."""
    ratio = jnp.exp(log_ratio)
    clipped = jnp.clip(ratio, 1.0 - clip, 1.0 + clip)
    return -jnp.mean(jnp.minimum(ratio * advantage, clipped * advantage))


def value_loss(value: jax.Array, batch: Minibatch, clip: jax.Array, clip_value: bool) -> jax.Array:
    """() float32, half the squared error, clipped around the values at collection."""
    error = jnp.square(value - batch.target)
    if clip_value:
        near = batch.value + jnp.clip(value - batch.value, -clip, clip)
        error = jnp.maximum(error, jnp.square(near - batch.target))
    return 0.5 * jnp.mean(error)


def diagnostics(
    log_ratio: jax.Array, entropies: jax.Array, mask: jax.Array, clip: jax.Array
) -> dict[str, jax.Array]:
    """Entropy and KL over all states and over states with a choice, and the clip fraction.

    The KL estimate is r - 1 - log r, unbiased and never negative (Schulman 2020).
    """
    ratio = jnp.exp(log_ratio)
    kl = ratio - 1.0 - log_ratio
    choice = has_choice(mask).astype(jnp.float32)
    choices = jnp.maximum(jnp.sum(choice), 1.0)
    return {
        "entropy": jnp.mean(entropies),
        "entropy_choice": jnp.sum(entropies * choice) / choices,
        "kl": jnp.mean(kl),
        "kl_choice": jnp.sum(kl * choice) / choices,
        "clip_fraction": jnp.mean((jnp.abs(ratio - 1.0) > clip).astype(jnp.float32)),
    }
