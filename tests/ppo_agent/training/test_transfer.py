"""Transfer by the names of features and actions."""

from dataclasses import replace
from typing import Any

import gymnax
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import futures_env  # noqa: F401  registers the environments
from ppo_agent import Policy, PPOConfig, evaluate, train, transfer
from ppo_agent.algorithm.run_description import RunDescription, flatten_axes
from ppo_agent.policy import untrained
from ppo_agent.storage.provenance import describe_run
from ppo_agent.types import Moments
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


def described(env: Any, params: Any, config: PPOConfig) -> dict[str, Any]:
    run = RunDescription(env=env, config=config, param_axes=flatten_axes(params, None))
    return describe_run(run, params, config)


@pytest.fixture(scope="module")
def rich() -> Corridor:
    return Corridor(rich=True)


def test_ratios_among_old_actions_are_unchanged(source: Policy, rich: Corridor) -> None:
    learned = transfer(source, rich, PARAMS, small_config())
    target = Policy(learned=learned, config=small_config())
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
    np.testing.assert_array_equal(moved.obs_stats.mean[1:], source.learned.obs_stats.mean)
    np.testing.assert_array_equal(moved.obs_stats.count[1:], source.learned.obs_stats.count)
    assert (float(moved.obs_stats.count[0]), float(moved.obs_stats.mean[0])) == (1.0, 0.0)
    np.testing.assert_array_equal(moved.input_weights[1:], source.learned.input_weights)
    half_life = small_config().recency_half_life
    np.testing.assert_allclose(moved.input_weights[0], 0.5 ** (3.0 / half_life))  # three steps back
    assert float(moved.return_stats.var) == float(source.learned.return_stats.var)
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
    wrong = replace(source.learned, params=source.learned.params | {"extra": jnp.zeros(2)})
    with pytest.raises(ValueError, match=r"params/extra: given \(2,\), needed nothing"):
        transfer(
            wrong,
            rich,
            PARAMS,
            small_config(),
            source_layout=("position", "goal"),
            source_actions=("LEFT", "RIGHT", "STAY"),
        )


def test_index_names_mean_nothing_in_another_environment() -> None:
    """MountainCar and Acrobot share the names obs[0], obs[1] and three actions, no meaning."""
    (car, car_params), (acrobot, acrobot_params) = map(
        gymnax.make, ("MountainCar-v0", "Acrobot-v1")
    )
    config = small_config()
    metadata = described(car, car_params, config)
    source = Policy(learned=untrained(config, 2, 3), config=config, metadata=metadata)
    transfer(source, car, car_params, config)
    with pytest.raises(ValueError, match=r"MountainCar-v0, this is Acrobot-v1.*only indices"):
        transfer(source, acrobot, acrobot_params, config)
    with pytest.raises(ValueError, match=r"action_names of the agent are only indices \(0"):
        transfer(source, acrobot, acrobot_params, config, source_layout=("obs[4]", "obs[5]"))
    vouched = transfer(
        source,
        acrobot,
        acrobot_params,
        config,
        source_layout=("obs[4]", "obs[5]"),
        source_actions=("0", "1", "2"),
    )
    kernel = np.asarray(vouched.params["trunk_0"]["kernel"])
    assert not kernel[:4].any()
    np.testing.assert_array_equal(kernel[4:], source.learned.params["trunk_0"]["kernel"])


def test_evaluation_refuses_index_names_of_another_environment() -> None:
    car, params = gymnax.make("MountainCar-v0")
    config = small_config()
    metadata = described(car, params, config) | {"env": "Another-v0"}
    policy = Policy(learned=untrained(config, 2, 3), config=config, metadata=metadata)
    with pytest.raises(ValueError, match="trained on Another-v0, this is MountainCar-v0"):
        evaluate(policy, car, params, num_envs=2, max_steps=2)


def test_phase_2_keeps_the_ratios_of_phase_1_on_the_same_market() -> None:
    """The real environments: 225 market and account columns, six of the position on top."""
    (one, one_params), (two, two_params) = map(
        gymnax.make, ("FuturesNQ-Phase1", "FuturesNQ-Phase2")
    )
    assert (len(one.observation_layout), len(two.observation_layout)) == (225, 231)
    config = small_config()
    rng = np.random.default_rng(0)
    params = jax.tree.map(
        lambda leaf: jnp.asarray(rng.normal(size=leaf.shape) * 0.1, jnp.float32),
        untrained(config, 225, 3).params,
    )
    mean, var = rng.normal(size=225), rng.uniform(0.5, 2.0, size=225)
    stats = Moments(count=jnp.full(225, 1e4), mean=jnp.float32(mean), var=jnp.float32(var))
    learned = replace(untrained(config, 225, 3), params=params, obs_stats=stats)
    metadata = described(one, one_params, config)
    source = Policy(learned=learned, config=config, metadata=metadata)
    target = Policy(learned=transfer(source, two, two_params, config), config=config)

    obs_two = jnp.float32(rng.normal(size=(16, 231)))
    obs_one = obs_two[:, [two.observation_layout.index(n) for n in one.observation_layout]]
    names = [two.action_names.index(name) for name in ("HOLD", "BUY", "SELL")]
    before = jax.nn.softmax(source.logits(obs_one))
    after = jax.nn.softmax(target.logits(obs_two))[:, names]
    ratios = after / after.sum(1, keepdims=True)
    np.testing.assert_allclose(ratios, before, rtol=1e-4)
    assert float(jnp.ptp(before)) > 0.05
    new = [i for i in range(6) if i not in names]
    np.testing.assert_array_equal(target.logits(obs_two)[:, jnp.array(new)], -5.0)
