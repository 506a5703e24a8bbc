"""Late entries: what counts as a chance, whose signal it is, and what a delay earns."""

import jax.numpy as jnp
import numpy as np
import pytest

from benchmarks.lateness import DELAYS, Delayed, chances, raw_columns, tried, watched
from eval_tools.controls.planted import Plant, PlantedMarket
from futures_env import Action
from ppo_agent import PPOConfig
from ppo_agent.algorithm.normalization import (
    initial_moments,
    merge_moments,
    network_inputs,
    recency_weights,
)
from ppo_agent.types import Learned


def test_a_decision_belongs_to_the_newest_signal_in_its_direction() -> None:
    signal = np.array([[1, -1, 0], [0, -1, 1], [0, 0, 0], [0, 1, 0], [0, 1, 0]])
    flat = np.array([True, True, True, True, False])
    action = np.array([Action.BUY, Action.BUY, Action.SELL, Action.BUY, Action.HOLD])
    found = chances(signal, flat, action, np.arange(5.0))
    told = {key: (list(one.taken), list(one.left)) for key, one in found.items()}
    assert told == {
        (Action.BUY, 0): ([0.0], []),
        (Action.SELL, 0): ([], []),
        (Action.BUY, 1): ([3.0], []),
        (Action.SELL, 1): ([], [1.0]),
        (Action.BUY, 2): ([], []),
        (Action.SELL, 2): ([], []),
    }


def test_a_window_adds_its_updates_up() -> None:
    signal = np.array([[1, 0, 0]] * 4)
    flat, action = np.ones(4, bool), np.array([Action.BUY, Action.BUY, Action.HOLD, Action.HOLD])
    parts = [chances(signal, flat, action, np.array(x)) for x in ([3, 5, 0, 2], [4, 4, 1, 1])]
    lines = tried(1, 2, parts)
    # deviations sqrt(1/2) and sqrt(1/2) of four values each
    assert lines[0] == ["1 to 2", "BUY", "0", "4", "0.50", "3.00 ± 0.50"]
    assert lines[1] == ["1 to 2", "SELL", "0", "0", "0.00", "-"]


def test_observations_are_read_back_from_the_networks_inputs() -> None:
    raw = np.random.default_rng(0).normal(3.0, 2.0, (50, 4)).astype(np.float32)
    stats = initial_moments(jnp.zeros(4))
    learned = Learned(
        params={},
        obs_stats=merge_moments(stats, jnp.full(4, 2.5), jnp.full(4, 3.0), 100.0),
        input_weights=recency_weights(jnp.array([3.0, 2.0, 1.0, 0.0]), jnp.float32(1.0)),
        return_stats=initial_moments(jnp.zeros(())),
    )
    inputs = np.asarray(network_inputs(PPOConfig(), learned, jnp.asarray(raw)))
    np.testing.assert_allclose(raw_columns(learned, inputs, [3, 0]), raw[:, [3, 0]], rtol=1e-4)


@pytest.mark.thorough
def test_a_delay_costs_what_has_drifted_away_and_trainings_are_watched() -> None:
    market = PlantedMarket.draw(Plant(edge="entry", strength=10.0, sessions=40, seed=3))
    both = [
        [
            market.value(
                Delayed(market.oracle, jnp.int32(delay), jnp.int32(action)),
                market.all_training_sessions,
            )
            for delay in (0, 5)
        ]
        for action in (Action.BUY, Action.SELL)
    ]
    on_time, late = np.sum(both, axis=0)
    assert on_time == pytest.approx(
        market.value(market.oracle, market.all_training_sessions), rel=0.15
    )
    assert late < 0.8 * on_time
    config = PPOConfig(total_timesteps=32_768, num_envs=16, num_minibatches=1)
    (seen,) = watched(market, config, 1)
    assert set(seen) == {(entry, n) for entry in (Action.BUY, Action.SELL) for n in DELAYS}
    flat_at_signals = sum(len(one.taken) + len(one.left) for one in seen.values())
    assert flat_at_signals > 20
