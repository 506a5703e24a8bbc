"""A run folder is claimed late, belongs to one run, and is left alone by everything else."""

import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import pytest

from ppo_agent import TrainResult, read_rows, train
from tests.ppo_agent.conftest import small_config
from tests.ppo_agent.corridor import Corridor, CorridorParams

PARAMS = CorridorParams()


def run(env: Corridor, run_dir: Path, **options: Any) -> TrainResult:
    config = options.pop("config", small_config(total_timesteps=64 * 6))
    params = options.pop("params", PARAMS)
    return train(env, params, config, run_dir=run_dir, progress=False, **options)


def content(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def cheaper(params: CorridorParams, progress: jax.Array) -> CorridorParams:
    return replace(params, step_cost=0.1 - 0.1 * progress)


@pytest.fixture(scope="module")
def finished(corridor: Corridor, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six updates under a schedule, in a folder that tests copy."""
    folder = tmp_path_factory.mktemp("run-folder") / "run"
    run(corridor, folder, params_schedule=cheaper, metadata={"env_kwargs": {"rich": False}})
    return folder


@pytest.fixture
def folder(finished: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(finished, tmp_path / "run"))


def test_what_a_run_was_started_with_is_recorded(finished: Path) -> None:
    metadata = json.loads((finished / "metadata.json").read_text())
    inputs = metadata["inputs"]
    assert inputs["env"]["class"] == "tests.ppo_agent.corridor:Corridor"
    assert inputs["env_params"]["goal_reward"] == 1.0
    assert inputs["params_schedule"]["name"].endswith("test_run_folder:cheaper")
    costs = inputs["params_schedule"]["values"]["param/step_cost"]
    assert costs == pytest.approx([0.1 - 0.01 * i for i in range(11)])
    assert inputs["action_floor_schedule"] is None
    assert inputs["initial_state"] is None
    assert metadata["members"] == []


def dearer(params: CorridorParams, progress: jax.Array) -> CorridorParams:
    return replace(params, step_cost=0.1 + 0.1 * progress)


dearer.__qualname__ = "cheaper"  # a function of the same name is told apart by what it does

CHANGES: dict[str, tuple[dict[str, Any], str]] = {
    "a parameter": (
        {"params": replace(PARAMS, goal_reward=500.0)},
        r"inputs.env_params.goal_reward: run has 1.0, asked 500.0",
    ),
    "no schedule": ({"params_schedule": None}, r"inputs.params_schedule: run has .*asked None"),
    "another schedule": (
        {"params_schedule": dearer},
        r"inputs.params_schedule.values.param/step_cost\[10\]: run has 0.0, asked 0.2",
    ),
    "a floor": (
        {"action_floor_schedule": lambda progress: 0.1 * progress},
        r"inputs.action_floor_schedule: run has None, asked .*test_run_folder:<lambda>",
    ),
    "constructor arguments": (
        {"metadata": {"env_kwargs": {"rich": True}}}, "env_kwargs.rich: run has False, asked True",
    ),
    "a sweep": ({"sweep": {"gamma": [0.9]}}, r"members: run has \[\], asked \[.*'gamma': 0.9"),
    "a hyper-parameter": ({"config": small_config()}, "total_timesteps: run has 384, asked 768"),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_resume_refuses_other_inputs(name: str, corridor: Corridor, folder: Path) -> None:
    changed, message = CHANGES[name]
    before = content(folder)
    with pytest.raises(ValueError, match=f"(?s)holds another run.*{message}.*new folder"):
        run(corridor, folder, resume=True, **({"params_schedule": cheaper} | changed))
    assert content(folder) == before


def test_resume_with_the_same_inputs_and_other_limits_continues(
    corridor: Corridor, folder: Path
) -> None:
    config = small_config(total_timesteps=64 * 6, max_minutes=9.0, checkpoint_every=2)
    same = replace(PARAMS, goal_reward=jnp.float32(1.0))  # an array instead of a number
    result = run(corridor, folder, resume=True, params=same, params_schedule=cheaper, config=config)
    assert len(result.metrics) == 6
    assert result.timing.steps == 0


def test_arrays_are_told_apart_by_content(corridor: Corridor, tmp_path: Path) -> None:
    none: Any = None
    axes = CorridorParams(max_steps_in_episode=none, goal_reward=none, step_cost=0, poison=none)
    options: dict[str, Any] = {
        "config": small_config(total_timesteps=64),
        "env_params_in_axes": axes,
    }
    costs = jnp.arange(8, dtype=jnp.float32)
    run(corridor, tmp_path / "run", params=replace(PARAMS, step_cost=costs), **options)
    inputs = json.loads((tmp_path / "run" / "metadata.json").read_text())["inputs"]
    assert inputs["env_params"]["step_cost"].startswith("float32[8] sha256:")
    other = replace(PARAMS, step_cost=costs.at[7].add(1e-3))
    with pytest.raises(ValueError, match=r"env_params.step_cost: run has float32\[8\] sha256:"):
        run(corridor, tmp_path / "run", params=other, resume=True, **options)


def test_members_are_recorded_with_their_point(corridor: Corridor, tmp_path: Path) -> None:
    config = small_config(num_seeds=2, seed=5, total_timesteps=64)
    run(corridor, tmp_path / "run", config=config, sweep={"gamma": [0.9, 0.8]})
    metadata = json.loads((tmp_path / "run" / "metadata.json").read_text())
    assert metadata["members"] == [
        {"seed": 5, "gamma": 0.9},
        {"seed": 6, "gamma": 0.9},
        {"seed": 5, "gamma": 0.8},
        {"seed": 6, "gamma": 0.8},
    ]
    sweep = {"gamma": [0.8, 0.9]}
    with pytest.raises(ValueError, match=r"members\[0\].gamma: run has 0.9, asked 0.8"):
        run(corridor, tmp_path / "run", config=config, sweep=sweep, resume=True)


def without_metadata(folder: Path) -> None:
    (folder / "metadata.json").unlink()


def with_metadata(text: str) -> Callable[[Path], None]:
    return lambda folder: (folder / "metadata.json").write_text(text) and None


def with_lines(text: str) -> Callable[[Path], None]:
    return lambda folder: (folder / "metrics.jsonl").write_text(text) and None


def old_metadata(folder: Path) -> None:
    metadata = json.loads((folder / "metadata.json").read_text())
    del metadata["inputs"]
    (folder / "metadata.json").write_text(json.dumps(metadata))


DAMAGE: dict[str, tuple[Callable[[Path], None], str]] = {
    "metadata lost": (without_metadata, "has no metadata.json, so it cannot be resumed: put the"),
    "metadata empty": (with_metadata("{}"), "metadata.json does not describe config, env"),
    "metadata no object": (with_metadata("[]"), "metadata.json is no JSON object: put the run's"),
    "metadata cut": (with_metadata("{"), "metadata.json is not JSON .*: put the run's"),
    "metadata of another program": (with_metadata('{"config": 1}'), "does not describe env"),
    "metadata without inputs": (old_metadata, "metadata.json does not describe inputs"),
    "a broken row": (with_lines('{"update": 1}\n{bad\n'), "metrics.jsonl, line 2 is not JSON"),
    "a strange row": (with_lines('{"update": 1}\n{"x": 1}\n'), "metrics.jsonl, line 2 is no row"),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_resume_of_a_damaged_folder_is_explained(
    name: str, corridor: Corridor, folder: Path
) -> None:
    damage, message = DAMAGE[name]
    damage(folder)
    before = content(folder)
    with pytest.raises((ValueError, FileExistsError), match=message):
        run(corridor, folder, resume=True, params_schedule=cheaper)
    assert content(folder) == before


def test_a_folder_of_something_else_is_left_alone(corridor: Corridor, tmp_path: Path) -> None:
    (tmp_path / "metrics.jsonl").write_text('{"update": 3, "precious": 1}\n')
    for resume in (True, False):
        with pytest.raises(FileExistsError, match=r"is not empty.*choose another folder"):
            run(corridor, tmp_path, resume=resume)
    assert content(tmp_path) == {"metrics.jsonl": b'{"update": 3, "precious": 1}\n'}


def test_resume_without_a_run_starts_one_and_says_so(
    corridor: Corridor, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "cut").mkdir()
    (tmp_path / "cut" / "metadata.json.partial").write_text("{")  # killed in its claim
    for name in ("absent", "empty", "cut"):
        result = run(corridor, tmp_path / name, resume=True)
        assert len(result.metrics) == len(read_rows(tmp_path / name)) == 6
        assert f"{name} has no run to resume: starting at update 0" in capfd.readouterr().err


def test_a_run_without_a_checkpoint_starts_over_and_says_so(
    corridor: Corridor, folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree(folder / "checkpoints")
    result = run(corridor, folder, resume=True, params_schedule=cheaper)
    assert result.timing.steps == 6 * 64
    assert [row["update"] for row in read_rows(folder)] == list(range(1, 7))
    assert "no checkpoint of its run yet: starting at update 0" in capfd.readouterr().err


def test_the_agent_a_run_started_from_is_recorded(corridor: Corridor, tmp_path: Path) -> None:
    agent = run(corridor, tmp_path / "first").train_state
    other = run(corridor, tmp_path / "second", config=small_config(seed=1)).train_state
    run(corridor, tmp_path / "run", initial_state=agent)
    inputs = json.loads((tmp_path / "run" / "metadata.json").read_text())["inputs"]
    assert inputs["initial_state"].startswith("sha256:")
    with pytest.raises(ValueError, match=r"initial_state: run has sha256:.*asked sha256:"):
        run(corridor, tmp_path / "run", initial_state=other, resume=True)
    run(corridor, tmp_path / "run", resume=True)  # a checkpoint holds all that is needed
    shutil.rmtree(tmp_path / "run" / "checkpoints")
    with pytest.raises(ValueError, match="give the same initial_state"):
        run(corridor, tmp_path / "run", resume=True)
    assert len(run(corridor, tmp_path / "run", initial_state=agent, resume=True).metrics) == 6


class Broken(Corridor):
    """Fails when the update is compiled, behind every check."""

    def step_env(self, key: Any, state: Any, action: Any, params: Any) -> Any:
        raise RuntimeError("no such market")


def gaol(params: CorridorParams, progress: jax.Array) -> CorridorParams:
    return replace(params, gaol=1)  # ty: ignore[unknown-argument]


FAILURES: dict[str, tuple[type[Corridor], dict[str, Any], str]] = {
    "compiling": (Broken, {}, "no such market"),
    "a schedule": (Corridor, {"params_schedule": gaol}, "gaol"),
    "metadata": (Corridor, {"metadata": {"x": object()}}, "metadata 'x' cannot be written as JSON"),
    "a reserved name": (Corridor, {"metadata": {"update": 1}}, "may not set update"),
    "adjusting a sweep": (
        Corridor,
        {"config": small_config(auto_adjust=True), "sweep": {"gamma": [0.9, 0.99]}},
        "auto_adjust works on one run",
    ),
    "no validation period": (
        Corridor, {"validate_fn": lambda policy: {"score": 1.0}}, "validate_every=0 with",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FAILURES)
def test_a_run_that_cannot_start_leaves_no_folder(name: str, tmp_path: Path) -> None:
    env, options, message = FAILURES[name]
    with pytest.raises((RuntimeError, TypeError, ValueError), match=message):
        run(env(), tmp_path / "run", **options)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_taken_while_compiling_is_refused(corridor: Corridor, tmp_path: Path) -> None:
    folder = tmp_path / "run"

    class Slow(Corridor):
        def step_env(self, key: Any, state: Any, action: Any, params: Any) -> Any:
            folder.mkdir(exist_ok=True)
            (folder / "metadata.json").write_text("another's")
            return super().step_env(key, state, action, params)

    with pytest.raises(FileExistsError, match="was taken by another run"):
        run(Slow(), folder)
    assert content(folder) == {"metadata.json": b"another's"}


def test_tensorboard_is_left_out_where_it_is_not_installed(
    corridor: Corridor,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    config = small_config(tensorboard=True, total_timesteps=64)
    assert run(corridor, tmp_path / "run", config=config).stopped_by == "finished"
    assert capfd.readouterr().err.count("install ppo-agent[tensorboard]") == 1
    assert not (tmp_path / "run" / "tensorboard").exists()
