"""The policy object acts as training does, alone or inside other people's jit."""

import shutil
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ppo_agent import Policy, TrainResult, evaluate, train
from ppo_agent.algorithm.distribution import masked_logits
from ppo_agent.algorithm.networks import forward
from ppo_agent.algorithm.normalization import network_inputs
from ppo_agent.algorithm.run_description import RunDescription
from tests.ppo_agent.conftest import small_config
from tests.ppo_agent.corridor import WIDTH, Corridor, CorridorParams

OBS = jnp.array([[-3.0, 3.0], [0.0, 3.0], [2.0, 3.0]])
MASK = jnp.array([[False, True, True], [True, True, True], [True, False, True]])


@pytest.fixture(scope="module")
def trained(
    corridor: Corridor, tmp_path_factory: pytest.TempPathFactory
) -> tuple[TrainResult, Policy]:
    folder = tmp_path_factory.mktemp("policy") / "run"
    result = train(corridor, CorridorParams(), small_config(), run_dir=folder, progress=False)
    return result, Policy.load(folder)


def test_logits_and_values_are_those_of_training(
    corridor: Corridor, trained: tuple[TrainResult, Policy]
) -> None:
    result, loaded = trained
    run = RunDescription(env=corridor, config=small_config().static_part())
    learned = result.train_state.learned
    inputs = network_inputs(run.config, learned, OBS)
    logits, value = forward(run.network, learned.params, inputs)
    expected = masked_logits(logits, MASK)
    for policy in (loaded, Policy.from_train_state(result.train_state, small_config())):
        np.testing.assert_array_equal(policy.logits(OBS, MASK), expected)
        scale = np.sqrt(float(learned.return_stats.var) + 1e-8)
        np.testing.assert_allclose(policy.value(OBS), np.asarray(value) * scale, rtol=1e-6)


def test_greedy_is_the_most_probable_legal_action(trained: tuple[TrainResult, Policy]) -> None:
    _, policy = trained
    greedy = policy.act(OBS, MASK)
    np.testing.assert_array_equal(greedy, jnp.argmax(policy.logits(OBS, MASK), -1))
    assert np.take_along_axis(np.asarray(MASK), np.asarray(greedy)[:, None], 1).all()
    assert int(policy.act(OBS[1], MASK[1])) == int(greedy[1])


def test_draws_follow_the_distribution(trained: tuple[TrainResult, Policy]) -> None:
    _, policy = trained
    many = jnp.tile(OBS[0], (20_000, 1))
    draws = np.asarray(policy.act(many, jnp.tile(MASK[0], (20_000, 1)), jax.random.PRNGKey(0)))
    shares = np.bincount(draws, minlength=3) / draws.size
    assert shares[0] == 0.0
    expected = np.asarray(jax.nn.softmax(policy.logits(OBS[0], MASK[0])))
    np.testing.assert_allclose(shares, expected, atol=0.015)


def test_plain_functions_work_inside_jit(trained: tuple[TrainResult, Policy]) -> None:
    _, policy = trained
    act = jax.jit(policy.function())
    np.testing.assert_array_equal(act(OBS, MASK), policy.act(OBS, MASK))
    key = jax.random.PRNGKey(3)
    np.testing.assert_array_equal(act(OBS, MASK, key), policy.act(OBS, MASK, key))
    logits = jax.jit(policy.apply)(policy.learned, OBS, MASK)
    np.testing.assert_allclose(logits, policy.logits(OBS, MASK), rtol=1e-6)


def test_observations_of_wrong_size_are_an_error(trained: tuple[TrainResult, Policy]) -> None:
    with pytest.raises(ValueError, match=r"shape \(4, 3\) do not end in 2 columns"):
        trained[1].logits(jnp.zeros((4, 3)))


def test_later_training_does_not_take_the_policys_buffers(corridor: Corridor) -> None:
    policies: list[Policy] = []
    train(
        corridor,
        CorridorParams(),
        small_config(),
        progress=False,
        validate_fn=lambda policy: policies.append(policy) or {"score": 0.0},
        validate_every=3,
    )
    assert [policy.metadata["step"] for policy in policies] == [3, 6, 9, 12]
    logits = [np.asarray(policy.logits(OBS)) for policy in policies]
    assert all(not np.array_equal(a, b) for a, b in pairwise(logits))


def test_evaluate_counts_first_episodes_only(
    corridor: Corridor, trained: tuple[TrainResult, Policy]
) -> None:
    _, policy = trained
    figures = evaluate(policy, corridor, CorridorParams(), num_envs=32, max_steps=10)
    assert figures["finished"] == 1.0
    assert 1.0 <= figures["length"] <= 6.0
    assert figures["env/steps"] == pytest.approx(figures["length"] * 32)
    arrived = figures["env/arrivals"] / 32
    expected = arrived - 0.1 * (figures["length"] - arrived)
    assert figures["return"] == pytest.approx(expected, rel=1e-4)
    assert figures["env/farthest"] == WIDTH


