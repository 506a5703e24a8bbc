"""Every rule of the controllers fires on rows made for it, and the score is the stated formula."""

import math
from typing import Any

import pytest

from ppo_agent.training import controllers
from tests.ppo_agent.conftest import small_config

CONFIG = small_config(
    entropy_target=0.4,
    ent_coef_min=0.01,
    ent_coef_max=0.1,
    action_floor_max=0.03,
    auto_adjust=True,
)


class Market:
    """Summaries as a trading environment gives them."""

    def summarize_metrics(self, sums: dict[str, float]) -> dict[str, float]:
        trades = sums["trades"]
        if not trades:
            return dict(sums) | {"win_rate": math.nan, "expectancy_usd": math.nan}
        rates = {"win_rate": sums["wins"] / trades, "expectancy_usd": sums["pnl"] / trades}
        return dict(sums) | rates


def row(update: int, entropy: float = 0.4, trades: float = 1.0, **more: float) -> dict[str, Any]:
    sums = {
        "env/trades": trades,
        "env/wins": more.get("wins", 0.0),
        "env/pnl": more.get("pnl", 0.0),
    }
    return {
        "update": update,
        "entropy_choice": entropy,
        "choice_states": more.get("choice", 0.5),
        "action_choice/HOLD": more.get("hold", 0.5),
        "action_choice/BUY": 1.0 - more.get("hold", 0.5),
        "sums": sums | {"episodes": 0.0, "episode_return": 0.0, "episode_length": 0.0},
    }


def changes(rows: list[dict[str, Any]], **current: float) -> dict[str, tuple[float, str]]:
    settings = {"ent_coef": 0.02, "action_floor": 0.0} | current
    found = controllers.adjust(Market(), rows, settings, CONFIG)
    return {change["field"]: (change["new"], change["reason"]) for change in found}


def test_low_entropy_raises_the_coefficient_up_to_its_bound() -> None:
    new, reason = changes([row(1, entropy=0.1)])["ent_coef"]
    assert new == pytest.approx(0.02 * controllers.ENTROPY_UP)
    assert reason == "entropy 0.1000 is under the target 0.4"
    assert changes([row(1, entropy=0.1)], ent_coef=0.09)["ent_coef"][0] == pytest.approx(0.1)
    assert changes([row(1, entropy=0.1)], ent_coef=0.0)["ent_coef"][0] > 0.0


def test_high_entropy_lowers_the_coefficient_down_to_its_bound() -> None:
    new, reason = changes([row(1, entropy=0.9)])["ent_coef"]
    assert new == pytest.approx(0.02 / controllers.ENTROPY_DOWN)
    assert "over the target" in reason
    assert changes([row(1, entropy=0.9)], ent_coef=0.011)["ent_coef"][0] == pytest.approx(0.01)


def test_a_coefficient_outside_the_bounds_is_not_moved_against_the_rule() -> None:
    assert "ent_coef" not in changes([row(1, entropy=0.9)], ent_coef=0.001)
    assert "ent_coef" not in changes([row(1, entropy=0.1)], ent_coef=0.5)


def test_entropy_near_the_target_or_without_choices_changes_nothing() -> None:
    assert changes([row(1, entropy=0.4)]) == {}
    assert changes([row(1, entropy=0.0, choice=0.0)]) == {}


def test_floor_rises_without_trades_and_falls_with_them() -> None:
    silent = [row(1, trades=0.0)]
    new, reason = changes(silent)["action_floor"]
    assert new == pytest.approx(controllers.FLOOR_STEP)
    assert reason == f"no trades in the last {CONFIG.adjust_every} updates"
    assert changes(silent, action_floor=0.01)["action_floor"][0] == pytest.approx(0.02)
    assert changes(silent, action_floor=0.02)["action_floor"][0] == pytest.approx(0.03)
    assert "action_floor" not in changes(silent, action_floor=CONFIG.action_floor_max)
    assert changes([row(1)], action_floor=0.03)["action_floor"][0] == pytest.approx(0.015)
    assert changes([row(1)], action_floor=0.008)["action_floor"][0] == 0.0
    assert changes([row(1, trades=0.0), row(2, trades=1.0)]) == {}


def test_score_is_the_mean_of_the_stated_components() -> None:
    rows = [
        row(1, entropy=0.1, trades=1.0, wins=0.0, pnl=-10.0),
        row(2, entropy=0.3, trades=3.0, wins=2.0, pnl=30.0),
    ]
    found = controllers.quality(Market(), rows, 2.0, CONFIG)
    per_1000 = 4.0 * 1_000.0 / (2 * CONFIG.steps_per_update)
    parts = {
        "entropy": 0.2 / 0.4,
        "balance": 1.0,
        "frequency": min(1.0, per_1000 / 5.0),
        "win_rate": min(1.0, 0.5 + (0.5 - 1.0 / 3.0) / 0.2),
        "trend": 0.5 + 0.5 * math.tanh(20.0 / 20.0),
    }
    for name, value in parts.items():
        assert found[name] == pytest.approx(value), name
    assert found["score"] == pytest.approx(sum(parts.values()) / 5)


def test_score_leaves_out_what_the_environment_does_not_offer() -> None:
    silent = controllers.quality(Market(), [row(1, trades=0.0)], 2.0, CONFIG)
    assert set(silent) == {"score", "entropy", "balance", "frequency"}
    assert silent["frequency"] == 0.0
    assert controllers.quality(Market(), [row(1, hold=1.0)], None, CONFIG)["balance"] == 0.0
