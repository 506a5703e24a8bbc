"""Wrong arguments end with code 2, runs that cannot be used with code 1: one message each, that
names flag, file, field and remedy."""

import json
import shutil
import sys
from pathlib import Path

import pytest

from ppo_agent.cli import commands
from tests.ppo_agent.registered import ENV, FLAGS

HERE = "tests.ppo_agent.registered"


@pytest.fixture
def explain(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """Run a ``train`` command that cannot work and return what it says."""

    def act(*args: str, env: str = ENV, code: int = 2) -> str:
        run = tmp_path / "run"
        assert commands.main(["train", "--env", env, "--run-dir", str(run), *FLAGS, *args]) == code
        assert not run.exists()
        return capsys.readouterr().err

    return act


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--config", "missing.toml"], "missing.toml"),
        (["--num-minibatches", "3"], "nearest valid are 2 and 4"),
        (["--num-devices", "8"], "num_devices=8, but jax sees 1: nearest valid is 1"),
        (["--seed", "99999999999999999999"], "nearest valid is 4294967295"),
        (["--seed", "4294967296"], "nearest valid is 4294967295"),
        (["--total-timesteps", "10000000000000"], "nearest valid is 34359738304"),
        (["--ent-coef-min", "0.5"], "ent_coef_min=0.5 is over ent_coef_max=0.2"),
        (["--env-params", '{"step_cots": 1}'], "no field 'step_cots' in Corridor-test; did you "
         "mean step_cost?"),
        (["--env-params", '{"xyz": 1}'], "no field 'xyz' in Corridor-test; known: max_steps"),
        (["--env-params", "[1]"], "--env-params must be a JSON object"),
        (["--env-params", "{a}"], "--env-params {a}: not JSON"),
        (["--env-params", '{"replace": 1}'], "no field 'replace'"),
        (["--env-params", '{"max_steps_in_episode": 1.5}'],
         "max_steps_in_episode=1.5 must be a whole number"),
        (["--env-params", '{"max_steps_in_episode": 4294967296}'], "whole number in [-2147483648"),
        (["--env-params", '{"step_cost": true}'], "step_cost=true must be a finite number"),
        (["--env-params", '{"step_cost": "abc"}'], 'step_cost="abc" must be a finite number'),
        (["--env-params", '{"step_cost": null}'], "step_cost=null must be a finite number"),
        (["--env-params", '{"step_cost": [1, 2]}'], "step_cost=[1, 2] must be a finite number"),
        (["--env-params", '{"step_cost": NaN}'], "step_cost=NaN must be a finite number"),
        (["--env-kwargs", "{a}"], "--env-kwargs {a}: not JSON"),
        (["--env-kwargs", '{"poor": 1}'], "--env-kwargs {\"poor\": 1}: "),
        (["--params-schedule", f"{HERE}:nothing"], f"--params-schedule {HERE}:nothing: "),
        (["--params-schedule", "math"], "--params-schedule math: give module:name, or a name"),
        (["--params-schedule", "nomod:x"], "no module 'nomod'"),
        (["--params-schedule", "os:getcwd"], "is not callable with 2 arguments"),
        (["--params-schedule", "os:sep"], "'/' is not callable with 2 arguments"),
        (["--params-schedule", "os.path:join"], "os.path:join cannot be applied to CorridorParams"),
        (["--params-schedule", f"{HERE}:value_of"], "is not callable with 2 arguments"),
        (["--validate", f"{HERE}:NOT_CALLABLE"], "'text' is not callable with 1 arguments"),
        (["--validate", f"{HERE}:scores", "--validate-every", "0"], "nearest valid is 1"),
        (["--member", "1"], "--member needs --transfer-from"),
        (["--distributed"], "--distributed: "),
    ],
)  # fmt: skip
def test_wrong_arguments_are_explained(args: list[str], message: str, explain) -> None:
    assert message in explain(*args)


@pytest.mark.parametrize(
    ("env", "message"),
    [
        ("CartPole-v2", "no environment 'CartPole-v2'; did you mean CartPole-v1"),
        ("Xyz", "'Xyz'; known here: Acrobot-v1, "),
        ("", "no environment ''; known here"),
        (f"{HERE}:", "no environment ''"),
        ("nosuchmodule:Foo", "--env: no module 'nosuchmodule' in the current folder or among"),
        (".foo:Bar", "--env: '.foo' is not a module's full name"),
        ("Pendulum-v1", "ppo-agent: Pendulum-v1: its action space is Box"),
    ],
)
def test_wrong_environments_are_explained(env: str, message: str, explain) -> None:
    assert message in explain(env=env)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b'{"gama": 1}', "unknown field gama; known: seed"),
        (b"[1]", "needs an object of fields and values, got [1]"),
        (b"null", "needs an object of fields and values, got None"),
        (b"3", "needs an object"),
        (b"{", "config.json: Expecting"),
        (b"\xff\xfe", "config.json: 'utf-8' codec"),
        (b'{"clip_value": "no"}', "clip_value='no' must be true or false"),
        (b'{"remat": null}', "remat=None must be true or false"),
        (b'{"best_metric": 3}', "best_metric=3 must be a text"),
        (b'{"gamma": true}', "gamma=True must be a number"),
        (b'{"hidden_sizes": 64}', "hidden_sizes=64 must be a tuple (in a file: a list)"),
        (b'{"hidden_sizes": ["a"]}', "hidden_sizes=('a',) must be"),
        (b'{"head_sizes": [16.5]}', "head_sizes=(16.5,) must be"),
        (b'{"head_sizes": [0]}', "head_sizes=(0,): nearest valid for a width is 1"),
        (b'{"gamma": 2}', "gamma=2 is outside [0, 1]: nearest valid is 1"),
    ],
)
def test_wrong_files_are_named_with_the_field(
    text: bytes, message: str, tmp_path: Path, explain
) -> None:
    file = tmp_path / "config.json"
    file.write_bytes(text)
    said = explain("--config", str(file))
    assert message in said
    assert str(file) in said