def test_evaluate_takes_maxima_over_first_episodes_only(
    corridor: Corridor, trained: tuple[TrainResult, Policy]
) -> None:
    """A later episode that gets farther than the first, one step long, does not count."""
    _, policy = trained
    brief = replace(CorridorParams(), max_steps_in_episode=1)
    once, often = (
        evaluate(policy, corridor, brief, num_envs=2, max_steps=steps) for steps in (1, 40)
    )
    assert once == often
    assert often["env/farthest"] < WIDTH


def test_an_unknown_reduction_is_refused(trained: tuple[TrainResult, Policy]) -> None:
    class Mean(Corridor):
        metric_reductions = MappingProxyType({"farthest": "mean"})

    with pytest.raises(ValueError, match=r"\['farthest'\] is 'mean': use 'sum' or 'max'"):
        evaluate(trained[1], Mean(), CorridorParams())


def test_loading_from_nowhere_names_the_folder(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no checkpoint"):
        Policy.load(tmp_path)


@pytest.fixture(scope="module")
def seeded(corridor: Corridor, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("policy") / "seeded"
    config = small_config(num_seeds=2, checkpoint_every=6)
    train(corridor, CorridorParams(), config, run_dir=folder, progress=False)
    return folder


def test_every_member_of_a_seeded_run_can_be_loaded(seeded: Path) -> None:
    default, first, second = (Policy.load(seeded, member=m) for m in (None, 0, 1))
    np.testing.assert_array_equal(default.logits(OBS), first.logits(OBS))
    assert not np.allclose(first.logits(OBS), second.logits(OBS))
    assert (default.metadata["member"], second.metadata["member"]) == (0, 1)
    for member in (-1, 2):
        with pytest.raises(ValueError, match=f"no member {member}: 0 to 1 exist"):
            Policy.load(seeded, member=member)


def test_one_run_has_no_members(trained: tuple[TrainResult, Policy]) -> None:
    folder = trained[0].checkpoint
    assert folder
    with pytest.raises(ValueError, match="one run without members: leave member out"):
        Policy.load(folder, member=0)
    with pytest.raises(ValueError, match="this is one run"):
        trained[1].member(0)


@pytest.mark.parametrize("item", ["meta", "policy"])
@pytest.mark.parametrize("damage", [b"\x80\x04broken", b"", None])
def test_broken_checkpoints_name_the_path_and_a_readable_step(
    item: str, damage: bytes | None, trained: tuple[TrainResult, Policy], tmp_path: Path
) -> None:
    newest = trained[0].checkpoint
    assert newest
    shutil.copytree(newest.parents[1], tmp_path / "run")
    broken = tmp_path / "run" / "checkpoints" / newest.name / item
    for file in [file for file in broken.rglob("*") if file.is_file()]:
        file.write_bytes(damage) if damage is not None else file.unlink()
    with pytest.raises(ValueError, match=r"checkpoints/12 cannot be read.*\n.*can be read is 8"):
        Policy.load(tmp_path / "run")
    assert Policy.load(tmp_path / "run", 8).metadata["step"] == 8


def test_evaluate_refuses_other_names_and_lists_them(trained: tuple[TrainResult, Policy]) -> None:
    policy = trained[1]
    with pytest.raises(
        ValueError,
        match=r"(?s)agent has 2, the environment 3; only the env.* clock"
        r".*agent has 3, the environment 4; .* has JUMP",
    ):
        evaluate(policy, Corridor(rich=True), CorridorParams())
    swapped = replace(
        policy, metadata=policy.metadata | {"observation_layout": ["goal", "position"]}
    )
    with pytest.raises(ValueError, match="another order from position 0 on: goal against position"):
        evaluate(swapped, Corridor(), CorridorParams())
    counted = {"env": "Elsewhere", "observation_layout": ["obs[0]", "obs[1]"]}
    with pytest.raises(ValueError, match="only the agent has obs"):
        evaluate(replace(policy, metadata=counted), Corridor(), CorridorParams())


@pytest.mark.parametrize("wrong", [{"num_envs": 0}, {"max_steps": 0}, {"max_steps": -1}])
def test_evaluate_needs_episodes_and_steps(
    wrong: dict, corridor: Corridor, trained: tuple[TrainResult, Policy]
) -> None:
    with pytest.raises(ValueError, match="nearest valid is 1"):
        evaluate(trained[1], corridor, CorridorParams(), **wrong)
