"""GAE against plain Python with mixed terminations and truncations."""

import jax
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ppo_agent.algorithm.gae import generalized_advantages

STEPS, ENVS = 12, 5
compiled = jax.jit(generalized_advantages)


def reference(
    reward: np.ndarray,
    value: np.ndarray,
    following: np.ndarray,
    terminated: np.ndarray,
    truncated: np.ndarray,
    gamma: float,
    decay: float,
) -> np.ndarray:
    """Sum of discounted deltas up to the end of each episode, written forward."""
    out = np.zeros_like(reward)
    for env in range(ENVS):
        for start in range(STEPS):
            weight = 1.0
            for t in range(start, STEPS):
                future = 0.0 if terminated[t, env] else following[t, env]
                delta = reward[t, env] + gamma * future - value[t, env]
                out[start, env] += weight * delta
                if terminated[t, env] or truncated[t, env]:
                    break
                weight *= gamma * decay
    return out


@given(
    seed=st.integers(0, 2**32 - 1),
    gamma=st.sampled_from([0.0, 0.5, 0.99, 1.0]),
    decay=st.sampled_from([0.0, 0.9, 1.0]),
)
def test_matches_the_forward_sum(seed: int, gamma: float, decay: float) -> None:
    rng = np.random.default_rng(seed)
    reward, value, following = rng.normal(size=(3, STEPS, ENVS))
    terminated, truncated = rng.random((2, STEPS, ENVS)) < 0.2
    expected = reference(reward, value, following, terminated, truncated, gamma, decay)
    floats = [np.float32(x) for x in (reward, value, following)]
    found = compiled(*floats, terminated, terminated | truncated, gamma, decay)
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_truncation_keeps_the_future_and_termination_drops_it() -> None:
    one = np.ones((1, 2), np.float32)
    ends = np.array([[True, False]])
    found = compiled(one, 0 * one, 10 * one, ends, np.array([[True, True]]), 0.5, 0.95)
    np.testing.assert_allclose(found, [[1.0, 6.0]])
