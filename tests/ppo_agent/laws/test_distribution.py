"""Illegal actions: probability and gradient exactly 0; the floor is part of the distribution."""

from collections.abc import Callable

import distrax
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppo_agent.algorithm.distribution import act, has_choice, policy_distribution

ROWS, ACTIONS = 64, 5

Outputs = tuple[jax.Array, jax.Array, jax.Array]


def _case(seed: int, largest: float = 100.0) -> tuple[jax.Array, jax.Array]:
    """Logits of many sizes and masks with at least one legal action."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(ROWS, ACTIONS)) * np.geomspace(0.01, largest, ROWS)[:, None]
    mask = rng.random((ROWS, ACTIONS)) < 0.5
    mask[np.arange(ROWS), rng.integers(0, ACTIONS, ROWS)] = True
    return jnp.float32(logits), jnp.array(mask)


def _mixture(logits: jax.Array, mask: jax.Array, floor: jax.Array, action: jax.Array) -> Outputs:
    """Probabilities (R, A), log-probability and entropy (R,) by the mixture's own formula."""
    legal = jnp.sum(mask, axis=-1, keepdims=True)
    floor = jnp.minimum(floor, 1.0 / legal)
    shifted = jnp.where(mask, logits, -jnp.inf)
    weights = jnp.exp(shifted - jnp.max(shifted, axis=-1, keepdims=True))
    pi = weights / jnp.sum(weights, axis=-1, keepdims=True)
    p = jnp.where(mask, (1.0 - legal * floor) * pi + floor, 0.0)
    safe = jnp.where(p > 0.0, p, 1.0)
    chosen = jnp.take_along_axis(safe, action[:, None], axis=-1)[:, 0]
    return p, jnp.log(chosen), -jnp.sum(p * jnp.log(safe), axis=-1)


def _ours(logits: jax.Array, mask: jax.Array, floor: jax.Array, action: jax.Array) -> Outputs:
    policy = policy_distribution(logits, mask, floor)
    assert isinstance(policy, distrax.Categorical)
    return policy.probs, policy.log_prob(action), policy.entropy()


