"""``--resume`` needs the run folder alone, and refuses what is no longer what the run recorded."""

import json
import shutil
from pathlib import Path

import pytest

from ppo_agent import Policy, read_rows
from ppo_agent.cli import commands
from tests.ppo_agent.registered import ENV, FLAGS

HERE = "tests.ppo_agent.registered"
FLAGS_OF_THE_RUN = [
    "--total-timesteps", "256", "--checkpoint-every", "1", "--env-params", '{"step_cost": 0.25}',
    "--params-schedule", f"{HERE}:schedule", "--validate", f"{HERE}:scores",
    "--validate-every", "2", "--best-metric", "last", "--seed", "3",
]  # fmt: skip


def train(folder: Path, *args: str) -> int:
    return commands.main(["train", "--run-dir", str(folder), *args])


def resume(folder: Path, *args: str) -> int:
    return train(folder, "--resume", "--quiet", *args)


def forget(run: Path, after: int) -> None:
    """As if the run had been killed behind a checkpoint."""
    for step in (run / "checkpoints").iterdir():
        if step.name.isdigit() and int(step.name) > after:
            shutil.rmtree(step)


def numbers(run: Path) -> list[dict]:
    rows = read_rows(run)
    return [{k: v for k, v in row.items() if k != "steps_per_second"} for row in rows]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("alone") / "run"
    assert train(folder, "--env", ENV, *FLAGS, *FLAGS_OF_THE_RUN) == 0
    return folder


@pytest.fixture
def cut(whole: Path, tmp_path: Path) -> Path:
    """A copy that ends behind update 2 of 4."""
    folder = Path(shutil.copytree(whole, tmp_path / "run"))
    forget(folder, after=2)
    return folder


def test_the_folder_alone_gives_the_same_numbers(
    whole: Path, cut: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert resume(cut) == 0
    assert numbers(cut) == numbers(whole)
    assert read_rows(cut, "validation.jsonl") == read_rows(whole, "validation.jsonl")
    assert Policy.load(cut).metadata["command"] == Policy.load(whole).metadata["command"]


def test_flags_that_say_the_same_may_be_given(whole: Path, cut: Path) -> None:
    again = ["--env", ENV, "--env-params", '{ "step_cost":0.25 }', "--seed", "3"]
    assert resume(cut, *again, "--keep-last", "2") == 0
    assert numbers(cut) == numbers(whole)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--seed", "0"], "seed: run has 3, asked 0"),
        (["--learning-rate", "0.5"], "learning_rate: run has 0.003, asked 0.5"),
        (["--env", f"{HERE}:Ratio-test"], f"--env: run has {ENV}, asked {HERE}:Ratio-test"),
        (["--env-params", "{}"], '--env-params: run has {"step_cost": 0.25}, asked {}'),
        (["--env-kwargs", '{"rich": true}'], '--env-kwargs: run has {}, asked {"rich": true}'),
        (["--params-schedule", ""], f"--params-schedule: run has {HERE}:schedule, asked"),
        (["--validate", f"{HERE}:value_of"], f"asked {HERE}:value_of"),
        (["--validate-every", "5"], "--validate-every: run has 2, asked 5"),
    ],
)
def test_a_contradiction_names_both_values(
    args: list[str], message: str, cut: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = numbers(cut)
    assert resume(cut, *args) == 2
    assert message in capsys.readouterr().err
    assert numbers(cut) == before


def edit(run: Path, change) -> None:
    file = run / "metadata.json"
    stored = json.loads(file.read_text())
    change(stored["command"])
    file.write_text(json.dumps(stored))


def test_a_validation_that_changed_is_refused(
    cut: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(cut, lambda command: command["files"].update(dict.fromkeys(command["files"], "sha256:0")))
    assert resume(cut) == 1
    said = capsys.readouterr().err
    assert "registered.py of sha256:0, which now is sha256:" in said


def test_data_files_are_known_by_path_and_hash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The folder alone finds them from elsewhere; other bytes in them are refused."""
    monkeypatch.chdir(tmp_path)
    table = tmp_path / "table.txt"
    table.write_text("one")
    run = tmp_path / "run"
    kwargs = ["--env-kwargs", '{"table": "table.txt"}']
    env = f"{HERE}:Written-test"
    asked = ["--total-timesteps", "128", "--checkpoint-every", "1"]
    assert train(run, "--env", env, *FLAGS, *asked, *kwargs) == 0
    recorded = Policy.load(run).metadata["command"]
    assert json.loads(recorded["env_kwargs"]) == {"table": str(table)}
    assert list(recorded["files"]) == [str(table)]
    before = numbers(run)
    forget(run, after=1)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    assert resume(run) == 0
    assert numbers(run) == before
    table.write_text("two")
    assert resume(run) == 1
    assert f"was started with {table} of sha256:" in capsys.readouterr().err
    table.unlink()
    assert resume(run) == 1
    assert "which is gone: put it back" in capsys.readouterr().err


def test_a_transfer_is_taken_up_from_the_recorded_checkpoint(whole: Path, tmp_path: Path) -> None:
    """Also where the source has trained on, and where no checkpoint of the run is there yet."""
    source = Path(shutil.copytree(whole, tmp_path / "source"))
    forget(source, after=3)
    runs = {name: tmp_path / name for name in ("straight", "stopped")}
    for run in runs.values():
        asked = ["--total-timesteps", "128", "--transfer-from", str(source)]
        assert train(run, "--env", ENV, *FLAGS, *asked) == 0
    forget(runs["stopped"], after=0)
    shutil.copytree(whole / "checkpoints" / "4", source / "checkpoints" / "4")
    assert Policy.load(source).metadata["step"] == 4
    assert resume(runs["stopped"]) == 0
    assert numbers(runs["stopped"]) == numbers(runs["straight"])
    shutil.rmtree(source)
    assert resume(runs["stopped"]) == 0  # its own checkpoint has replaced the agent


def test_without_a_run_an_environment_is_needed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert resume(tmp_path / "run") == 2
    assert "train needs --env, unless --resume" in capsys.readouterr().err
