"""Running moments equal the moments of everything seen, in any order, far from 0 as well."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ppo_agent.algorithm import normalization
from ppo_agent.types import Moments
from tests.conftest import many_examples

BATCHES, ROWS, COLUMNS = 4, 50, 3
seeds = st.integers(0, 2**32 - 1)
offsets = st.sampled_from([0.0, 3.0, 1e4])
merge = jax.jit(normalization.merge_moments)
merge_sums = jax.jit(normalization.merge_shifted_sums)
standardize = jax.jit(normalization.standardize)


def drawn(seed: int, offset: float) -> list[np.ndarray]:
    """Batches (ROWS, COLUMNS) of different spreads around an offset."""
    rng = np.random.default_rng(seed)
    shape = (ROWS, COLUMNS)
    return [rng.normal(offset, rng.uniform(0.1, 5.0), size=shape) for _ in range(BATCHES)]


def merged(batches: list[np.ndarray], start: np.ndarray) -> Moments:
    """Moments after all batches by shifted sums, from a prior at ``start``."""
    stats = normalization.initial_moments(jnp.float32(start))
    for batch in batches:
        shifted = jnp.float32(batch) - stats.mean
        stats = merge_sums(stats, shifted.sum(0), (shifted * shifted).sum(0), len(batch))
    return stats


@given(seed=seeds, offset=offsets)
def test_merging_batches_equals_one_pass(seed: int, offset: float) -> None:
    batches = drawn(seed, offset)
    first, seen = batches[0].mean(0), np.concatenate(batches)
    stats = merged(batches, first)
    # the prior counts as one sample of unit variance at the first batch's mean
    prior = np.stack([first - 1.0, first + 1.0])
    weights = np.r_[0.5, 0.5, np.ones(len(seen))]
    samples = np.concatenate([prior, seen])
    mean = np.average(samples, axis=0, weights=weights)
    var = np.average((samples - mean) ** 2, axis=0, weights=weights)
    np.testing.assert_allclose(stats.count, weights.sum())
    np.testing.assert_allclose(stats.mean, mean, rtol=1e-5, atol=1e-4)
    np.testing.assert_allclose(stats.var, var, rtol=2e-2)


@given(seed=seeds, offset=offsets)
def test_the_order_of_batches_does_not_matter(seed: int, offset: float) -> None:
    batches = drawn(seed, offset)
    one, other = merged(batches, batches[0].mean(0)), merged(batches[::-1], batches[0].mean(0))
    np.testing.assert_array_equal(one.count, other.count)
    np.testing.assert_allclose(one.mean, other.mean, rtol=1e-5, atol=1e-4)
    np.testing.assert_allclose(one.var, other.var, rtol=2e-2)


@many_examples
@given(
    mean=st.floats(-1e3, 1e3),
    var=st.floats(0.0, 1e3),
    count=st.integers(1, 10**6),
    before=st.floats(1.0, 1e6),
)
def test_a_merge_lies_between_and_loses_no_spread(
    mean: float, var: float, count: int, before: float
) -> None:
    """The mean stays between the two; the variance is at least the smaller of the two."""
    stats = Moments(count=jnp.float32(before), mean=jnp.float32(10.0), var=jnp.float32(4.0))
    found = merge(stats, jnp.float32(mean), jnp.float32(var), count)
    np.testing.assert_allclose(found.count, before + count, rtol=1e-6)
    low, high = sorted((mean, 10.0))
    near = 1e-5 * max(abs(mean), 10.0)
    assert low - near <= float(found.mean) <= high + near
    assert float(found.var) >= min(var, 4.0) * (1.0 - 1e-5)


@many_examples
@given(
    samples=st.lists(st.floats(width=32, allow_nan=False), min_size=4, max_size=4),
    mean=st.floats(-1e6, 1e6, width=32),
    var=st.floats(0.0, 1e6, width=32),
    clip=st.floats(0.125, 1e6, width=32),
)
def test_standardized_samples_are_bounded_and_keep_their_order(
    samples: list[float], mean: float, var: float, clip: float
) -> None:
    """Infinite samples and constant columns included."""
    stats = Moments(count=jnp.float32(1), mean=jnp.float32(mean), var=jnp.float32(var))
    found = np.asarray(standardize(stats, jnp.sort(jnp.float32(samples)), clip))
    assert (np.abs(found) <= np.float32(clip)).all()
    assert (np.diff(found) >= 0.0).all()
    assert float(standardize(stats, stats.mean, clip)) == 0.0


@given(seed=seeds, offset=offsets)
def test_standardizing_by_own_moments_gives_mean_0_and_deviation_1(
    seed: int, offset: float
) -> None:
    samples = np.concatenate(drawn(seed, offset)).astype(np.float32)
    stats = Moments(count=jnp.float32(1), mean=samples.mean(0), var=samples.var(0))
    found = np.asarray(standardize(stats, samples, 1e6))
    np.testing.assert_allclose(found.mean(0), 0.0, atol=1e-2)
    np.testing.assert_allclose(found.std(0), 1.0, rtol=1e-2)
    np.testing.assert_allclose(normalization.deviation(stats), samples.std(0), rtol=1e-4)


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
