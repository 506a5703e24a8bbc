"""Resume is bit-exact, kills lose at most one interval, broken steps are skipped."""

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import struct

from ppo_agent import Policy, TrainingError, TrainResult, read_rows, train
from tests.ppo_agent.conftest import small_config
from tests.ppo_agent.corridor import Corridor, CorridorParams, CorridorState

ROOT = Path(__file__).resolve().parents[3]
PLANTED = [sys.executable, "-m", "tests.ppo_agent.training.planted_child"]


def run(corridor: Corridor, run_dir: Path, **options: Any) -> TrainResult:
    config = options.pop("config", small_config())
    params = CorridorParams()
    return train(corridor, params, config, run_dir=run_dir, progress=False, **options)


def rows_of(run_dir: Path, name: str = "metrics.jsonl") -> list[dict[str, Any]]:
    return [
        {k: v for k, v in row.items() if k != "steps_per_second"}
        for row in read_rows(run_dir, name)
    ]


def assert_same(left: Any, right: Any) -> None:
    for a, b in zip(jax.tree.leaves(left), jax.tree.leaves(right), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.fixture(scope="module")
def straight(corridor: Corridor, tmp_path_factory: pytest.TempPathFactory) -> TrainResult:
    return run(corridor, tmp_path_factory.mktemp("straight") / "run")


def copied(result: TrainResult, tmp_path: Path) -> Path:
    """The folder of a run, to be spoilt."""
    assert result.checkpoint is not None
    return Path(shutil.copytree(result.checkpoint.parents[1], tmp_path / "run"))


def stop_after(update: int) -> Any:
    """A validation that asks for a stop, as a signal would."""
    import signal

    calls = []

    def validate(policy: Policy) -> dict[str, float]:
        calls.append(policy)
        if len(calls) == update:
            signal.raise_signal(signal.SIGTERM)
        return {"score": float(len(calls))}

    return validate


def test_two_straight_runs_and_a_stopped_one_are_identical(
    straight: TrainResult, corridor: Corridor, tmp_path: Path
) -> None:
    # stopped where no chunk boundary of the straight run lies
    stopped = run(corridor, tmp_path / "run", validate_fn=stop_after(5), validate_every=1)
    assert len(stopped.metrics) == 5
    resumed = run(corridor, tmp_path / "run", resume=True)
    again = run(corridor, tmp_path / "again")
    for other in (resumed, again):
        assert_same(other.train_state, straight.train_state)
    assert rows_of(tmp_path / "run") == rows_of(tmp_path / "again") == straight.metrics


def test_adjusted_run_resumes_bit_exactly(corridor: Corridor, tmp_path: Path) -> None:
    config = small_config(auto_adjust=True, entropy_target=5.0, adjust_every=4)
    whole = run(corridor, tmp_path / "whole", config=config)
    assert [row["update"] for row in whole.adjustments] == [4, 8, 12]
    run(corridor, tmp_path / "cut", config=config, validate_fn=stop_after(6), validate_every=1)
    resumed = run(corridor, tmp_path / "cut", config=config, resume=True)
    assert_same(resumed.train_state, whole.train_state)
    for name in ("metrics.jsonl", "adjustments.jsonl", "quality.jsonl"):
        assert rows_of(tmp_path / "cut", name) == rows_of(tmp_path / "whole", name)


def test_kill_during_save_loses_at_most_one_interval(
    straight: TrainResult, corridor: Corridor, tmp_path: Path
) -> None:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    children = {}
    for number, delay in ((1, 0.002), (2, 0.02), (3, 0.06)):
        folder = tmp_path / f"killed-{number}"
        command = [sys.executable, "-m", "tests.ppo_agent.training.killed_child", str(folder)]
        children[folder] = (
            number,
            subprocess.Popen([*command, str(number), str(delay)], env=environment, cwd=ROOT),
        )
    for folder, (number, child) in children.items():
        assert child.wait(timeout=120) == -9, "the child must die in its save"
        interval = small_config().checkpoint_every
        reached = rows_of(folder)[-1]["update"]
        assert reached == number * interval
        resumed = run(corridor, folder, resume=True)
        assert resumed.timing.steps <= (12 - reached + interval) * 64
        assert_same(resumed.train_state, straight.train_state)
        assert rows_of(folder) == straight.metrics


def test_broken_newest_step_is_reported_and_skipped(
    straight: TrainResult, corridor: Corridor, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = copied(straight, tmp_path)
    for data in (folder / "checkpoints" / "12" / "state").rglob("*"):
        if data.is_file():
            data.write_bytes(b"\x80\x04broken")
    resumed = run(corridor, folder, resume=True)
    assert "checkpoints/12 cannot be read and is skipped" in capfd.readouterr().err
    assert resumed.timing.steps == 4 * 64
    assert_same(resumed.train_state, straight.train_state)


@struct.dataclass
class WiderState(CorridorState):
    extra: jax.Array


def test_steps_that_do_not_fit_are_all_named_and_left_alone(
    straight: TrainResult, tmp_path: Path
) -> None:
    """The environment's state gained a field: no step fits, and none is lost by asking."""

    class Wide(Corridor):
        def reset_env(self, key: Any, params: Any) -> Any:
            obs, state = super().reset_env(key, params)
            return obs, WiderState(time=state.time, position=state.position, extra=jnp.zeros(3))

        def step_env(self, key: Any, state: Any, action: Any, params: Any) -> Any:
            obs, new, *rest = super().step_env(key, state, action, params)
            return obs, WiderState(time=new.time, position=new.position, extra=state.extra), *rest

    Wide.__module__, Wide.__qualname__ = Corridor.__module__, Corridor.__qualname__
    folder = copied(straight, tmp_path)
    before = {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    with pytest.raises(TrainingError, match=r"(?s)nothing was changed:\n  12: .*extra.*\n  8: "):
        run(Wide(), folder, resume=True)
    assert {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()} == before


def test_a_single_broken_step_is_not_thrown_away(
    straight: TrainResult, corridor: Corridor, tmp_path: Path
) -> None:
    folder = copied(straight, tmp_path)
    for step in ("4", "8"):
        shutil.rmtree(folder / "checkpoints" / step)
    for data in (folder / "checkpoints" / "12" / "policy").rglob("*"):
        if data.is_file():
            data.write_bytes(b"")
    with pytest.raises(TrainingError, match=r"(?s)checkpoints can be read; .*\n  12: .*new folder"):
        run(corridor, folder, resume=True)
    assert [p.name for p in (folder / "checkpoints").iterdir()] == ["12"]
    assert len(rows_of(folder)) == 12


def test_restoring_never_executes_a_planted_pickle(straight: TrainResult, tmp_path: Path) -> None:
    folder, sentinel = copied(straight, tmp_path), tmp_path / "sentinel"
    for step in ("4", "8"):
        shutil.rmtree(folder / "checkpoints" / step)
    child = subprocess.run(
        [*PLANTED, str(folder), str(sentinel)],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert child.returncode == 0, child.stderr[-2000:]
    assert int(child.stdout.split("TRIED ")[1]) > 10
    assert not sentinel.exists()


def test_last_and_best_steps_are_kept_with_their_metadata(
    corridor: Corridor, tmp_path: Path
) -> None:
    scores = iter([0.1, 0.9, float("nan"), 0.3, 0.2, 0.1])
    config = small_config(keep_last=2, keep_best=1)
    result = run(
        corridor,
        tmp_path / "run",
        config=config,
        validate_fn=lambda policy: {"score": next(scores), "other": 1.0},
        validate_every=2,
    )
    kept = sorted(int(p.name) for p in (tmp_path / "run" / "checkpoints").iterdir())
    assert kept == [4, 10, 12]
    best = Policy.load(tmp_path / "run", "best")
    assert (best.metadata["step"], best.metadata["best_value"]) == (4, 0.9)
    assert best.metadata["action_names"] == ["LEFT", "RIGHT", "STAY"]
    assert best.metadata["observation_layout"] == ["position", "goal"]
    assert best.config == config
    assert "jax" in best.metadata["versions"]
    assert best.metadata["environment_facts"] == {"width": 3, "goal_reward": 1.0}
    assert [row.get("score") for row in result.validation] == [0.1, 0.9, None, 0.3, 0.2, 0.1]
    with pytest.raises(FileNotFoundError, match=r"no checkpoint 7; existing steps: \[4, 10, 12\]"):
        Policy.load(tmp_path / "run", 7)


def test_a_run_folder_is_never_overwritten(corridor: Corridor, tmp_path: Path) -> None:
    run(corridor, tmp_path / "run")
    before = (tmp_path / "run" / "metrics.jsonl").read_bytes()
    with pytest.raises(FileExistsError, match="choose another folder or resume"):
        run(corridor, tmp_path / "run")
    with pytest.raises(ValueError, match=r"(?s)holds another run.*gamma: run has 0.99, asked 0.5"):
        run(corridor, tmp_path / "run", resume=True, config=small_config(gamma=0.5))
    with pytest.raises(ValueError, match="resume=True needs run_dir"):
        train(corridor, CorridorParams(), small_config(), resume=True, progress=False)
    assert (tmp_path / "run" / "metrics.jsonl").read_bytes() == before


def test_checkpoints_hold_no_pickle(straight: TrainResult) -> None:
    assert straight.checkpoint is not None
    files = [p for p in straight.checkpoint.rglob("*") if p.is_file()]
    assert files
    for file in files:
        assert file.suffix not in {".pkl", ".pickle", ".npy"}
        assert not file.read_bytes().startswith(b"\x80\x04")


def test_initial_state_that_does_not_fit_is_an_error(
    straight: TrainResult, corridor: Corridor
) -> None:
    learned = straight.train_state.learned
    wrong = replace(learned, obs_stats=jax.tree.map(lambda x: jnp.zeros(5), learned.obs_stats))
    with pytest.raises(ValueError, match=r"obs_stats/count: given \(5,\), needed \(2,\)"):
        train(corridor, CorridorParams(), small_config(), initial_state=wrong, progress=False)
    same = train(
        corridor, CorridorParams(), small_config(), initial_state=straight.train_state,
        progress=False,
    )  # fmt: skip
    assert same.metrics[0]["value"] != straight.metrics[0]["value"]
