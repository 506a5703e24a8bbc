"""The race to an edge: judging is off the clock, and who does not arrive counts as the limit."""

import json
import time
from typing import Any

import jax
import numpy as np
import pytest

from benchmarks import time_to_edge
from benchmarks.other_agents import layers_of
from benchmarks.time_to_edge import EVERY, Over, Watch
from futures_env import FuturesEnv, FuturesVectorEnv, synthetic_market
from tests.clients.absent import client


class Slow:
    """A market on which judging takes a while and the shares are given."""

    held_sessions = None

    def __init__(self, *usd: float) -> None:
        self.usd = list(usd)

    def value(self, policy: Any, sessions: Any) -> float:
        del policy, sessions
        time.sleep(0.2)
        return self.usd.pop(0)


def looks(watch: Watch, times: int) -> None:
    for _ in range(times):
        watch.look(None)  # ty: ignore[invalid-argument-type]


def test_the_share_ends_the_training_and_judging_costs_nothing() -> None:
    market = Slow(10.0, 70.0, 85.0, 20.0)
    found = Watch(market, 100.0, 60.0).run(lambda watch: looks(watch, 4))  # ty: ignore
    assert market.usd == [20.0]
    assert (found.reached, found.best) == (True, 0.85)
    assert found.seconds < 0.2
    assert not str(found).startswith(">=")


def test_who_does_not_arrive_counts_as_the_limit() -> None:
    found = Watch(Slow(10.0, 70.0), 100.0, 60.0).run(lambda watch: looks(watch, 2))  # ty: ignore
    assert (found.reached, found.seconds, found.best) == (False, 60.0, 0.7)
    assert str(found).startswith(">=60 s")


def test_the_limit_ends_the_training() -> None:
    watch = Watch(Slow(10.0, 20.0), 100.0, -1.0)  # ty: ignore
    watch.began = time.perf_counter()
    with pytest.raises(Over):
        watch.look(None)  # ty: ignore
    assert not watch.reached


@pytest.mark.thorough
def test_both_agents_are_trained_and_judged(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setattr(time_to_edge, "WANTED", 50.0)
    monkeypatch.setattr(time_to_edge, "find_spec", lambda name: None)
    path = tmp_path / "times.json"
    steps = str(EVERY * 32_768)
    flags = ["--seeds", "3", "--sessions", "20", "--steps", steps, "--limit-s", "5"]
    assert time_to_edge.main([*flags, "--json", str(path)]) == 0
    runs = json.loads(path.read_text())["runs"]["3"]
    assert set(runs) == {"ours", "PureJaxRL-style"}
    for run in runs.values():
        assert not run["reached"]
        assert run["seconds"] == 5
        assert -5.0 < run["best"] < 5.0
    assert capsys.readouterr().out.count(">=5 s") == 2


@client("torch", "sb3_contrib")
def test_the_actor_of_stable_baselines_acts_as_it_does_there() -> None:
    from sb3_contrib import MaskablePPO

    from futures_env.adapters.sb3 import SB3VecEnv

    env = FuturesVectorEnv(FuturesEnv(1, market=synthetic_market("NQ", sessions=5, seed=1)), 64)
    policy = MaskablePPO("MlpPolicy", SB3VecEnv(env), seed=0).policy
    obs, info = env.reset(seed=0)
    wanted, _ = policy.predict(obs, deterministic=True, action_masks=info["action_mask"])
    acting = jax.vmap(layers_of(policy), in_axes=(0, 0, None, None))
    np.testing.assert_array_equal(acting(obs, info["action_mask"], None, None), wanted)
