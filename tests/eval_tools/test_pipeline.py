"""The demonstration and the command line, on tiny networks."""

import json
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest

from eval_tools.cli.commands.pipeline import PipelineConfig, run_pipeline
from eval_tools.cli.main import main
from eval_tools.cli.progress import Progress
from eval_tools.cli.sources import Bars, open_market
from eval_tools.pipeline.ranges import divide
from eval_tools.pipeline.settings import Settings
from eval_tools.policies.agents import agent_policy
from futures_env import market_hash, save_market, slice_market
from ppo_agent.cli.commands import main as ppo_agent_main
from ppo_agent.config import FINE_TUNING
from ppo_agent.policy import Policy

TINY = {
    "num_envs": 8, "num_steps": 16, "hidden_sizes": [8], "updates_per_chunk": 2,
    "tensorboard": False,
}  # fmt: skip


def small(**changes: Any) -> PipelineConfig:
    """Eight updates a phase on 20 sessions: 2 to train, 1 to validate, 15 to test."""
    return PipelineConfig(
        timesteps=1_000, bars=Bars(sessions=20), validations=2, overrides=TINY, **changes
    )


def _pipeline(out: Path) -> Path:
    return run_pipeline(small(out=out)).parent


def best_step(run: Path, phase: int = 2) -> int:
    stages = json.loads((run / "pipeline.json").read_text())["stages"]
    return stages[f"phase{phase}"]["outputs"]["step"]


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    return _pipeline(tmp_path_factory.mktemp("pipeline"))


@pytest.mark.thorough
def test_the_demo_leaves_a_complete_run(run) -> None:
    assert run.name == "pipeline-synthetic-nq-0"
    numbers = json.loads((run / "metrics.json").read_text())
    own = numbers["results"]["Phase 2 policy"]
    assert own["coverage"] == {"sessions_asked": 15, "sessions_run": 15, "share": 1.0}
    assert {"always flat", "random legal", "fixed bracket", "Phase 1 policy"} < set(
        numbers["results"]
    )
    split = json.loads((run / "metadata.json").read_text())["config"]["split"]
    train, validation, test = (split[name] for name in ("train", "validation", "test"))
    assert train["end"] < validation["start"] <= validation["end"] < test["start"]
    assert [part["sessions"] for part in (train, validation, test)] == [2, 1, 15]
    assert numbers["range"]["first_session"] == test["start"]
    assert (run / "report.html").stat().st_size > 100_000


@pytest.mark.thorough
def test_it_trains_on_the_training_sessions_only(run) -> None:
    market = open_market(Bars(sessions=20), seed=0)
    train = divide(market).train
    wanted = market_hash(slice_market(market, train.start, train.end, 20))
    for phase in ("phase1", "phase2"):
        facts = json.loads((run / phase / "metadata.json").read_text())["environment_facts"]
        assert facts["market_hash"] == wanted
        assert (facts["first_date"], facts["last_date"]) == (train.start, train.end)


@pytest.mark.thorough
def test_phase_2_begins_where_phase_1_was_best(run) -> None:
    first = Policy.load(run / "phase1", best_step(run, 1))
    second = Policy.load(run / "phase2", 4)
    kernel, carried = (p.learned.params["trunk_0"]["kernel"] for p in (first, second))
    # four updates move no column far; a fresh start would have nothing in common with it
    assert np.corrcoef(np.ravel(kernel), np.ravel(carried[: len(kernel)]))[0, 1] > 0.9


@pytest.mark.thorough
def test_agents_act_as_their_policy_does(run) -> None:
    policy = Policy.load(run / "phase2")
    rng = np.random.default_rng(0)
    key = jax.random.key(0)
    for _ in range(20):
        obs = jnp.asarray(rng.normal(size=231), jnp.float32)
        mask = jnp.asarray(rng.random(6) < 0.7).at[0].set(True)
        greedy = agent_policy(policy)(obs, mask, key, None)
        assert greedy == policy.act(obs, mask) == jnp.argmax(policy.logits(obs, mask))
        drawn = agent_policy(policy, greedy=False)(obs, mask, key, None)
        assert drawn == policy.act(obs, mask, key)
        assert mask[drawn]
        key = jax.random.fold_in(key, 1)


