"""The pipeline on tiny networks: what a run leaves, and that it says nothing else twice."""

import json
import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from eval_tools.cli.commands.pipeline import run_pipeline
from eval_tools.cli.sources import Bars, open_market
from eval_tools.pipeline.ranges import divide
from eval_tools.pipeline.settings import Settings
from eval_tools.policies.agents import agent_policy
from futures_env import market_hash, slice_market
from ppo_agent.config import FINE_TUNING
from ppo_agent.policy import Policy
from tests.eval_tools.pipeline.small_run import best_step, finished, small


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
    again = finished(tmp_path)
    out = capsys.readouterr().out
    for name in ("summary.txt", "metrics.json", "report.html"):
        assert (again / name).read_bytes() == (run / name).read_bytes(), name
    assert (run / "summary.txt").read_text() in out
    assert out.splitlines()[-1] == f"report: {again / 'report.html'}"
    assert not re.search(r"\d+\.\d s\b", out)


@pytest.mark.thorough
def test_two_symbols_are_trained_together_and_judged_each_on_its_own(tmp_path, capsys) -> None:
    run = run_pipeline(small(out=tmp_path, symbols=("NQ", "ES"))).parent
    for phase in ("phase1", "phase2"):
        facts = json.loads((run / phase / "metadata.json").read_text())["environment_facts"]
        assert facts["symbol"] == ["NQ", "ES"]
    numbers = json.loads((run / "metrics.json").read_text())
    assert [(one["name"], one["sessions"]) for one in numbers["markets"]] == [
        ("NQ", 15),
        ("ES", 15),
    ]
    assert numbers["range"]["sessions"] == 30
    mean = sum(one["mean_daily_pnl"]["mean"] for one in numbers["markets"])
    assert numbers["results"]["Phase 2 policy"]["mean_daily_pnl"]["mean"] == pytest.approx(mean)
    out = capsys.readouterr().out
    for symbol in ("NQ", "ES"):
        assert f"  {symbol}: train 2, validation 1, test 15 sessions" in out
        assert f"  {symbol}, 15 sessions, {numbers['range']['first_session']}" in out
        assert f"<h3>{symbol}, 15 sessions" in (run / "report.html").read_text("utf-8")


def test_each_phase_trains_at_least_what_was_asked() -> None:
    for phase in (1, 2):
        ppo = Settings().ppo_config(phase)
        assert ppo.total_timesteps >= 1_500_000
        assert ppo.num_updates * ppo.steps_per_update == ppo.total_timesteps
        assert 10 <= ppo.num_updates / Settings().validate_every(ppo) < 15
    assert {name: getattr(ppo, name) for name in FINE_TUNING} == FINE_TUNING
