"""The curves of a training: every panel that has figures, sub-phases, a form for a telephone."""

import math
from typing import Any

import pytest

from eval_tools.gates import above
from eval_tools.report.pictures.curves import SubPhase
from eval_tools.report.training import PhaseTraining, training_section

UPDATES, STEPS = 60, 32_768
PHASES = (SubPhase(name="2A", first_step=0), SubPhase(name="2B", first_step=12 * STEPS),
          SubPhase(name="2C", first_step=48 * STEPS))  # fmt: skip


def row(update: int) -> dict[str, Any]:
    learned = 1.0 - math.exp(-update / 20)
    early = {} if update < 3 else {"env/win_rate": 0.3 + 0.1 * learned}
    return early | {
        "update": update,
        "timesteps": update * STEPS,
        "episode_return": 20.0 * learned - 5.0,
        "entropy_choice": 0.6 - 0.3 * learned,
        "kl": 0.01 * (1.0 - learned),
        "explained_variance": learned,
        "env/trades": 900.0 - 500.0 * learned,
        "env/expectancy_usd": 60.0 * learned - 20.0,
        "param/commission_usd": min(0.25 + 0.05 * update, 2.5),
        "param/forced_position_ratio": max(0.5 - 0.01 * update, 0.0),
        "param/contracts": 1.0,
        "action_floor": max(0.08 - 0.004 * update, 0.0),
    }


ROWS = [row(update) for update in range(1, UPDATES + 1)]
VALIDATION = [{"update": u, "timesteps": u * STEPS, "score": float(u)} for u in range(10, 61, 10)]


@pytest.fixture(scope="module")
def page() -> str:
    gates = (above("entropy", 0.3, 0.05), above("a < b", math.nan, 0.0))
    one = PhaseTraining(
        name="Phase 2", rows=ROWS, validation=VALIDATION, sub_phases=PHASES, gates=gates
    )
    return training_section([PhaseTraining(name="Phase 1", rows=ROWS), one])


def test_every_curve_has_its_panel(page: str) -> None:
    for title in ("return of an episode", "entropy, states", "KL per update", "explained variance",
                  "trades per update", "win rate", "P&amp;L per trade", "held",
                  "commission usd, at most 2.5", "forced position ratio", "2A", "2B", "2C",
                  "million environment steps"):  # fmt: skip
        assert title in page, title
    assert "contracts" not in page, "what never changes is no curriculum"
    assert page.count("<svg") == 4
    assert page.count('class="narrow"') == 2


def test_what_was_not_recorded_has_no_panel() -> None:
    bare = [{"update": 1, "timesteps": 10, "kl": 0.1}, {"update": 2, "timesteps": 20, "kl": 0.2}]
    found = training_section([PhaseTraining(name="CartPole", rows=bare)])
    assert "KL per update" in found
    for absent in ("win rate", "P&amp;L", "curriculum", "trades"):
        assert absent not in found


def test_gates_say_pass_or_fail(page: str) -> None:
    assert page.count(">pass<") == 1
    assert page.count(">fail<") == 1
    assert "a &lt; b" in page
    assert page.count("<table>") == 1, "without gates there is no table"


def test_the_same_rows_give_the_same_page() -> None:
    phase = [PhaseTraining(name="Phase 1", rows=ROWS)]
    assert training_section(phase) == training_section(phase)
