"""Collection: masks, bootstrap values, totals; and the layout of minibatches."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ppo_agent.algorithm.init_state import make_members, make_state
from ppo_agent.algorithm.normalization import network_inputs
from ppo_agent.algorithm.rollout import (
    BOOTSTRAP_BLOCK,
    collect,
    value_of,
    values_where,
)
from ppo_agent.algorithm.run_description import RunDescription, flatten_axes
from ppo_agent.algorithm.update import minibatch_rows, take_rows
from ppo_agent.types import Minibatch, Rollout, TrainState
from tests.ppo_agent.conftest import small_config
from tests.ppo_agent.corridor import WIDTH, Corridor, CorridorParams


@pytest.fixture(scope="module")
def collected(
    corridor: Corridor, corridor_params: CorridorParams
) -> tuple[RunDescription, TrainState, TrainState, Rollout, dict[str, jax.Array]]:
    config = small_config(num_envs=16, num_steps=24)
    run = RunDescription(
        env=corridor,
        config=config.static_part(),
        param_axes=flatten_axes(corridor_params, None),
    )
    hyper, key, _ = make_members(config, None)
    state = make_state(run, corridor_params, hyper, key, None)
    after, rollout, totals = jax.jit(collect, static_argnums=0)(
        run, state, corridor_params, jnp.float32(0.0)
    )
    return run, state, after, rollout, totals


def _positions(run: RunDescription, state: TrainState, rollout: Rollout) -> np.ndarray:
    """Positions acted on, read back from standardised and weighted observations."""
    stats, weights = state.learned.obs_stats, state.learned.input_weights
    raw = rollout.obs / weights * np.sqrt(np.asarray(stats.var) + 1e-8) + np.asarray(stats.mean)
    return np.rint(np.asarray(raw[..., 0]))


def test_masks_belong_to_the_state_acted_on(collected: Any) -> None:
    run, state, _, rollout, totals = collected
    position = _positions(run, state, rollout)
    np.testing.assert_array_equal(rollout.mask[..., 0], position > -WIDTH)
    taken = np.take_along_axis(np.asarray(rollout.mask), np.asarray(rollout.action)[..., None], -1)
    assert taken.all()
    assert float(totals["sum/env/illegal"]) == 0.0
    assert not np.asarray(rollout.mask).all()


def test_next_value_is_that_of_the_true_next_observation(collected: Any) -> None:
    run, state, _, rollout, _ = collected
    position = _positions(run, state, rollout)
    moved = np.array([-1, 1, 0])[np.asarray(rollout.action)]
    raw = np.stack([position + moved, np.full_like(position, WIDTH)], axis=-1)
    values = np.asarray(value_of(run, state.learned, jnp.float32(raw.reshape(-1, 2))))
    values = values.reshape(position.shape)
    terminated, done = np.asarray(rollout.terminated), np.asarray(rollout.done)
    assert terminated.any()
    assert (done & ~terminated).any()
    np.testing.assert_allclose(
        np.where(terminated, 0.0, rollout.next_value),
        np.where(terminated, 0.0, values),
        atol=1e-5,
    )


def test_sums_count_episodes_returns_and_lengths(collected: Any) -> None:
    _, _, _, rollout, totals = collected
    reward, done = np.asarray(rollout.reward, np.float64), np.asarray(rollout.done)
    returns, lengths = [], []
    for env in range(done.shape[1]):
        ends = np.flatnonzero(done[:, env])
        starts = np.r_[0, ends[:-1] + 1] if ends.size else []
        for start, end in zip(starts, ends, strict=True):
            returns.append(reward[start : end + 1, env].sum())
            lengths.append(end + 1 - start)
    assert float(totals["sum/episodes"]) == len(returns)
    assert float(totals["sum/episode_length"]) == sum(lengths)
    np.testing.assert_allclose(totals["sum/episode_return"], sum(returns), rtol=1e-5)
    assert float(totals["sum/env/steps"]) == done.size


def test_maxima_are_taken_over_steps_and_environments(collected: Any) -> None:
    run, state, _, rollout, totals = collected
    moved = np.array([-1, 1, 0])[np.asarray(rollout.action)]
    assert float(totals["max/env/farthest"]) == (_positions(run, state, rollout) + moved).max()


def test_observation_moments_are_those_of_raw_observations(collected: Any) -> None:
    run, state, after, rollout, _ = collected
    position = _positions(run, state, rollout)
    count = position.size
    prior = float(state.learned.obs_stats.mean[0])
    mean = (position.sum() + prior) / (count + 1)
    np.testing.assert_allclose(after.learned.obs_stats.mean[0], mean, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(after.learned.obs_stats.count, count + 1)


def test_log_probs_are_reproduced_by_the_update(collected: Any) -> None:
    from ppo_agent.algorithm.distribution import policy_distribution
    from ppo_agent.algorithm.networks import forward

    run, state, _, rollout, _ = collected
    logits, value = forward(run.network, state.learned.params, rollout.obs)
    log_prob = policy_distribution(logits, rollout.mask).log_prob(rollout.action)
    np.testing.assert_allclose(log_prob, rollout.log_prob, atol=1e-5)
    np.testing.assert_allclose(value, rollout.value, atol=1e-5)
    raw = state.workers.obs
    np.testing.assert_allclose(network_inputs(run.config, state.learned, raw), rollout.obs[0])


@pytest.mark.parametrize("rows", [7, BOOTSTRAP_BLOCK, 3 * BOOTSTRAP_BLOCK + 5])
def test_values_where_equals_the_full_pass(rows: int) -> None:
    rng = np.random.default_rng(rows)
    obs = jnp.float32(rng.normal(size=(rows, 3)))
    for share in (0.0, 0.2, 1.0):
        needed = jnp.array(rng.random(rows) < share)
        found = jax.jit(lambda n, o: values_where(n, o, lambda x: x.sum(-1)))(needed, obs)
        np.testing.assert_allclose(found, jnp.where(needed, obs.sum(-1), 0.0), atol=1e-6)


@pytest.mark.parametrize(("steps", "minibatches"), [(8, 2), (12, 3), (1, 1), (100, 4)])
def test_minibatches_use_every_step_of_every_environment_once(steps: int, minibatches: int) -> None:
    rows = np.asarray(minibatch_rows(jax.random.PRNGKey(0), steps, 6, minibatches))
    assert rows.shape == (minibatches, 6, steps // minibatches)
    for env in range(6):
        assert sorted(rows[:, env].ravel()) == list(range(steps))
    if steps == 100:
        assert not (rows[:, 0] == rows[:, 1]).all()


def test_rows_are_gathered_alike_from_all_leaves() -> None:
    index = jnp.arange(4 * 3, dtype=jnp.float32).reshape(4, 3)
    batch = Minibatch(
        obs=jnp.stack([index, -index], -1),
        mask=jnp.ones((4, 3, 2), bool),
        action=index.astype(jnp.int32),
        log_prob=index,
        value=index,
        advantage=index,
        target=index,
    )
    rows = jnp.array([[3, 1], [0, 1], [2, 1]], jnp.uint32)
    part = take_rows(batch, rows)
    expected = np.take_along_axis(np.asarray(index).T, np.asarray(rows, int), axis=1).ravel()
    for leaf in (part.obs[..., 0], -part.obs[..., 1], part.action, part.log_prob, part.target):
        np.testing.assert_array_equal(leaf, expected)
