"""Figures and tables of the benchmark of generalisation."""

import numpy as np
import pytest

from benchmarks.shares import cases_markdown, middle, share, share_draws, with_interval


def test_without_an_edge_there_is_no_share() -> None:
    assert np.isnan(share(3.0, -1.0))
    assert share(3.0, 4.0) == 0.75


def test_agent_and_oracle_meet_the_same_sessions() -> None:
    oracle = np.random.default_rng(0).normal(300.0, 500.0, 200)
    low, high = middle(share_draws(0.5 * oracle, oracle)) or (0.0, 1.0)
    assert (low, high) == pytest.approx((0.5, 0.5))


def test_the_interval_is_as_wide_as_the_sessions_say() -> None:
    rng = np.random.default_rng(1)
    oracle = np.full(400, 100.0)
    agent = rng.normal(80.0, 50.0, 400)
    low, high = middle(share_draws(agent, oracle)) or (0.0, 0.0)
    # a mean of 400 values that deviate by half the oracle's gain: 1.96 x 0.5 / 20 to each side
    assert high - low == pytest.approx(2 * 1.96 * 0.5 / 20, rel=0.1)
    assert (low + high) / 2 == pytest.approx(np.mean(agent) / 100, abs=0.01)


def test_an_oracle_that_may_earn_nothing_leaves_the_share_open() -> None:
    oracle = np.array([100.0, -90.0, 5.0])
    assert middle(share_draws(oracle, oracle)) is None
    draws = np.r_[np.full(5, np.nan), np.linspace(0.0, 1.0, 995)]
    assert middle(draws) == pytest.approx([0.025, 0.975])
    assert with_interval(1.0, None) == "1.00"
    assert with_interval(None, None) == "-"


def test_trainings_are_told_one_by_one() -> None:
    plant = {"edge": "entry", "strength": 3.0, "sessions": 1000, "seed": 7}
    row = {
        "case": {"plant": plant, "config": "default", "steps": 5},
        "final": {"train": 1.0, "held": 0.75, "fresh": 0.5},
        "intervals": {"train": [0.9, 1.1], "held": [0.5, 1.0], "gap": None},
    }
    without = {name: value for name, value in row.items() if name != "intervals"}
    last = cases_markdown([row, without]).splitlines()[2:]
    assert last == [
        "| entry | 3.0 | 1000 | default | 5 | 7 | 1.00 [0.90, 1.10] | 0.75 [0.50, 1.00] | 0.25 "
        "| 0.50 |"
    ]
