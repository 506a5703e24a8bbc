"""The host loop: rows, schedules, members, one compile, stops and errors."""

import json
import math
import re
from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ppo_agent import Policy, TrainResult, train
from ppo_agent.algorithm.init_state import initial_params
from ppo_agent.algorithm.networks import make_network
from ppo_agent.algorithm.train_step import run_chunk
from tests.ppo_agent.conftest import small_config
from tests.ppo_agent.corridor import WIDTH, Corridor, CorridorParams


def quiet(env: Corridor, params: CorridorParams, **options: Any) -> TrainResult:
    config = options.pop("config", small_config())
    return train(env, params, config, progress=False, **options)


@pytest.fixture(scope="module")
def plain(corridor: Corridor, corridor_params: CorridorParams) -> TrainResult:
    return quiet(corridor, corridor_params)


def same(left: Any, right: Any) -> bool:
    return all(
        np.array_equal(a, b)
        for a, b in zip(jax.tree.leaves(left), jax.tree.leaves(right), strict=True)
    )


def test_one_row_per_update(plain: TrainResult) -> None:
    assert [row["update"] for row in plain.metrics] == list(range(1, 13))
    assert plain.metrics[-1]["timesteps"] == 12 * 64
    last = plain.metrics[-1]
    assert last["action/LEFT"] + last["action/RIGHT"] + last["action/STAY"] == pytest.approx(1.0)
    assert last["sums"]["env/steps"] == 64.0
    assert last["env/arrivals_per_step"] == last["sums"]["env/arrivals"] / 64.0
    assert last["sums"]["env/illegal"] == 0.0
    assert last["maxima"] == {"env/farthest": last["env/farthest"]}
    assert last["env/farthest"] == WIDTH
    json.dumps(plain.metrics, allow_nan=False)


def test_same_seed_same_numbers_other_seed_others(
    plain: TrainResult, corridor: Corridor, corridor_params: CorridorParams
) -> None:
    again = quiet(corridor, corridor_params)
    assert again.metrics == plain.metrics
    assert same(again.train_state, plain.train_state)
    other = quiet(corridor, corridor_params, config=small_config(seed=1))
    assert other.metrics != plain.metrics


def test_learning_happens(corridor: Corridor, corridor_params: CorridorParams) -> None:
    config = small_config(total_timesteps=64 * 200, ent_coef=0.0, learning_rate=1e-2)
    rows = quiet(corridor, corridor_params, config=config).metrics
    assert rows[-1]["env/arrivals_per_step"] > 2.0 * rows[0]["env/arrivals_per_step"]


def test_one_compile_per_run_whatever_the_chunks(
    plain: TrainResult, corridor: Corridor, corridor_params: CorridorParams
) -> None:
    """Short chunks, other traced values, adjustments and validations compile nothing more."""
    del plain
    compiled: Any = run_chunk
    before = compiled._cache_size()
    config = small_config(
        total_timesteps=64 * 25,
        gamma=0.9,
        clip_range=0.1,
        auto_adjust=True,
        entropy_target=5.0,
        seed=4,
    )
    result = quiet(
        corridor,
        replace(corridor_params, goal_reward=2.0),
        config=config,
        validate_fn=lambda policy: {"score": 1.0},
        validate_every=4,
    )
    assert result.adjustments
    assert compiled._cache_size() == before


def test_buffers_are_donated_and_params_are_not(
    corridor: Corridor, corridor_params: CorridorParams
) -> None:
    from ppo_agent.algorithm.init_state import make_members, make_state
    from ppo_agent.algorithm.run_description import RunDescription, flatten_axes

    config = small_config()
    run = RunDescription(
        env=corridor, config=config.static_part(), param_axes=flatten_axes(corridor_params, None)
    )
    params = jax.tree.map(jnp.asarray, corridor_params)
    state = make_state(run, params, *make_members(config, None)[:2], None)
    run_chunk(run, state, params, jnp.asarray(0, jnp.int32))
    assert all(leaf.is_deleted() for leaf in jax.tree.leaves(state.learned.params))
    assert not any(leaf.is_deleted() for leaf in jax.tree.leaves(params))


def test_no_host_round_trip_inside_a_chunk(
    corridor: Corridor, corridor_params: CorridorParams
) -> None:
    from ppo_agent.algorithm.init_state import make_members, make_state
    from ppo_agent.algorithm.run_description import RunDescription, flatten_axes

    config = small_config()
    run = RunDescription(
        env=corridor, config=config.static_part(), param_axes=flatten_axes(corridor_params, None)
    )
    state = make_state(run, corridor_params, *make_members(config, None)[:2], None)
    text = run_chunk.lower(run, state, corridor_params, jnp.asarray(3, jnp.int32)).as_text()
    for word in ("callback", "infeed", "outfeed"):
        assert word not in text
    buffers = jax.eval_shape(
        lambda s: run_chunk(run, s, corridor_params, jnp.asarray(3, jnp.int32))[1], state
    )
    assert {leaf.shape for leaf in jax.tree.leaves(buffers)} == {(config.updates_per_chunk,)}


