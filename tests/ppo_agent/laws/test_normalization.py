"""Running moments equal the moments of everything seen, far from 0 as well."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ppo_agent.algorithm import normalization


@given(seed=st.integers(0, 2**32 - 1), offset=st.sampled_from([0.0, 3.0, 1e4]))
def test_merging_batches_equals_one_pass(seed: int, offset: float) -> None:
    rng = np.random.default_rng(seed)
    batches = [rng.normal(offset, rng.uniform(0.1, 5.0), size=(50, 3)) for _ in range(4)]
    stats = normalization.initial_moments(jnp.float32(batches[0].mean(0)))
    for batch in batches:
        shifted = jnp.float32(batch) - stats.mean
        stats = normalization.merge_shifted_sums(
            stats, shifted.sum(0), (shifted * shifted).sum(0), len(batch)
        )
    # the prior counts as one sample of unit variance at the first batch's mean
    first, seen = batches[0].mean(0), np.concatenate(batches)
    prior = np.stack([first - 1.0, first + 1.0])
    weights = np.r_[0.5, 0.5, np.ones(len(seen))]
    samples = np.concatenate([prior, seen])
    mean = np.average(samples, axis=0, weights=weights)
    var = np.average((samples - mean) ** 2, axis=0, weights=weights)
    np.testing.assert_allclose(stats.count, weights.sum())
    np.testing.assert_allclose(stats.mean, mean, rtol=1e-5, atol=1e-4)
    np.testing.assert_allclose(stats.var, var, rtol=2e-2)


def test_columns_keep_their_own_count() -> None:
    stats = normalization.initial_moments(jnp.zeros(2))
    stats = replace(stats, count=jnp.array([1e6, 1.0]))
    merged = normalization.merge_moments(stats, jnp.full(2, 5.0), jnp.ones(2), 999.0)
    assert abs(float(merged.mean[0])) < 0.01
    assert abs(float(merged.mean[1]) - 5.0) < 0.01


def test_standardize_is_bounded_and_survives_constant_columns() -> None:
    stats = normalization.Moments(
        count=jnp.ones(2), mean=jnp.array([1.0, 2.0]), var=jnp.array([4.0, 0.0])
    )
    out = normalization.standardize(stats, jnp.array([[3.0, 2.0], [99.0, 3.0]]), 10.0)
    np.testing.assert_allclose(out, [[1.0, 0.0], [10.0, 10.0]])
