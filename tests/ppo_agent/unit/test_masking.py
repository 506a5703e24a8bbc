"""Illegal actions: probability and gradient exactly 0; the floor is part of the distribution."""

import distrax
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ppo_agent.algorithm import distribution

ACTIONS = 5


def _case(seed: int) -> tuple[jax.Array, jax.Array]:
    """Logits of wild sizes and masks with at least one legal action."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(64, ACTIONS)) * 10.0 ** rng.integers(-2, 3, size=(64, 1))
    mask = rng.random((64, ACTIONS)) < 0.5
    mask[np.arange(64), rng.integers(0, ACTIONS, 64)] = True
    return jnp.float32(logits), jnp.array(mask)


@pytest.mark.parametrize("floor", [0.0, 0.05, 1.0])
def test_illegal_probability_is_exactly_zero(floor: float) -> None:
    logits, mask = _case(0)
    probabilities = np.exp(np.asarray(distribution.masked_log_probs(logits, mask, floor)))
    assert (probabilities[~np.asarray(mask)] == 0.0).all()
    np.testing.assert_allclose(probabilities.sum(-1), 1.0, atol=1e-5)


def test_matches_distrax_without_a_floor() -> None:
    logits, mask = _case(1)
    log_probs = distribution.masked_log_probs(logits, mask, 0.0)
    oracle = distrax.Categorical(logits=jnp.where(mask, logits, -jnp.inf))
    np.testing.assert_allclose(jnp.exp(log_probs), oracle.probs, atol=1e-6)
    np.testing.assert_allclose(distribution.entropy(log_probs), oracle.entropy(), atol=1e-5)
    action = jnp.argmax(jnp.where(mask, logits, -jnp.inf), axis=-1)
    np.testing.assert_allclose(
        distribution.log_prob_of(log_probs, action), oracle.log_prob(action), atol=1e-6
    )


@pytest.mark.parametrize("floor", [0.02, 0.1, 0.2, 0.3333333, 0.9])
def test_floor_is_the_stated_mixture(floor: float) -> None:
    logits, mask = _case(2)
    legal = np.asarray(mask)
    count = legal.sum(-1, keepdims=True)
    cut = np.minimum(floor, 1.0 / count)
    pi = np.exp(np.asarray(distribution.masked_log_probs(logits, mask, 0.0), np.float64))
    expected = np.where(legal, (1.0 - count * cut) * pi + cut, 0.0)
    mixed = np.exp(np.asarray(distribution.masked_log_probs(logits, mask, floor)))
    np.testing.assert_allclose(mixed, expected, atol=1e-6)
    assert (mixed[legal] >= np.broadcast_to(cut, legal.shape)[legal] - 1e-6).all()


@pytest.mark.parametrize("floor", [0.0, 0.05, 0.5])
def test_gradient_to_illegal_logits_is_exactly_zero(floor: float) -> None:
    logits, mask = _case(3)
    action = jnp.argmax(mask, axis=-1)

    def loss(x: jax.Array) -> jax.Array:
        log_probs = distribution.masked_log_probs(x, mask, floor)
        return jnp.sum(
            distribution.log_prob_of(log_probs, action) + distribution.entropy(log_probs)
        )

    gradient = np.asarray(jax.grad(loss)(logits))
    assert np.isfinite(gradient).all()
    assert (gradient[~np.asarray(mask)] == 0.0).all()
    if floor < 0.2:
        assert np.abs(gradient[np.asarray(mask)]).max() > 1e-3


def test_samples_are_legal_and_follow_the_probabilities() -> None:
    logits = jnp.array([2.0, 0.0, 30.0, -1.0, 0.5])
    mask = jnp.array([True, True, False, True, True])
    log_probs = distribution.masked_log_probs(logits, mask, 0.05)
    draws = distribution.sample(jax.random.PRNGKey(0), jnp.tile(log_probs, (400_000, 1)))
    shares = np.bincount(np.asarray(draws), minlength=ACTIONS) / draws.size
    assert shares[2] == 0.0
    np.testing.assert_allclose(shares, np.exp(np.asarray(log_probs)), atol=4e-3)


def test_single_legal_action_has_no_entropy_and_no_choice() -> None:
    mask = jnp.array([[False, True, False], [True, True, False]])
    log_probs = distribution.masked_log_probs(jnp.zeros((2, 3)), mask, 0.1)
    np.testing.assert_allclose(distribution.entropy(log_probs), [0.0, np.log(2.0)], atol=1e-6)
    assert distribution.has_choice(mask).tolist() == [False, True]