@pytest.mark.thorough
def test_the_same_seed_prints_the_same_numbers(run, tmp_path, capsys) -> None:
    again = _pipeline(tmp_path)
    out = capsys.readouterr().out
    for name in ("summary.txt", "metrics.json", "report.html"):
        assert (again / name).read_bytes() == (run / name).read_bytes(), name
    assert (run / "summary.txt").read_text() in out
    assert out.splitlines()[-1] == f"report: {again / 'report.html'}"
    assert not re.search(r"\d+\.\d s\b", out)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["pipeline", "--data", "absent.csv"], 1, "absent.csv"),
        (["pipeline", "--symbol", "XX"], 2, "--symbol XX: no such contract; known: ES, NQ"),
        (["pipeline", "--flat-by", "09:00"], 2, "flat_by 09:00 is not after the rth open"),
        (["pipeline", "--sessions", "4"], 2, "at least 5 are needed, not 4"),
        (["pipeline", "--test-start", "2030-01-01"], 1, "0 sessions are left to validate on"),
        (["pipeline", "--sessions", "15"], 1, "no session to train on"),
        (["pipeline", "--data", "a.csv", "--sessions", "15"], 2, "--sessions 15 is the length of"),
        (
            ["pipeline", "--train-end", "2015-03-02", "--test-start", "2015-03-02"],
            2,
            "training and test must be disjoint",
        ),
        (
            ["pipeline", "--test-start", "2015-03-09", "--test-end", "2015-03-02"],
            2,
            "before it ends",
        ),
        (["evaluate", "--as-trained", "--rules", "topstep-50k"], 2, "choose one account"),
        (["evaluate", "--rules", "none"], 2, "--rules none: no such rule set; a .toml file"),
        (["evaluate", "--level", "2"], 2, "level must lie between 0 and 1, got 2.0"),
        (["evaluate", "--rules", "absent.toml"], 1, "absent.toml"),
        (["evaluate", "--market-seed", "1", "--data", "a.csv"], 2, "--market-seed 1 makes"),
        (["evaluate", "--start", "2020-01-02", "--end", "2020-01-01"], 2, "lies behind --end"),
        (["evaluate", "--sessions", "6"], 1, "absent"),
        (["evaluate", "--policy", "a:b"], 2, "give one of --checkpoint, --policy and --sb3"),
        (["evaluate", "--sb3-stats", "x.pkl"], 2, "--sb3-stats x.pkl belongs to --sb3"),
    ],
)
def test_a_wrong_demand_is_one_line_and_leaves_nothing(
    arguments, code, message, tmp_path, capsys
) -> None:
    more = ["--checkpoint", str(tmp_path / "absent")] if arguments[0] == "evaluate" else []
    assert main([*arguments, *more, "--out", str(tmp_path / "runs")]) == code
    *stages, error = capsys.readouterr().err.splitlines()
    assert error.startswith("eval-tools: ")
    assert message in error
    assert stages in ([], ["market ..."])
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["pipeline", "--session", "eth"], "eth"),
        (["evaluate", "--checkpoint", "x", "--phase", "3"], "3"),
        (["evaluate", "--checkpoint", "x", "--start", "2020-13-01"], "2020-13-01"),
        (["evaluate", "--checkpoint", "x", "--baselines", "BUY_AND_HOLD"], "BUY_AND_HOLD"),
        (["walk"], "walk"),
    ],
)
def test_a_value_that_is_not_allowed_is_refused_by_the_parser(arguments, message, capsys) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    assert message in capsys.readouterr().err


def test_stages_are_announced_and_timed(capsys) -> None:
    progress = Progress()
    with progress.stage("reading"):
        progress.tell("second file")
    progress.report()
    found = capsys.readouterr()
    assert found.out == ""
    first, second, last = found.err.splitlines()
    assert (first, second) == ("reading ...", "second file ...")
    assert re.fullmatch(r"time: reading \d+\.\d s; \d+\.\d s in all", last)