def _gradients(outputs: Callable[..., Outputs], *case: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Gradients of the summed log-probabilities and of the summed entropies by the logits."""
    logits, *rest = case
    one = jax.grad(lambda x: jnp.sum(outputs(x, *rest)[1]))(logits)
    return one, jax.grad(lambda x: jnp.sum(outputs(x, *rest)[2]))(logits)


_compare = jax.jit(lambda *case: (_ours(*case), _gradients(_ours, *case)))
_oracle = jax.jit(lambda *case: (_mixture(*case), _gradients(_mixture, *case)))


@given(seed=st.integers(0, 2**32 - 1), floor=st.sampled_from([0.0, 0.01, 0.05, 0.2, 0.9]))
def test_is_the_stated_mixture(seed: int, floor: float) -> None:
    logits, mask = _case(seed, largest=5.0)
    action = jnp.argmax(mask * jax.random.uniform(jax.random.key(seed % 1000), mask.shape), axis=-1)
    case = logits, mask, jnp.float32(floor), action
    with jax.enable_x64(True):
        wide = jax.tree.map(lambda x: jnp.asarray(x, jnp.result_type(x)), case)
        (p, log_prob, entropy), (by_log_prob, by_entropy) = _oracle(
            jnp.float64(logits), mask, jnp.float64(wide[2]), action
        )
    (q, our_log_prob, our_entropy), (ours_by_log_prob, ours_by_entropy) = _compare(*case)
    np.testing.assert_allclose(q, p, atol=1e-6)
    np.testing.assert_allclose(our_log_prob, log_prob, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(our_entropy, entropy, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(ours_by_log_prob, by_log_prob, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(ours_by_entropy, by_entropy, rtol=1e-6, atol=1e-6)


seeds = st.integers(0, 2**32 - 1)
floors = st.floats(0.0, 1.0, width=32, allow_subnormal=False)


@jax.jit
def _figures(*case: jax.Array) -> tuple[jax.Array, jax.Array]:
    policy = policy_distribution(*case)
    return policy.probs, policy.entropy()


@jax.jit
def _chosen(logits: jax.Array, mask: jax.Array, floor: jax.Array, key: jax.Array) -> jax.Array:
    """(21, R) int32, twenty draws and the mode."""
    policy = policy_distribution(logits, mask, floor)
    return jnp.vstack([policy.sample(seed=key, sample_shape=20), policy.mode()])


@given(seed=seeds, floor=floors)
def test_probabilities_are_bounded_by_the_floor_and_entropy_by_the_choices(
    seed: int, floor: float
) -> None:
    """Of n legal actions; a floor beyond 1 / n makes them equally probable."""
    logits, mask = _case(seed)
    legal, count = np.asarray(mask), np.sum(mask, axis=-1)
    p, entropy = map(np.asarray, _figures(logits, mask, jnp.float32(floor)))
    assert (p[~legal] == 0.0).all()
    np.testing.assert_allclose(p.sum(-1), 1.0, atol=1e-5)
    least = np.broadcast_to(np.minimum(floor, 1.0 / count)[:, None], p.shape)
    assert (
        p >= np.where(legal, least * (1.0 - 1e-4), 0.0)
    ).all()  # logits of 300 have so much rounding
    assert (entropy >= -1e-6).all()
    assert (entropy <= np.log(count) + 1e-5).all()
    uniform = floor * count >= 1.0
    np.testing.assert_allclose(entropy[uniform], np.log(count[uniform]), atol=1e-5)


@given(seed=seeds, floor=floors, shift=st.floats(-10.0, 10.0, width=32, allow_subnormal=False))
def test_neither_a_shift_nor_an_illegal_logit_nor_the_order_matters(
    seed: int, floor: float, shift: float
) -> None:
    logits, mask = _case(seed, largest=5.0)
    order = np.random.default_rng(seed).permutation(ACTIONS)
    other = jnp.where(mask, logits + shift, 1e3 * shift)
    p, entropy = _figures(logits, mask, jnp.float32(floor))
    q, other_entropy = _figures(other[:, order], mask[:, order], jnp.float32(floor))
    np.testing.assert_allclose(q, p[:, order], atol=1e-5)
    np.testing.assert_allclose(other_entropy, entropy, atol=1e-4)


@given(seed=seeds, floor=floors)
def test_draws_and_the_mode_are_legal(seed: int, floor: float) -> None:
    logits, mask = _case(seed)
    chosen = _chosen(logits, mask, jnp.float32(floor), jax.random.key(seed))
    assert np.take_along_axis(np.asarray(mask), np.asarray(chosen).T, axis=-1).all()


@pytest.mark.parametrize("floor", [0.0, 0.05, 1.0])
def test_illegal_probability_is_exactly_zero(floor: float) -> None:
    logits, mask = _case(0)
    probabilities = np.asarray(policy_distribution(logits, mask, floor).probs)
    assert (probabilities[~np.asarray(mask)] == 0.0).all()
    np.testing.assert_allclose(probabilities.sum(-1), 1.0, atol=1e-5)


@pytest.mark.parametrize("floor", [0.0, 0.05, 0.5])
def test_gradient_to_illegal_logits_is_exactly_zero(floor: float) -> None:
    logits, mask = _case(3)
    case = logits, mask, jnp.float32(floor), jnp.argmax(mask, axis=-1)
    for gradient in map(np.asarray, _gradients(_ours, *case)):
        assert np.isfinite(gradient).all()
        assert (gradient[~np.asarray(mask)] == 0.0).all()
        if floor < 0.2:
            assert np.abs(gradient[np.asarray(mask)]).max() > 1e-3


def test_kl_divergence_ignores_illegal_actions() -> None:
    logits, mask = _case(4, largest=5.0)
    one, other = policy_distribution(logits, mask), policy_distribution(-logits, mask, 0.05)
    p, q = np.asarray(one.probs, np.float64), np.asarray(other.probs, np.float64)
    legal = np.asarray(mask)
    terms = np.where(legal & (p > 0), p * np.log(np.where(p > 0, p, 1) / np.where(q > 0, q, 1)), 0)
    np.testing.assert_allclose(one.kl_divergence(other), terms.sum(-1), atol=1e-5)
    np.testing.assert_array_equal(one.kl_divergence(one), 0.0)


def test_samples_are_legal_and_follow_the_probabilities() -> None:
    logits = jnp.array([2.0, 0.0, 30.0, -1.0, 0.5])
    mask = jnp.array([True, True, False, True, True])
    policy = policy_distribution(logits, mask, 0.05)
    draws = np.asarray(policy.sample(seed=jax.random.PRNGKey(0), sample_shape=400_000))
    shares = np.bincount(draws, minlength=ACTIONS) / draws.size
    assert shares[2] == 0.0
    np.testing.assert_allclose(shares, policy.probs, atol=4e-3)


def test_acting_is_greedy_without_a_key_and_legal_with_one() -> None:
    logits, mask = _case(5)
    policy = policy_distribution(logits, mask)
    greedy = act(policy, None)
    assert greedy.dtype == jnp.int32
    np.testing.assert_array_equal(greedy, jnp.argmax(jnp.where(mask, logits, -jnp.inf), axis=-1))
    drawn = act(policy, jax.random.key(0))
    assert drawn.dtype == jnp.int32
    assert np.take_along_axis(np.asarray(mask), np.asarray(drawn)[:, None], axis=-1).all()
    assert (drawn != greedy).any()


def test_single_legal_action_has_no_entropy_and_no_choice() -> None:
    mask = jnp.array([[False, True, False], [True, True, False]])
    policy = policy_distribution(jnp.zeros((2, 3)), mask, 0.1)
    np.testing.assert_allclose(policy.entropy(), [0.0, np.log(2.0)], atol=1e-6)
    assert has_choice(mask).tolist() == [False, True]
