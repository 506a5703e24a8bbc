"""Options of the compiler: no bit changes, and one that it does not know is left out, no error."""

import pandas as pd
import pytest

from eval_tools import agent_policy
from eval_tools.rollout import compiling, ranges
from eval_tools.rollout.sessions import whole_slices
from eval_tools.rollout.slices import run_slices
from ppo_agent.config import PPOConfig
from ppo_agent.policy import Policy, untrained


def test_unknown_options_are_left_out(monkeypatch) -> None:
    wanted = {"xla_backend_optimization_level": 1, "xla_no_such_option": True}
    monkeypatch.setattr(compiling, "_QUICK", wanted)
    found = compiling.quick_to_compile.__wrapped__()
    assert found == {"xla_backend_optimization_level": 1}


def test_a_wrong_value_is_no_option() -> None:
    assert compiling.is_known("xla_backend_optimization_level", 1)
    assert not compiling.is_known("xla_backend_optimization_level", "high")


def test_other_processors_than_the_cpu_get_no_options(monkeypatch) -> None:
    monkeypatch.setattr(compiling.jax, "default_backend", lambda: "gpu")
    assert compiling.quick_to_compile.__wrapped__() == {}


@pytest.mark.thorough
def test_the_options_change_no_bit_of_a_network(desk, monkeypatch) -> None:
    learned = untrained(PPOConfig(), len(desk.env.observation_layout), desk.env.num_actions)
    policy = agent_policy(Policy(learned=learned, config=PPOConfig()))
    steps = []
    for options in ({}, compiling.quick_to_compile()):
        runner = ranges.runner.__wrapped__
        with monkeypatch.context() as patched:
            patched.setattr(ranges, "quick_to_compile", lambda options=options: options)
            jitted = runner()
            patched.setattr(ranges, "runner", lambda jitted=jitted: jitted)
            (episode,) = run_slices(desk.env, policy, desk.params, whole_slices(desk.sessions))
        steps.append(episode.steps)
    pd.testing.assert_frame_equal(*steps, check_exact=True)