def test_each_phase_trains_at_least_what_was_asked() -> None:
    for phase in (1, 2):
        ppo = Settings().ppo_config(phase)
        assert ppo.total_timesteps >= 1_500_000
        assert ppo.num_updates * ppo.steps_per_update == ppo.total_timesteps
        assert 10 <= ppo.num_updates / Settings().validate_every(ppo) < 15
    assert {name: getattr(ppo, name) for name in FINE_TUNING} == FINE_TUNING


_KILLED = """
import sys
from pathlib import Path
from eval_tools.cli.commands.pipeline import run_pipeline
from tests.eval_tools.test_pipeline import small

config = small(run_dir=Path(sys.argv[1]), resume=sys.argv[2] == "resume")
run_pipeline(config)
"""


@pytest.mark.thorough
def test_killed_in_any_stage_it_ends_with_the_same_numbers(run, tmp_path) -> None:
    folder = tmp_path / "killed"
    marks = [
        lambda said: (folder / "phase1" / "checkpoints" / "4").is_dir(),
        lambda said: (folder / "phase2" / "checkpoints" / "4").is_dir(),
        lambda said: "test ..." in said,
    ]
    for number, reached in enumerate(marks):
        log = tmp_path / f"{number}.log"
        with log.open("w") as stderr:
            begun = subprocess.Popen(
                [sys.executable, "-c", _KILLED, str(folder), "resume" if number else "begin"],
                stderr=stderr,
                stdout=subprocess.DEVNULL,
            )
            while not reached(log.read_text()):
                assert begun.poll() is None, log.read_text()
                time.sleep(0.02)
            begun.kill()
            assert begun.wait() == -signal.SIGKILL
    assert not (folder / "metadata.json").exists()
    run_pipeline(small(run_dir=folder, resume=True))
    for name in ("summary.txt", "metrics.json"):
        assert (folder / name).read_bytes() == (run / name).read_bytes(), name


@pytest.mark.thorough
def test_resume_needs_the_folder_alone(run, capsys) -> None:
    arguments = ["pipeline", "--resume", "--run-dir", str(run)]
    assert main(arguments) == 0
    assert (run / "summary.txt").read_text() in capsys.readouterr().out
    assert main([*arguments, "--timesteps", "500", "--sessions", "30"]) == 2
    said = capsys.readouterr().err
    assert "--timesteps: the run has 1000, asked 500" in said
    assert "--sessions: the run has 20, asked 30" in said


@pytest.mark.thorough
def test_a_changed_market_is_not_gone_on_with(run, tmp_path, capsys) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(run, copy)
    (copy / "metadata.json").unlink()
    (copy / "market.npz").write_bytes(b"other")
    assert main(["pipeline", "--resume", "--run-dir", str(copy)]) == 1
    assert "market.npz is not what stage market of the run had written" in capsys.readouterr().err


@pytest.mark.thorough
def test_every_other_look_at_held_sessions_is_counted(run, tmp_path, capsys) -> None:
    arguments = ["evaluate", "--checkpoint", str(run / "phase2"), "--sessions", "20"]
    arguments += ["--baselines", "ALWAYS_FLAT", "--out", str(tmp_path)]
    arguments += ["--step", str(best_step(run))]
    for contracts, times in ((2, 2), (3, 3), (2, 2)):
        changed = ["--env-params", json.dumps({"contracts": contracts})]
        assert main([*arguments, *changed]) == 0
        assert f"looked at {times} times with this run" in " ".join(capsys.readouterr().out.split())


def test_resume_says_what_it_lacks(tmp_path, capsys) -> None:
    assert main(["pipeline", "--resume"]) == 2
    assert "--resume needs --run-dir" in capsys.readouterr().err
    assert main(["pipeline", "--resume", "--run-dir", str(tmp_path)]) == 1
    assert "holds no pipeline: there is no pipeline.json" in capsys.readouterr().err


