"""The command line trains, validates, resumes, transfers, evaluates and shows."""

import dataclasses
import json
from pathlib import Path

import pytest

from ppo_agent import Policy, PPOConfig, read_rows
from ppo_agent.cli import commands, flags
from ppo_agent.config import FINE_TUNING
from tests.ppo_agent.registered import ENV, FLAGS

HERE = "tests.ppo_agent.registered"


def train(folder: Path, *args: str) -> int:
    return commands.main(["train", "--env", ENV, "--run-dir", str(folder), *FLAGS, *args])


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli") / "run"
    extra = ["--params-schedule", f"{HERE}:schedule", "--env-params", '{"step_cost": 0.25}']
    assert train(folder, "--total-timesteps", "256", *extra) == 0
    return folder


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli") / "seeded"
    assert train(folder, "--total-timesteps", "64", "--num-seeds", "2") == 0
    return folder


def test_train_uses_every_flag(trained: Path) -> None:
    rows = read_rows(trained)
    assert len(rows) == 4
    assert rows[0]["param/goal_reward"] == 3.0
    policy = Policy.load(trained)
    assert policy.config.hidden_sizes == (16,)
    assert policy.metadata["env_id"] == ENV
    arrived = rows[0]["sums"]["env/arrivals"]
    assert rows[0]["reward"] * 64 == pytest.approx(3.0 * arrived - 0.25 * (64 - arrived), rel=1e-4)


def test_eval_and_show_print_json(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    args = ["eval", "--env", ENV, "--path", str(trained), "--episodes", "8", "--max-steps", "6"]
    assert commands.main(args) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["finished"] == 1.0
    assert commands.main(["show", "--path", str(trained), "--step", "4"]) == 0
    assert json.loads(capsys.readouterr().out)["action_names"] == ["LEFT", "RIGHT", "STAY"]


def test_figures_that_do_not_exist_are_null(
    trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    args = ["eval", "--env", f"{HERE}:Ratio-test", "--path", str(trained), "--max-steps", "6"]
    assert commands.main(args) == 0
    out = capsys.readouterr().out
    assert json.loads(out)["env/profit_factor"] is None
    assert "NaN" not in out


def test_validation_ranks_the_checkpoints(tmp_path: Path) -> None:
    common = ["--total-timesteps", "256", "--checkpoint-every", "1", "--keep-last", "1"]
    validate = ["--validate", f"{HERE}:scores", "--validate-every", "1"]
    best = {}
    for name in ("first", "last"):
        assert train(tmp_path / name, *common, *validate, "--best-metric", name) == 0
        best[name] = Policy.load(tmp_path / name, "best").metadata["step"]
        assert [row["last"] for row in read_rows(tmp_path / name, "validation.jsonl")] == [
            1.0, 2.0, 3.0, 4.0,
        ]  # fmt: skip
    assert best == {"first": 1, "last": 4}
    none = [*validate, "--best-metric", "first", "--keep-best", "0"]
    assert train(tmp_path / "none", *common, *none) == 0
    kept = {p.name for p in (tmp_path / "none" / "checkpoints").iterdir() if p.name.isdigit()}
    assert kept == {"4"}


def test_a_validation_without_a_factory_is_called_at_once(tmp_path: Path) -> None:
    validate = ["--validate", f"{HERE}:value_of", "--validate-every", "1"]
    assert train(tmp_path / "run", "--total-timesteps", "64", *validate) == 0
    assert len(read_rows(tmp_path / "run", "validation.jsonl")) == 1


def test_members_are_evaluated_and_shown(seeded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    args = ["eval", "--env", ENV, "--path", str(seeded), "--episodes", "64", "--max-steps", "6"]
    figures = []
    for member in (["--member", "0"], ["--member", "1"], []):
        assert commands.main([*args, *member]) == 0
        figures.append(json.loads(capsys.readouterr().out)["return"])
    assert figures[0] == figures[2] != figures[1]
    assert commands.main(["show", "--path", str(seeded), "--member", "1"]) == 0
    assert json.loads(capsys.readouterr().out)["member"] == 1


@pytest.mark.parametrize("form", [["--config", "{}"], ["--config={}"]])
def test_flags_override_the_file_and_the_file_the_fine_tuning_defaults(
    form: list[str], trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "config.toml"
    # three minibatches do not divide eight steps; the flag says two
    file.write_text("num_minibatches = 3\ntotal_timesteps = 64\nlearning_rate = 0.002\n")
    config = [part.format(file) for part in form]
    flags = [flag for flag in FLAGS if flag != "--quiet"]
    args = ["train", "--env", ENV, "--run-dir", str(tmp_path / "run"), *flags, *config]
    extra = ["--env-kwargs", '{"rich": true}', "--ent-coef", "0.5"]
    assert commands.main([*args, *extra, "--transfer-from", str(trained)]) == 0
    policy = Policy.load(tmp_path / "run")
    settings = policy.config
    assert (settings.num_minibatches, settings.ent_coef, settings.learning_rate) == (2, 0.5, 0.002)
    assert settings.learning_rate_final == FINE_TUNING["learning_rate_final"] == 1e-4
    assert float(policy.learned.params["actor"]["bias"][1]) < -4.9
    said = capsys.readouterr().err
    assert "defaults taken: learning_rate_final 0.0001; given: learning_rate 0.002" in said


def test_transfer_takes_the_fine_tuning_defaults_and_the_member(
    seeded: Path, tmp_path: Path
) -> None:
    still = ["--total-timesteps", "64", "--learning-rate", "0", "--learning-rate-final", "0"]
    kernels = []
    for member in ("0", "1"):
        from_member = ["--transfer-from", str(seeded), "--member", member]
        assert train(tmp_path / member, *still, *from_member) == 0
        kernels.append(Policy.load(tmp_path / member).learned.params["trunk_0"]["kernel"])
        source = Policy.load(seeded, member=int(member)).learned.params["trunk_0"]["kernel"]
        assert (kernels[-1] == source).all()
    assert (kernels[0] != kernels[1]).any()
    parsed = flags.Train(env=ENV, run_dir=tmp_path, transfer_from=seeded)
    assert flags.below_flags(parsed) == FINE_TUNING


def test_usage_lists_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert commands.main(["--help"]) == 0
    assert "train" in capsys.readouterr().out
    for args, said in (([], "which command?"), (["trian"], "no command 'trian'")):
        assert commands.main(args) == 2
        captured = capsys.readouterr()
        assert captured.out == ""
        assert captured.err.startswith(f"ppo-agent: {said}\nusage: ppo-agent COMMAND")


def test_help_explains_every_flag(capsys: pytest.CaptureFixture[str]) -> None:
    """What a docstring says stands in the help, for each hyper-parameter and each other flag."""
    with pytest.raises(SystemExit):
        commands.main(["train", "--help"])
    text = capsys.readouterr().out
    own = [field.name for field in dataclasses.fields(flags.Train) if field.name != "settings"]
    for name in [*own, *(field.name for field in dataclasses.fields(PPOConfig))]:
        flag = "--" + name.replace("_", "-")
        after = text.split(flag, 1)
        assert len(after) == 2, flag
        words = [word for word in after[1].split("(default")[0].split("(required")[0].split()]
        assert sum(word.isalpha() for word in words) >= 2, flag
    assert "Least probability of every legal action" in text
    assert "fine-tuning defaults then hold" in " ".join(text.replace("│", " ").split())
