"""Policies of Phase 1 as guests in Phase 2: whom it can host, and that nothing changes for them."""

from dataclasses import replace

import gymnax
import numpy as np
import pandas as pd
import pytest

from eval_tools import Contender, agent_policy, evaluate
from eval_tools.policies.baselines import Baseline, baseline
from eval_tools.policies.guests import Guest, can_host
from eval_tools.rollout.cast import with_equals_shared
from eval_tools.rollout.sessions import session_slices, whole_slices
from eval_tools.rollout.slices import Task, run_tasks
from futures_env import FuturesEnv
from futures_env.types import SCALAR_FIELDS
from ppo_agent.config import PPOConfig
from ppo_agent.policy import Policy, untrained


@pytest.fixture(scope="module")
def home(desk):
    return gymnax.make("FuturesNQ-Phase1", market=desk.market)[0]


def _drawing(home):
    """An agent that has learned nothing and draws from nearly equal chances."""
    config = PPOConfig(hidden_sizes=(8,))
    learned = untrained(config, len(home.observation_layout), home.num_actions)
    return agent_policy(Policy(learned=learned, config=config), greedy=False)


def test_a_later_phase_hosts_an_earlier_one_of_the_same_observation(desk, home) -> None:
    assert can_host(desk.env, home)
    assert can_host(home, home)
    assert not can_host(home, desk.env)
    assert not can_host(desk.env, FuturesEnv(1, market=desk.market, window=10))
    assert not can_host(desk.env, FuturesEnv(1, market=desk.market, market_block=True))


@pytest.mark.thorough
def test_a_guest_does_what_it_does_at_home(desk, home) -> None:
    policy = _drawing(home)
    subject = Contender(
        name="subject",
        env=desk.env,
        policy=baseline(Baseline.RANDOM_LEGAL),
        params=replace(desk.params, drawdown=desk.params.drawdown / 10),
    )
    own = replace(home.default_params, drawdown=subject.params.drawdown)
    earlier = Contender(name="earlier", env=home, policy=policy, params=own)
    guest = evaluate(subject, [earlier], desk.sessions).baselines["earlier"]
    tasks = [
        Task(slices=session_slices(desk.sessions), reenter=True),
        Task(slices=whole_slices(desk.sessions)),
    ]
    sessions, accounts = run_tasks(home, [(policy, own)], tasks)[0]
    assert guest.num_actions == 3
    for there, here in zip([*guest.sessions, *guest.accounts], [*sessions, *accounts], strict=True):
        pd.testing.assert_frame_equal(there.steps, here.steps, check_exact=True)
    assert len(guest.trades) > 10


def test_a_guest_knows_the_chances_of_all_actions(desk, home) -> None:
    guest = Guest.of(_drawing(home), home)
    obs = np.zeros(len(desk.env.observation_layout), np.float32)
    chances = guest.probabilities(obs, np.ones(desk.env.num_actions, bool))
    assert chances.shape == (6,)
    assert chances[3:].tolist() == [0, 0, 0]
    assert float(chances.sum()) == pytest.approx(1)


def test_equal_parameters_of_two_phases_are_kept_once(desk, home) -> None:
    tight = replace(home.default_params, drawdown=desk.params.drawdown / 2)
    one, other = with_equals_shared([desk.params, tight])
    assert other.drawdown is tight.drawdown
    assert one.drawdown is desk.params.drawdown
    differing = [name for name in SCALAR_FIELDS if getattr(one, name) is not getattr(other, name)]
    assert differing == ["drawdown"]
    assert one.market is other.market
