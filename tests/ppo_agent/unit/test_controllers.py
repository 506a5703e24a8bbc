"""Every rule of the controllers fires on rows made for it, and the score is the stated formula."""

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pytest

from ppo_agent.training import controllers
from tests.ppo_agent.conftest import small_config
from tests.ppo_agent.corridor import Corridor

CONFIG = small_config(
    entropy_target=0.4,
    ent_coef_min=0.01,
    ent_coef_max=0.1,
    action_floor_max=0.03,
    auto_adjust=True,
)


class Throws(Corridor):
    """Counts throws and hits, keeps the longest, and says what they are worth."""

    activity_metric = "throws"
    metric_reductions = MappingProxyType({"longest": "max"})

    def summarize_metrics(self, sums: dict[str, float]) -> dict[str, float]:
        return sums | {"hit_rate": sums["hits"] / sums["throws"] if sums["throws"] else math.nan}

    def quality_components(
        self,
        figures: Mapping[str, float],
        halves: tuple[Mapping[str, float], Mapping[str, float]] | None,
        steps: int,
        params: dict[str, float],
        charged: Mapping[str, float],
    ) -> dict[str, tuple[float, float]]:
        found = {"busy": (figures["throws"] / steps, 1.0)}
        if "hit_rate" in figures:
            found["hits"] = (figures["hit_rate"] / charged.get("wind", params["wind"]), 2.0)
        if halves:
            earlier, later = (half["longest"] for half in halves)
            found["longer"] = (float(figures["longest"] == later > earlier), 5.0)
        return found


ENV = Throws()
CALM = {"wind": 1.0}


def row(update: int, entropy: float = 0.4, throws: float = 1.0, **more: float) -> dict[str, Any]:
    sums = {"env/throws": throws, "env/hits": more.get("hits", 0.0)}
    charged = {"param/wind": more["wind"]} if "wind" in more else {}
    return charged | {
        "update": update,
        "entropy_choice": entropy,
        "choice_states": more.get("choice", 0.5),
        "action_choice/HOLD": more.get("hold", 0.5),
        "action_choice/BUY": 1.0 - more.get("hold", 0.5),
        "maxima": {"env/longest": more.get("longest", -1.0)},
        "sums": sums | {"episodes": 0.0, "episode_return": 0.0, "episode_length": 0.0},
    }


def changes(rows: list[dict[str, Any]], **current: float) -> dict[str, tuple[float, str]]:
    settings = {"ent_coef": 0.02, "action_floor": 0.0} | current
    found = controllers.adjust(ENV, rows, settings, CONFIG)
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


def test_floor_rises_without_activity_and_falls_with_it() -> None:
    silent = [row(1, throws=0.0)]
    new, reason = changes(silent)["action_floor"]
    assert new == pytest.approx(controllers.FLOOR_STEP)
    assert reason == f"no throws in the last {CONFIG.adjust_every} updates"
    assert changes(silent, action_floor=0.01)["action_floor"][0] == pytest.approx(0.02)
    assert changes(silent, action_floor=0.02)["action_floor"][0] == pytest.approx(0.03)
    assert "action_floor" not in changes(silent, action_floor=CONFIG.action_floor_max)
    new, reason = changes([row(1)], action_floor=0.03)["action_floor"]
    assert new == pytest.approx(0.015)
    assert reason == f"1 throws in the last {CONFIG.adjust_every} updates"
    assert changes([row(1)], action_floor=0.008)["action_floor"][0] == 0.0
    assert changes([row(1, throws=0.0), row(2, throws=1.0)]) == {}


def test_floor_stays_where_no_activity_is_declared() -> None:
    class Silent(Throws):
        activity_metric = None

    settings = {"ent_coef": 0.02, "action_floor": 0.0}
    assert controllers.adjust(Silent(), [row(1, throws=0.0)], settings, CONFIG) == []


def test_score_is_the_weighted_mean_of_the_stated_components() -> None:
    rows = [
        row(1, entropy=0.1, throws=1.0, longest=-3.0),
        row(2, entropy=0.3, throws=3.0, hits=2.0, longest=-2.0, wind=4.0),
    ]
    found = controllers.quality(ENV, rows, CALM, CONFIG)
    parts = {
        "entropy": (0.2 / 0.4, 1.0),
        "balance": (1.0, 1.0),
        "busy": (4.0 / (2 * CONFIG.steps_per_update), 1.0),
        "hits": (0.5 / 4.0, 2.0),
        "longer": (1.0, 5.0),
    }
    assert set(found) == {"score", *parts}
    for name, (value, _) in parts.items():
        assert found[name] == pytest.approx(value), name
    total = sum(value * weight for value, weight in parts.values())
    assert found["score"] == pytest.approx(total / 10.0)


def test_score_leaves_out_what_the_environment_does_not_offer() -> None:
    silent = controllers.quality(ENV, [row(1, throws=0.0)], CALM, CONFIG)
    assert set(silent) == {"score", "entropy", "balance", "busy"}
    assert silent["busy"] == 0.0
    assert controllers.quality(ENV, [row(1, hold=1.0)], CALM, CONFIG)["balance"] == 0.0
    fixed = controllers.quality(ENV, [row(1, throws=2.0, hits=1.0)], {"wind": 2.0}, CONFIG)
    assert fixed["hits"] == 0.25


@pytest.mark.parametrize("component", [(1.5, 1.0), (math.nan, 1.0), (0.5, 0.0)])
def test_a_component_out_of_range_is_named(component: tuple[float, float]) -> None:
    class Boastful(Throws):
        def quality_components(self, *arguments: Any) -> dict[str, tuple[float, float]]:
            return {"fame": component}

    with pytest.raises(ValueError, match=f"fame is {component[0]} with weight {component[1]}"):
        controllers.quality(Boastful(), [row(1)], CALM, CONFIG)
