"""The command line trains, resumes, evaluates and explains its errors."""

import json
from dataclasses import replace
from pathlib import Path

import gymnax
import pytest

from ppo_agent import Policy, cli, read_rows
from tests.ppo_agent.corridor import Corridor, CorridorParams

ENV_ID = "Corridor-test"
if ENV_ID not in gymnax.registered_envs:
    gymnax.register(ENV_ID, Corridor)

ENV = f"tests.ppo_agent.unit.test_cli:{ENV_ID}"
FLAGS = [
    "--num-envs", "8", "--num-steps", "8", "--num-minibatches", "2", "--num-epochs", "2",
    "--hidden-sizes", "16", "--updates-per-chunk", "3", "--no-tensorboard",
]  # fmt: skip


def schedule(params: CorridorParams, progress: object) -> CorridorParams:
    """A curriculum for the flag of that name."""
    return replace(params, goal_reward=3.0)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli") / "run"
    args = ["train", "--env", ENV, "--run-dir", str(folder), "--total-timesteps", "256", "--quiet"]
    extra = ["--params-schedule", f"{__name__}:schedule", "--env-params", '{"step_cost": 0.25}']
    assert cli.main([*args, *extra, *FLAGS]) == 0
    return folder


def test_train_uses_every_flag(trained: Path) -> None:
    rows = read_rows(trained)
    assert len(rows) == 4
    assert rows[0]["param/goal_reward"] == 3.0
    policy = Policy.load(trained)
    assert policy.config.hidden_sizes == (16,)
    assert policy.metadata["env_id"] == ENV
    arrived = rows[0]["sums"]["env/trades"]
    assert rows[0]["reward"] * 64 == pytest.approx(3.0 * arrived - 0.25 * (64 - arrived), rel=1e-4)


def test_eval_and_show_print_json(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    args = ["eval", "--env", ENV, "--path", str(trained), "--episodes", "8", "--max-steps", "6"]
    assert cli.main(args) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["finished"] == 1.0
    assert cli.main(["show", "--path", str(trained), "--step", "4"]) == 0
    assert json.loads(capsys.readouterr().out)["action_names"] == ["LEFT", "RIGHT", "STAY"]


def test_transfer_and_config_file(trained: Path, tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(
        "num_envs = 8\nnum_steps = 8\nnum_minibatches = 2\nhidden_sizes = [16]\n"
        "total_timesteps = 64\nlearning_rate = 0.0\nlearning_rate_final = 0.0\n"
    )
    args = ["train", "--env", ENV, "--run-dir", str(tmp_path / "run"), "--quiet"]
    extra = ["--config", str(file), "--env-kwargs", '{"rich": true}', "--ent-coef", "0.5"]
    assert cli.main([*args, *extra, "--no-tensorboard", "--transfer-from", str(trained)]) == 0
    policy = Policy.load(tmp_path / "run")
    assert policy.config.ent_coef == 0.5
    assert float(policy.params.params["actor"]["bias"][1]) == -5.0


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--config", "missing.toml"], "missing.toml"),
        (["--env-params", '{"step_cots": 1}'], "no field 'step_cots' in Corridor-test; known: max"),
        (["--env-params", "[1]"], "--env-params must be a JSON object"),
        (["--params-schedule", f"{__name__}:nothing"], "has no 'nothing'"),
        (["--transfer-from", "nowhere"], "no checkpoint"),
    ],
)
def test_wrong_arguments_are_explained(
    args: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    base = ["train", "--env", ENV, "--run-dir", str(tmp_path / "run"), *FLAGS]
    assert cli.main([*base, *args]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_wrong_flags_name_the_nearest_valid(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        cli.main(["train", "--env", ENV, "--run-dir", str(tmp_path), "--num-minibatches", "5"])
    assert stop.value.code == 2
    captured = capsys.readouterr()
    assert "nearest valid are 4 and 8" in captured.out + captured.err


def test_config_file_errors_name_the_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "config.json"
    file.write_text('{"gama": 1}')
    args = ["train", "--env", ENV, "--run-dir", str(tmp_path / "run"), "--config", str(file)]
    assert cli.main(args) == 2
    assert "config.json: unknown field gama" in capsys.readouterr().err


def test_usage_lists_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--help"]) == 0
    assert cli.main([]) == 2
    assert "train" in capsys.readouterr().out


def test_help_explains_every_hyper_parameter(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["train", "--help"])
    text = capsys.readouterr().out
    for flag in ("--learning-rate", "--action-floor", "--num-devices", "--max-minutes"):
        assert flag in text
    assert "Least probability of every legal action" in text