def test_schedules_reach_the_environment_as_logged(
    corridor: Corridor, corridor_params: CorridorParams
) -> None:
    def schedule(params: CorridorParams, progress: jax.Array) -> CorridorParams:
        return replace(params, goal_reward=100.0 * progress, step_cost=jnp.float32(0.0))

    result = quiet(
        corridor,
        corridor_params,
        params_schedule=schedule,
        action_floor_schedule=lambda progress: 0.3 * (1.0 - progress),
    )
    for index, row in enumerate(result.metrics):
        assert row["param/goal_reward"] == pytest.approx(100.0 * index / 12)
        assert row["action_floor"] == pytest.approx(0.3 * (1.0 - index / 12))
        paid = row["reward"] * 64 / row["param/goal_reward"] if index else 0.0
        assert paid == pytest.approx(row["sums"]["env/arrivals"] if index else 0.0, rel=1e-4)


def test_batched_params_give_each_environment_its_own(
    corridor: Corridor, corridor_params: CorridorParams
) -> None:
    none: Any = None
    axes = CorridorParams(max_steps_in_episode=none, goal_reward=none, step_cost=0, poison=none)
    costs = jnp.arange(8, dtype=jnp.float32)
    result = quiet(
        corridor,
        replace(corridor_params, step_cost=costs, goal_reward=0.0),
        env_params_in_axes=axes,
        params_schedule=lambda params, progress: replace(params, goal_reward=0.0 * progress),
    )
    first = result.metrics[0]
    moves = 64 - first["sums"]["env/arrivals"]
    assert first["reward"] * 64 == pytest.approx(-3.5 * moves, rel=0.2)
    assert not np.array_equal(result.metrics[0]["reward"], 0.0)


def test_members_are_their_single_runs(
    plain: TrainResult, corridor: Corridor, corridor_params: CorridorParams
) -> None:
    sweep = {"learning_rate": [3e-3, 1e-4], "ent_coef": [0.05, 0.0]}
    seen: list[float] = []

    def validate(policy: Policy) -> dict[str, float]:
        seen.append(float(jnp.sum(policy.logits(jnp.ones(2)))))
        return {"score": seen[-1]}

    result = quiet(
        corridor,
        corridor_params,
        config=small_config(num_seeds=2),
        sweep=sweep,
        validate_fn=validate,
        validate_every=12,
    )
    first, last = result.metrics[0]["members"], result.metrics[-1]["members"]
    assert first["ent_coef"] == pytest.approx([0.05, 0.05, 0.0, 0.0])
    left = 1.0 - 0.9 * (1.0 - 1.0 / len(result.metrics))
    assert last["ent_coef"] == pytest.approx([0.05 * left, 0.05 * left, 0.0, 0.0])
    assert len(set(last["loss"])) == 4
    assert result.metrics[-1]["loss"] == pytest.approx(np.mean(last["loss"]))
    assert first["loss"][0] == pytest.approx(plain.metrics[0]["loss"], abs=1e-5)
    assert first["reward"][0] == first["reward"][2]
    assert first["reward"][0] == pytest.approx(plain.metrics[0]["reward"], abs=1e-5)
    assert len(set(seen)) == 4
    assert result.validation[0]["score"] == pytest.approx(np.mean(seen), rel=1e-4)


def test_sweep_errors_name_what_can_be_swept(
    corridor: Corridor, corridor_params: CorridorParams
) -> None:
    with pytest.raises(ValueError, match="cannot sweep num_envs: choose among learning_rate"):
        quiet(corridor, corridor_params, sweep={"num_envs": [1, 2]})
    with pytest.raises(ValueError, match="one common length"):
        quiet(corridor, corridor_params, sweep={"gamma": [0.9], "ent_coef": [0.1, 0.2]})
    two = {"gamma": [0.9, 1.5], "clip_range": [0.1, -1.0]}
    with pytest.raises(
        ValueError, match=r"(?s)point 1: .*gamma=1.5 .*valid is 1\n.*clip_range=-1.0 .*is 1e-06"
    ):
        quiet(corridor, corridor_params, sweep=two)
    with pytest.raises(ValueError, match="gamma=nan is not a number"):
        quiet(corridor, corridor_params, sweep={"gamma": np.float32([math.nan])})


def test_sizes_of_the_state_are_those_of_the_state(plain: TrainResult) -> None:
    row, state = plain.metrics[-1], plain.train_state
    leaves = [np.asarray(leaf, np.float64) for leaf in jax.tree.leaves(state.learned.params)]
    wanted = {
        "parameter_norm": np.sqrt(sum(np.sum(leaf**2) for leaf in leaves)),
        "observation_deviation": np.sqrt(np.mean(state.learned.obs_stats.var)),
        "observation_size": np.sqrt(np.mean(np.square(state.workers.obs))),
        "return_deviation": np.sqrt(state.learned.return_stats.var),
    }
    assert {name: row[name] for name in wanted} == pytest.approx(wanted, rel=1e-5)


def test_members_are_initialised_without_a_batched_decomposition(
    corridor: Corridor, corridor_params: CorridorParams
) -> None:
    """A batch of QR decompositions can hang a two-core machine (``initial_params``)."""
    network = make_network(small_config(), corridor.num_actions)
    keys = jax.random.split(jax.random.PRNGKey(0), 3)
    members = jax.vmap(lambda key: initial_params(network, key, jnp.zeros((1, 4))))
    program = str(jax.make_jaxpr(members)(keys))
    shapes = re.findall(r":f32\[([\d,]+)\] \w+:\S+ = qr\[", program)
    assert shapes, "the orthogonal initialiser uses another decomposition now"
    assert all(len(shape.split(",")) == 2 for shape in shapes), shapes
