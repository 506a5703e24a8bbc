"""The experiments on curricula: arms differ in what they say, cases are run once and tabled."""

import json

import jax.numpy as jnp
import numpy as np
import pytest

from benchmarks import curricula
from benchmarks.curriculum_arms import ARMS, STUDIES, plan_of
from benchmarks.curriculum_case import Size, ground, managing, rising, run_case

TINY = Size(
    sessions=100, steps=4_096, ppo=(("num_envs", 16), ("num_steps", 16), ("hidden_sizes", (8,)))
)


def charged(name: str, progress: float) -> dict[str, float]:
    schedules = plan_of(ARMS[name]).fields.items()
    return {field: float(schedule(jnp.float32(progress))) for field, schedule in schedules}


@pytest.mark.parametrize("name", [name for name in ARMS if name.startswith("p2-seed-")])
def test_arms_of_a_preset_differ_from_it_in_the_field_they_name(name: str) -> None:
    field = "management_bonus" if "bonus" in name else "forced_position_ratio"
    differing = set()
    for progress in (0.0, 0.1, 0.5, 0.79, 0.8, 1.0):
        own, preset = charged(name, progress), charged("p2-seed", progress)
        differing |= {one for one in preset if own[one] != preset[one]}
        assert own["management_bonus"] == own["forced_position_ratio"] == 0.0 or progress < 0.8
    assert differing == {field}


def test_what_arms_fade() -> None:
    assert charged("p2-seed-bonus-600", 0.1)["management_bonus"] == 600.0
    assert charged("p2-seed-bonus-600", 0.5)["management_bonus"] == pytest.approx(375.0)
    assert charged("thin-forced", 0.5) == {"forced_position_ratio": pytest.approx(0.3)}
    floor = plan_of(ARMS["p1-floor"]).action_floor
    assert [round(float(floor(p)), 4) for p in (0.0, 0.2, 0.4, 0.9)] == [0.08, 0.04, 0.0, 0.0]
    assert plan_of(ARMS["p1"]).fields == {}


def test_every_arm_stands_in_a_study_and_every_study_names_arms() -> None:
    assert {name for study in STUDIES for name in study.arms} == set(ARMS)


def test_the_rising_market_rises_and_its_mirror_falls() -> None:
    up, down = rising(TINY, 1), rising(TINY, 1, mirror=True)
    gain = np.asarray(up.close, np.int64)[-1] - np.asarray(up.close, np.int64)[0]
    assert gain == pytest.approx(up.num_bars, rel=0.3)
    assert np.array_equal(
        np.diff(np.asarray(up.close, np.int64)), -np.diff(np.asarray(down.close, np.int64))
    )


def test_half_of_the_starts_lie_in_the_mirror() -> None:
    plain, mirrored = (
        ground(ARMS[name], TINY, 1).training for name in ("p1-rising", "p1-rising-mirror")
    )
    starts = np.asarray(mirrored.starts)
    assert mirrored.num_bars == 2 * plain.num_bars
    assert np.mean(starts >= plain.num_bars) == 0.5


def test_share_of_steps_with_a_management_action() -> None:
    rows = [{"legal/TRAIL_ON": 0.2, "legal/TRAIL_OFF": 0.1}, {"legal/TRAIL_ON": 0.5} | {
        "legal/TRAIL_OFF": 0.0}]  # fmt: skip
    assert managing(rows) == pytest.approx(0.4)
    assert managing([{"entropy": 1.0}]) is None


def test_tables_are_over_the_seeds_that_all_arms_have(tmp_path) -> None:
    options = curricula.Options(folder=tmp_path)
    study = next(study for study in STUDIES if "p1-floor" in study.arms)
    size = {"sessions": options.sessions, "steps": options.steps, "ppo": []}
    cases = (("p1", 1, 10.0), ("p1", 2, 30.0), ("p1", 3, 99.0), ("p1-floor", 1, 11.0))
    for arm, seed, usd in (*cases, ("p1-floor", 2, 33.0)):
        row = {"arm": arm, "seed": seed, "size": size, "figures": dict.fromkeys(study.figures, usd)}
        (tmp_path / f"{arm}-{seed}.json").write_text(json.dumps(row))
    other = {"arm": "p1", "seed": 4, "size": size | {"steps": 5}, "figures": {}}
    (tmp_path / "other.json").write_text(json.dumps(other))
    text = curricula.table(study, curricula.stored(options))
    assert "2 seeds" in text
    assert "| p1            | 20.00 [10.00, 30.00]" in text
    assert "| p1-floor - p1 | 2.00 [1.00, 3.00]" in text
    without = next(study for study in STUDIES if "thin" in study.arms)
    assert "no seed has a case of each arm" in curricula.table(without, {})


@pytest.mark.thorough
@pytest.mark.parametrize("name", ["thin-forced", "p1-compliance-0.5", "p1-rising-mirror"])
def test_a_case_is_trained_and_measured(name: str) -> None:
    found = run_case(ARMS[name], TINY, 1)
    studied = {one for study in STUDIES if name in study.arms for one in study.figures}
    assert studied <= set(found)
    assert found["rollouts - long"] == found["rollouts USD"] - found["held long USD"]
    assert found["always HOLD"] == float(found["held trades"] == 0.0)
    assert found["drawn trades"] > 0.0
    legal = found["managing legal"]
    assert legal is None if ARMS[name].phase == 1 else 0.3 < legal < 1.0


def test_a_case_is_kept_and_not_run_again(
    tmp_path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    ran = []
    figures = dict.fromkeys({one for study in STUDIES for one in study.figures}, 1.0)
    monkeypatch.setattr(curricula, "run_case", lambda *case: ran.append(case) or figures)
    flags = [str(tmp_path), "--seeds", "1", "2", "--arms", "p1", "p1-floor"]
    assert curricula.main(flags) == curricula.main(flags) == 0
    assert [(arm, seed) for arm, _, seed in ran] == [
        (ARMS[name], seed) for seed in (1, 2) for name in ("p1", "p1-floor")
    ]
    assert "| p1-floor - p1 | 0.00 [0.00, 0.00]" in capsys.readouterr().out