@pytest.mark.thorough
def test_a_checkpoint_trained_under_another_warm_up_is_refused(run, tmp_path, capsys) -> None:
    """By both commands, whether the market was saved under it or is made under it."""
    short = open_market(Bars(sessions=20, warm_up_sessions=8), seed=0)
    saved = save_market(short, tmp_path / "short.npz")
    checkpoint = ["--checkpoint", str(run / "phase2"), "--out", str(tmp_path / "runs")]
    for bars in (["--data", str(saved)], ["--sessions", "20", "--warm-up-sessions", "8"]):
        assert main(["evaluate", *checkpoint, *bars]) == 2
        said = capsys.readouterr().err
        assert "('bar-19/volume',) against ('bar-19/volume(8 sessions)',)" in said
        assert "Use the phase, window, warm-up and features of the training run" in said
    kwargs = json.dumps({"market": str(saved)})
    env = ["--env", "futures_env:FuturesNQ-Phase2", "--env-kwargs", kwargs]
    assert ppo_agent_main(["eval", *env, "--path", str(run / "phase2")]) == 2
    assert "volume(8 sessions)" in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()


@pytest.mark.thorough
def test_evaluate_a_checkpoint_from_the_command_line(run, tmp_path, capsys) -> None:
    saved = save_market(open_market(Bars(sessions=20), seed=0), tmp_path / "x.npz")
    arguments = ["evaluate", "--checkpoint", str(run / "phase2"), "--data", str(saved)]
    arguments += ["--out", str(tmp_path), "--run-id", "held", "--baselines", "ALWAYS_FLAT"]
    step = best_step(run)
    arguments[3:3] = ["--step", str(step)]
    assert main(arguments) == 0
    printed = capsys.readouterr().out
    mine = json.loads((tmp_path / "held" / "metrics.json").read_text())
    demo = json.loads((run / "metrics.json").read_text())
    assert mine["results"]["Phase 2 policy"] == demo["results"]["Phase 2 policy"]
    assert mine["range"] == demo["range"]
    assert mine["range"]["seen"] == "held"
    assert mine["conditions"]["checkpoint"] == f"phase2, step {step}"
    assert mine["data"] == demo["data"]
    assert printed.startswith("Validation of Phase 2 policy")
    assert "(SYNTHETIC MARKET)" in printed.splitlines()[0]
    assert ">SYNTHETIC MARKET</span>" in (tmp_path / "held" / "report.html").read_text("utf-8")

    assert main(arguments) == 1
    assert "never overwritten" in capsys.readouterr().err
    assert main([*arguments[:-4], "--start", "2015-02-03"]) == 2
    assert " of the 19 sessions from 2015-02-03" in capsys.readouterr().err
    assert main([*arguments[:-4], "--symbol", "ES"]) == 2
    assert "symbol is ES, but the market says NQ" in capsys.readouterr().err
    wrong = [*arguments, "--phase", "1", "--run-id", "other"]
    assert main(wrong) == 2
    assert "trained on 231 observation columns, the environment has 225" in capsys.readouterr().err
    assert not (tmp_path / "other").exists()


@pytest.mark.thorough
def test_decisions_of_a_checkpoint_as_csv(run, tmp_path, capsys) -> None:
    file = tmp_path / "today.csv"
    arguments = ["decisions", str(run / "phase2"), "--sessions", "20", "--csv", str(file)]
    assert main(arguments) == 0
    found = capsys.readouterr()
    assert "449 decisions" in found.out
    assert "does not place orders" in found.err
    first, *_ = file.read_text().splitlines()
    assert first.startswith("# Research only")
    table = pd.read_csv(file, comment="#")
    assert np.allclose(table.filter(regex="^p_").sum(axis=1), 1.0, atol=1e-6)
    replay = pd.read_parquet(run / "replay.parquet")
    last = replay[replay["slice"] == replay["slice"].unique()[-2]]
    assert table["time"].iloc[0] < str(last["time"].iloc[0])
    acted = table.loc[:, "action"].str.replace("_", " ").to_numpy()[:-1]
    assert (acted == last["action"].to_numpy()).all()
    assert main(arguments) == 2
    assert "nothing is overwritten" in capsys.readouterr().err
