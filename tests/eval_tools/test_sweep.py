"""Every checkpoint of a run on the same sessions, in one program; the choice by a stated rule."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from eval_tools.cli.main import main
from eval_tools.conditions.looks import LOOKS
from eval_tools.evaluation import Contender, evaluate
from eval_tools.measures.bootstrap import mean_interval
from eval_tools.policies.agents import agent_policy
from eval_tools.rollout.ranges import runner
from eval_tools.sweep import Looked, chosen_by, load_all, look_at, overfitting_of, place_in_words
from ppo_agent.config import PPOConfig
from ppo_agent.train import train

TINY = {
    "num_envs": 8, "num_steps": 16, "hidden_sizes": [8], "updates_per_chunk": 1, "keep_last": 3,
    "checkpoint_every": 1, "total_timesteps": 8 * 16 * 3, "learning_rate": 0.05,
    "tensorboard": False, "resting_logit": 0.0,
}  # fmt: skip


@pytest.fixture(scope="module")
def run(desk, tmp_path_factory):
    folder = tmp_path_factory.mktemp("sweep") / "run"
    config = PPOConfig.from_dict(PPOConfig().to_dict() | TINY)
    train(desk.env, desk.params, config, run_dir=folder)
    return folder


@pytest.mark.thorough
def test_every_checkpoint_is_what_it_is_alone(desk, run) -> None:
    agents = load_all(run, desk.env.observation_layout)
    assert list(agents) == [1, 2, 3]
    before = runner()._cache_size()
    looked = look_at(desk.env, desk.params, agents, desk.sessions)
    assert runner()._cache_size() <= before + 1
    last = agents[3]
    alone = evaluate(
        Contender(name="x", env=desk.env, policy=agent_policy(last), params=desk.params),
        [],
        desk.sessions,
    )
    assert looked[-1].daily.equals(alone.subject.daily)
    assert looked[-1].trades == len(alone.subject.trades)
    # of the update before each checkpoint, the parameters of which were in force
    assert [one.place for one in looked] == ["0%", "33%", "67%"]
    assert not looked[0].daily.equals(looked[-1].daily)


def _look(step: int, *pnl: float) -> Looked:
    daily = pd.Series(pnl)
    interval = mean_interval(daily, block_length=1)
    return Looked(step=step, place="", daily=daily, interval=interval, trades=1, breaches=0)


def test_each_rule_chooses_by_what_it_says() -> None:
    steady, wild = _look(1, 9, 10, 11, 10, 9, 11), _look(2, -900, 1000, 800, -700, 900, -900)
    ratio = _look(3, 5, 5.1, 5, 5.1, 5, 5.1)
    looked = [steady, wild, ratio]
    assert chosen_by("low", looked) is steady
    assert chosen_by("mean", looked) is wild
    assert chosen_by("sharpe", looked) is ratio
    again = replace(steady, step=7)
    assert chosen_by("low", [*looked, again]) is again


def test_overfitting_is_told_of_two_checkpoints_on_four_days() -> None:
    up, down = _look(1, 5, 6, 5, 6, 5), _look(2, -5, -6, -5, -6, -5)
    assert overfitting_of([up]) is None
    assert overfitting_of([_look(1, 5, 6, 5), _look(2, 1, 2, 1)]) is None
    found = overfitting_of([up, down])
    assert (found.strategies, found.days, found.probability) == (2, 5, 0.0)
    assert "best checkpoint of one half" in found.told("checkpoint")


@pytest.mark.parametrize(
    ("recorded", "words"),
    [
        ({"stage": "2B", "progress": 0.45, "params": {"commission_usd": 1.0}},
         "2B, 45%, commission 1.00"),
        ({"stage": None, "progress": 0.1, "params": {}}, "10%"),
    ],
)  # fmt: skip
def test_a_checkpoint_is_named_by_its_place_in_the_curriculum(recorded, words) -> None:
    assert place_in_words({"curriculum": recorded}) == words
    assert place_in_words({"curriculum": "phase1-seed", "config": {}, "step": 3}) == "unknown"


@pytest.mark.thorough
def test_a_sweep_from_the_command_line(run, tmp_path, capsys) -> None:
    arguments = ["sweep", str(run), "--sessions", "6", "--market-seed", "3", "--allow-overlap"]
    arguments += ["--out", str(tmp_path), "--choose", "mean"]
    assert main(arguments) == 0
    printed = capsys.readouterr().out
    numbers = json.loads((tmp_path / "sweep-run" / "metrics.json").read_text())
    assert len(json.loads((run / LOOKS).read_text())) == 3  # of which an evaluation later tells
    best = max(numbers["checkpoints"], key=lambda one: (one["mean_usd"], one["step"]))
    assert numbers["chosen"] == best["step"]
    assert [one["chosen"] for one in numbers["checkpoints"]].count(True) == 1
    assert "out of 3" in numbers["headline"]
    assert f"test on later ones, with --step {best['step']}" in printed.replace("\n", " ")
    assert "(3)" in numbers["remark"]  # half of the five sessions behind the window
    assert numbers["overfitting"] is None  # three days are too few
    assert (tmp_path / "sweep-run" / "report.html").stat().st_size > 1_000
    capsys.readouterr()
    assert main([*arguments, "--run-id", "sweep-run"]) == 1
    assert capsys.readouterr().err.startswith("eval-tools: "), "refused before anything is read"
    assert main(["sweep", str(tmp_path / "absent"), "--sessions", "6"]) == 1
    assert main([*arguments, "--start", "2020-02-01", "--end", "2020-01-01"]) == 2
    assert np.isfinite(best["low"])
