"""Scores and adjustments of recorded trainings stay what they were, bit for bit.

``recorded/quality.json`` holds rows of two trainings of FuturesNQ, of Phase 2 with a scheduled
``target_ratio``, and what their windows were scored and adjusted to, with their counters and with
all counters at 0 (``silent``). The sides of the trades, which no score uses, are not recorded.
"""

import json
from pathlib import Path
from typing import Any

import gymnax
import pytest

import futures_env  # noqa: F401  registers its environments
from ppo_agent import PPOConfig
from ppo_agent.training import controllers

RUNS = json.loads((Path(__file__).parent / "recorded" / "quality.json").read_text())
CONFIG = PPOConfig(num_envs=8, num_steps=64, adjust_every=4)
FLOORS = (0.0, 0.04)

Row = dict[str, Any]


def window_of(run: Row, case: Row) -> list[Row]:
    rows = run["rows"][slice(*case["window"])]
    if not case["silent"]:
        return rows
    return [row | {"sums": dict.fromkeys(row["sums"], 0.0)} for row in rows]


@pytest.mark.parametrize("run", RUNS, ids=lambda run: f"phase {run['phase']}")
def test_scores_and_adjustments_are_those_recorded(run: Row) -> None:
    env, params = gymnax.make(f"FuturesNQ-Phase{run['phase']}")
    assert float(params.target_ratio) == run["target_ratio"]
    for case in run["cases"]:
        window = window_of(run, case)
        assert controllers.quality(env, window, params, CONFIG) == case["quality"], case["window"]
        changes = [
            controllers.adjust(env, window, {"ent_coef": 0.05, "action_floor": floor}, CONFIG)
            for floor in FLOORS
        ]
        assert changes == case["changes"], case["window"]
