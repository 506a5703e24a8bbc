"""Transfer by the names of features and actions."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ppo_agent import Policy, train, transfer
from tests.ppo_agent.conftest import small_config
from tests.ppo_agent.corridor import Corridor, CorridorParams

PARAMS = CorridorParams()


@pytest.fixture(scope="module")
def source(corridor: Corridor) -> Policy:
    result = train(corridor, PARAMS, small_config(), progress=False)
    names = {
        "observation_layout": list(corridor.observation_layout),
        "action_names": list(corridor.action_names),
    }
    return Policy.from_train_state(result.train_state, small_config(), names)


@pytest.fixture(scope="module")
def rich() -> Corridor:
    return Corridor(rich=True)


def test_ratios_among_old_actions_are_unchanged(source: Policy, rich: Corridor) -> None:
    learned = transfer(source, rich, PARAMS, small_config())
    target = Policy(params=learned, config=small_config())
    old = jnp.array([[-2.0, 3.0], [1.0, 3.0]])
    # rich columns: clock, position, goal; rich actions: LEFT, JUMP, RIGHT, STAY
    for clock in (0.0, 5.0):
        new = jnp.concatenate([jnp.full((2, 1), clock), old], axis=1)
        logits = np.asarray(target.logits(new))
        np.testing.assert_allclose(logits[:, [0, 2, 3]], source.logits(old), rtol=1e-5, atol=1e-6)
        np.testing.assert_array_equal(logits[:, 1], -5.0)
        np.testing.assert_allclose(target.value(new), source.value(old), rtol=1e-5)


def test_statistics_are_carried_and_new_columns_start_afresh(
    source: Policy, rich: Corridor
) -> None:
    moved = transfer(source, rich, PARAMS, small_config(), new_action_bias=-2.0)
    np.testing.assert_array_equal(moved.obs_stats.mean[1:], source.params.obs_stats.mean)
    np.testing.assert_array_equal(moved.obs_stats.count[1:], source.params.obs_stats.count)
    assert (float(moved.obs_stats.count[0]), float(moved.obs_stats.mean[0])) == (1.0, 0.0)
    assert float(moved.return_stats.var) == float(source.params.return_stats.var)
    assert float(moved.params["actor"]["bias"][1]) == -2.0


def test_training_continues_from_the_transferred_state(source: Policy, rich: Corridor) -> None:
    moved = transfer(source, rich, PARAMS, small_config())
    config = small_config(total_timesteps=64 * 3, learning_rate=0.0, learning_rate_final=0.0)
    result = train(rich, PARAMS, config, initial_state=moved, progress=False)
    assert result.metrics[0]["action/JUMP"] < 0.1
    before, after = moved.params, result.train_state.learned.params
    for a, b in zip(jax.tree.leaves(before), jax.tree.leaves(after), strict=True):
        np.testing.assert_array_equal(a, b)
    assert float(result.train_state.learned.obs_stats.mean[0]) > 1.0


def test_missing_names_are_listed(source: Policy, rich: Corridor, corridor: Corridor) -> None:
    there = transfer(source, rich, PARAMS, small_config())
    with pytest.raises(ValueError, match=r"1 of 3 observation columns .* target's 2: clock"):
        transfer(
            there,
            corridor,
            PARAMS,
            small_config(),
            source_layout=rich.observation_layout,
            source_actions=rich.action_names,
        )
    with pytest.raises(ValueError, match="needs source_layout and source_actions"):
        transfer(there, corridor, PARAMS, small_config())


def test_other_networks_are_refused_with_both_values(source: Policy, rich: Corridor) -> None:
    with pytest.raises(ValueError, match=r"hidden_sizes: source \(16,\), target \(32,\)"):
        transfer(source, rich, PARAMS, small_config(hidden_sizes=(32,)))
    with pytest.raises(ValueError, match="activation: source tanh, target relu"):
        transfer(source, rich, PARAMS, small_config(activation="relu"))
    wrong = replace(source.params, params=source.params.params | {"extra": jnp.zeros(2)})
    with pytest.raises(ValueError, match=r"params/extra: given \(2,\), needed nothing"):
        transfer(
            wrong,
            rich,
            PARAMS,
            small_config(),
            source_layout=("position", "goal"),
            source_actions=("LEFT", "RIGHT", "STAY"),
        )
