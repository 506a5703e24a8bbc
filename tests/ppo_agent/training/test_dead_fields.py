"""Every field of PPOConfig changes some output."""

import dataclasses
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

from ppo_agent import PPOConfig, train
from ppo_agent.algorithm.init_state import make_members, make_state
from ppo_agent.algorithm.run_description import RunDescription, flatten_axes
from ppo_agent.algorithm.train_step import run_chunk
from ppo_agent.config import fields_marked
from ppo_agent.types import TrainState
from tests.ppo_agent.conftest import small_config
from tests.ppo_agent.corridor import Corridor, CorridorParams

PARAMS = CorridorParams()

COMPILED: dict[str, Any] = {
    "num_envs": 4,
    "num_steps": 4,
    "num_epochs": 1,
    "num_minibatches": 4,
    "clip_value": False,
    "hidden_sizes": (16, 16),
    "head_sizes": (8,),
    "activation": "relu",
    "layer_norm": True,
    "normalize_observations": False,
    "observation_clip": 0.5,
    "scale_returns": False,
    "normalize_advantages": False,
    "observation_dtype": "bfloat16",
}
"""Another value of every field that shapes the compiled program and the losses it computes."""

SETTINGS: dict[str, Any] = {
    "seed": 1,
    "learning_rate": 1e-3,
    "learning_rate_final": 1e-3,
    "gamma": 0.5,
    "gae_lambda": 0.5,
    "clip_range": 1e-3,
    "vf_coef": 5.0,
    "ent_coef": 0.5,
    "ent_coef_decay": 0.0,
    "max_grad_norm": 1e-3,
    "adam_eps": 1e-2,
    "action_floor": 0.2,
    "resting_logit": 1.0,
    "resting_logit_growth": 3.0,
    "recency_half_life": 0.5,
    "total_timesteps": 64 * 11,
    "auto_adjust": True,
}
"""Another value of every field that changes the numbers of a run without compiling."""

BESIDE: dict[str, dict[str, Any]] = {"resting_logit_growth": {"resting_logit": 1.0}}
"""What a field needs beside it to have an effect."""


def numbers(corridor: Corridor, config: PPOConfig) -> list[dict[str, Any]]:
    return train(corridor, PARAMS, config, progress=False).metrics


@pytest.fixture(scope="module")
def base_numbers(corridor: Corridor) -> list[dict[str, Any]]:
    return numbers(corridor, small_config())


@pytest.mark.parametrize("name", SETTINGS)
def test_settings_change_the_numbers(
    name: str, corridor: Corridor, base_numbers: list[dict[str, Any]]
) -> None:
    beside = BESIDE.get(name)
    if beside:
        base_numbers = numbers(corridor, small_config(**beside))
    found = numbers(corridor, small_config(**{name: SETTINGS[name], **(beside or {})}))
    losses = [row["loss"] for row in found]
    assert losses != [row["loss"] for row in base_numbers][: len(losses)] or len(found) < 12


QUICKLY = {"xla_backend_optimization_level": 0, "xla_llvm_disable_expensive_passes": True}
"""Compiler options: each of these programs runs once."""


def lowered(corridor: Corridor, config: PPOConfig) -> tuple[Any, TrainState]:
    """The jitted chunk of a config before XLA, and its first state."""
    axes = flatten_axes(PARAMS, None)
    run = RunDescription(env=corridor, config=config.static_part(), param_axes=axes)
    hyper, keys, _ = make_members(config, None)
    state = make_state(run, PARAMS, hyper, keys, None)
    return run_chunk.lower(run, state, PARAMS, jnp.asarray(1, jnp.int32)), state


def losses(corridor: Corridor, **changed: Any) -> list[float]:
    """Losses of two updates whose ratios and value steps are clipped."""
    program, state = lowered(corridor, small_config(**({"clip_range": 1e-3} | changed)))
    _, buffers = program.compile(compiler_options=QUICKLY)(state, PARAMS, jnp.asarray(2, jnp.int32))
    return buffers["loss"][:2].tolist()


@pytest.fixture(scope="module")
def base_losses(corridor: Corridor) -> list[float]:
    return losses(corridor)


@pytest.mark.thorough
@pytest.mark.parametrize("name", COMPILED)
def test_static_fields_change_the_losses(
    name: str, corridor: Corridor, base_losses: list[float]
) -> None:
    """By more than another order of the same sums would."""
    found = losses(corridor, **{name: COMPILED[name]})
    assert not np.allclose(found, base_losses, rtol=1e-5, atol=0.0)


def test_remat_computes_activations_again(corridor: Corridor) -> None:
    """The numbers are the same, so what shows is the work: floating-point operations."""
    base, again = (
        lowered(corridor, small_config(remat=remat))[0].cost_analysis()["flops"]
        for remat in (False, True)
    )
    assert again > 1.1 * base


