"""The least time that training on a rollout could take: its matrix products and nothing else."""

from itertools import pairwise
from typing import Any

import jax
import jax.numpy as jnp
import optax

from ppo_agent import PPOConfig

Params = list[list[jax.Array]]
"""Kernels of the trunk, then of each branch on it."""


def products(observation_size: int, num_actions: int, config: PPOConfig) -> list[list[int]]:
    """Widths through which the network takes an observation: the trunk, then each branch on it.

    Without heads, logits and value are columns of one product.
    """
    trunk = [observation_size, *config.hidden_sizes]
    if not config.head_sizes:
        return [trunk, [trunk[-1], num_actions + 1]]
    heads = [trunk[-1], *config.head_sizes]
    return [trunk, [*heads, num_actions], [*heads, 1]]


def matmul_bound(observation_size: int, num_actions: int, config: PPOConfig) -> Any:
    """(function, arguments): one call makes the products of one update.

    ``num_epochs`` x ``num_minibatches`` of forward, backward and Adam on minibatch-shaped data, and
    ``num_steps`` forwards on (num_envs, observation_size): no environment, no sampling, no loss
    terms, no shuffling, no statistics.
    """
    key = jax.random.key(0)
    weights = [
        [jax.random.normal(key, (wide, out)) / wide**0.5 for wide, out in pairwise(widths)]
        for widths in products(observation_size, num_actions, config)
    ]
    optimizer = optax.adam(1e-4)
    rows = config.steps_per_update // config.num_minibatches
    batch = jax.random.normal(key, (rows, observation_size))
    acting = jax.random.normal(key, (config.num_envs, observation_size))

    def forward(weights: Params, obs: jax.Array) -> jax.Array:
        trunk, *branches = weights
        for kernel in trunk:
            obs = jnp.maximum(obs @ kernel, 0.0)
        outputs = []
        for *hidden, last in branches:
            inner = obs
            for kernel in hidden:
                inner = jnp.maximum(inner @ kernel, 0.0)
            outputs.append(inner @ last)
        return jnp.concatenate(outputs, axis=-1)

    def learn(carry: Any, batch: jax.Array) -> Any:
        weights, state = carry
        slopes = jax.grad(lambda w: jnp.mean(jnp.square(forward(w, batch))))(weights)
        updates, state = optimizer.update(slopes, state)
        return (optax.apply_updates(weights, updates), state), None

    def act(obs: jax.Array, weights: Params) -> Any:
        # feeding a bit of the output back keeps the loop from being hoisted
        return obs + 1e-6 * forward(weights, obs)[:, :1], None

    def run(weights: Params, batch: jax.Array, acting: jax.Array) -> Any:
        steps = config.num_epochs * config.num_minibatches
        (weights, _), _ = jax.lax.scan(
            lambda carry, _: learn(carry, batch), (weights, optimizer.init(weights)), length=steps
        )
        acted, _ = jax.lax.scan(lambda obs, _: act(obs, weights), acting, length=config.num_steps)
        return weights, acted

    return run, (weights, batch, acting)