def test_schedules_and_environments_of_broken_modules_are_explained(
    tmp_path: Path, explain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "needs_another.py").write_text("import not_installed_anywhere\n")
    (tmp_path / "fails.py").write_text("raise RuntimeError('no licence')\n")
    said = explain(env="needs_another:Some-v0")
    assert "--env: needs_another needs 'not_installed_anywhere', which is missing" in said
    assert "importing fails failed: RuntimeError: no licence" in explain(
        "--params-schedule", "fails:plan"
    )


@pytest.mark.parametrize("args", [["--episodes", "0"], ["--max-steps", "0"], ["--seed", "-1"]])
def test_eval_refuses_counts_that_play_nothing(
    args: list[str], policy_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert commands.main(["eval", "--env", ENV, "--path", str(policy_folder), *args]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "nearest valid is" in captured.err or "is outside" in captured.err


@pytest.fixture(scope="module")
def policy_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("errors") / "run"
    flags = [*FLAGS, "--total-timesteps", "128", "--checkpoint-every", "1"]
    assert commands.main(["train", "--env", ENV, "--run-dir", str(folder), *flags]) == 0
    return folder


def test_eval_lists_what_differs(policy_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    args = ["eval", "--env", ENV, "--path", str(policy_folder), "--env-kwargs", '{"rich": true}']
    assert commands.main(args) == 2  # the run is fine, the arguments are for another
    assert "only the environment has clock" in capsys.readouterr().err


def test_broken_checkpoints_name_path_and_readable_step(
    policy_folder: Path, tmp_path: Path, explain, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(policy_folder, tmp_path / "broken")
    for file in (tmp_path / "broken" / "checkpoints" / "2" / "meta").rglob("*"):
        file.write_bytes(b"")
    said = [explain("--transfer-from", str(tmp_path / "broken"), code=1)]
    for command in (["show"], ["eval", "--env", ENV]):
        assert commands.main([*command, "--path", str(tmp_path / "broken")]) == 1
        said.append(capsys.readouterr().err)
    for text in said:
        assert "checkpoints/2 cannot be read" in text
        assert "the newest older step that can be read is 1" in text


def test_what_is_not_there_or_damaged_is_no_wrong_argument(
    policy_folder: Path, tmp_path: Path, explain, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "no checkpoint" in explain("--transfer-from", "nowhere", code=1)
    kwargs = '{"table": "t.csv"}'
    said = explain("--env-kwargs", kwargs, env=f"{HERE}:Reading-test", code=1)
    assert f"--env-kwargs {kwargs}: t.csv: no table" in said
    for command in (["show"], ["show", "--step", "99"], ["eval", "--env", ENV]):
        path = policy_folder if "--step" in command else tmp_path / "nowhere"
        assert commands.main([*command, "--path", str(path)]) == 1
        assert "no checkpoint" in capsys.readouterr().err
    again = ["train", "--env", ENV, "--run-dir", str(policy_folder), *FLAGS]
    assert commands.main(again) == 1
    assert "already holds a run: choose another folder or resume it" in capsys.readouterr().err
    shutil.copytree(policy_folder, tmp_path / "run")
    (tmp_path / "run" / "metadata.json").write_text("{")
    again[4] = str(tmp_path / "run")
    assert commands.main([*again, "--resume"]) == 1
    assert "metadata.json is not JSON" in capsys.readouterr().err


def test_a_configuration_of_another_release_is_a_run_that_cannot_be_used(
    policy_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(policy_folder, tmp_path / "old")
    meta = next(f for f in (tmp_path / "old/checkpoints/2/meta").rglob("*") if f.is_file())
    recorded = json.loads(meta.read_text())
    recorded["config"]["leading_rate"] = 1.0
    meta.write_text(json.dumps(recorded))
    assert commands.main(["show", "--path", str(tmp_path / "old")]) == 1
    assert "made by another release: unknown field leading_rate" in capsys.readouterr().err


def test_the_help_tells_the_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    assert commands.main(["--help"]) == 0
    out = capsys.readouterr().out
    assert "0 done; 1 a run or a file of it cannot be used" in out
    assert "2 wrong or contradictory arguments; 130 or 143 interrupted" in out


def test_ctrl_c_ends_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(command: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("ppo_agent.cli.commands.run", interrupted)
    assert commands.main(["show", "--path", "anywhere"]) == 130
    assert capsys.readouterr().err == "ppo-agent: interrupted\n"