def test_updates_per_chunk_changes_the_lines(
    corridor: Corridor, capfd: pytest.CaptureFixture[str]
) -> None:
    def lines(updates_per_chunk: int) -> int:
        config = small_config(updates_per_chunk=updates_per_chunk, adjust_every=12)
        train(corridor, PARAMS, dataclasses.replace(config, checkpoint_every=0))
        return capfd.readouterr().err.count("/s  left ")

    assert (lines(3), lines(2)) == (4, 6)


ADJUST: dict[str, Any] = {"auto_adjust": True, "adjust_every": 2, "ent_coef": 0.05}


@pytest.mark.parametrize(
    ("base", "changed"),
    [
        ({}, {"adjust_every": 3}),
        ({}, {"entropy_target": 100.0}),
        ({}, {"ent_coef_min": 0.03}),
        ({"entropy_target": 9.0}, {"entropy_target": 9.0, "ent_coef_max": 0.06}),
    ],
)
def test_controller_settings_change_the_adjustments(
    base: dict[str, Any], changed: dict[str, Any], corridor: Corridor
) -> None:
    def adjustments(settings: dict[str, Any]) -> list[dict[str, Any]]:
        config = small_config(**(ADJUST | settings))
        return train(corridor, PARAMS, config, progress=False).adjustments

    assert adjustments(base) != adjustments(changed)


def test_floor_bound_is_used(corridor: Corridor) -> None:
    idle = dataclasses.replace(PARAMS, max_steps_in_episode=1)  # too short to arrive often

    def floors(**changed: float) -> list[float]:
        config = small_config(
            auto_adjust=True, adjust_every=1, total_timesteps=64 * 40, ent_coef=0.0, seed=1,
            gamma=0.0, **changed,
        )  # fmt: skip
        cheap = dataclasses.replace(idle, goal_reward=-5.0, step_cost=0.0)
        rows = train(corridor, cheap, config, progress=False).metrics
        return [row["action_floor"] for row in rows]

    assert max(floors(action_floor_max=0.005)) <= 0.0051
    assert max(floors()) >= 0.0099


FILES: dict[str, tuple[dict[str, Any], Callable[[Path], Any]]] = {
    "checkpoint_every": ({"checkpoint_every": 2, "keep_last": 9}, lambda run: checkpoints(run)),
    "keep_last": ({"keep_last": 1}, lambda run: checkpoints(run)),
    "keep_every": ({"keep_every": 5, "keep_last": 1}, lambda run: checkpoints(run)),
    "keep_best": ({"keep_best": 0, "keep_last": 1}, lambda run: checkpoints(run)),
    "best_metric": ({"best_metric": "other", "keep_last": 1}, lambda run: checkpoints(run)),
    "max_minutes": ({"max_minutes": 1e-6}, lambda run: checkpoints(run)),
    "tensorboard": ({"tensorboard": True}, lambda run: (run / "tensorboard").exists()),
}
"""Another value of every field that changes files, and what it shows in."""


def checkpoints(run: Path) -> set[str]:
    return {path.name for path in (run / "checkpoints").iterdir()}


@pytest.mark.parametrize("name", FILES)
def test_file_settings_change_the_files(name: str, corridor: Corridor, tmp_path: Path) -> None:
    changed, look = FILES[name]
    without = {key: value for key, value in changed.items() if key != name}
    seen = []
    for index, settings in enumerate((without, changed)):
        scores = iter([5.0, 1.0, 1.0, 1.0, 1.0, 1.0])
        others = iter([1.0, 1.0, 5.0, 1.0, 1.0, 1.0])
        train(
            corridor,
            PARAMS,
            small_config(**settings),
            run_dir=tmp_path / str(index),
            validate_fn=lambda policy, s=scores, o=others: {"score": next(s), "other": next(o)},
            validate_every=4,
            progress=False,
        )
        seen.append(look(tmp_path / str(index)))
    assert seen[0] != seen[1]


ELSEWHERE = {
    "num_seeds": "test_train.py::test_members_are_their_single_runs",
    "num_devices": "test_sharding.py::test_eight_devices_equal_one",
    "entropy_warning": "test_reporting.py::test_console_shows_lines_bar_summary_and_warning",
}
"""Fields shown alive by a test of their own."""


def test_no_field_is_left_out() -> None:
    controllers = {"adjust_every", "entropy_target", "ent_coef_min", "ent_coef_max"}
    alone = {"action_floor_max", "remat", "updates_per_chunk"}
    tested = {*COMPILED, *SETTINGS, *FILES, *ELSEWHERE, *controllers, *alone}
    assert tested == {field.name for field in dataclasses.fields(PPOConfig)}
    assert {*COMPILED, "remat", "updates_per_chunk"} == set(fields_marked("static"))
    assert set(fields_marked("traced")) <= set(SETTINGS)
    here = os.path.dirname(__file__)
    for place in ELSEWHERE.values():
        file, test = place.split("::")
        assert f"def {test}(" in Path(here, file).read_text()
