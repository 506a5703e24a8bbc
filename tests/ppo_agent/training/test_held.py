"""Held figures stand beside those of training, and one sentence says when the two part."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ppo_agent import read_rows, train
from ppo_agent.training.held import LEAST_VALIDATIONS, beside, judged_figure, parting
from ppo_agent.training.reporting import format_line
from tests.ppo_agent.conftest import small_config
from tests.ppo_agent.corridor import Corridor, CorridorParams


def rows(training: Any, held: Any) -> list[dict[str, float]]:
    pairs = zip(training, held, strict=True)
    return [{"train/return": float(t), "return": float(h)} for t, h in pairs]


UP = np.linspace(0.0, 9.0, 12)


@pytest.mark.parametrize(
    ("training", "held", "parts"),
    [
        (UP, UP, False),  # it carries over
        (UP, UP / 2 + 5.0, False),  # by half, from another level
        (UP, UP / 4, True),  # by a quarter
        (UP, 0 * UP, True),
        (UP, -UP, True),
        (0 * UP, -UP, False),  # training gains nothing: held data change, the agent does not
        (-UP, -2 * UP, False),
        (1_000.0 + UP, -500.0 + UP, False),  # levels are not compared
        (UP[: LEAST_VALIDATIONS - 1], 0 * UP[: LEAST_VALIDATIONS - 1], False),
        (UP[:LEAST_VALIDATIONS], 0 * UP[:LEAST_VALIDATIONS], True),
    ],
)
def test_they_part_when_held_gains_less_than_half(training: Any, held: Any, parts: bool) -> None:
    found = parting(rows(training, held), "return")
    assert (found is not None) == parts
    if found:
        size = len(training) // 3
        gains = [np.mean(values[-size:]) - np.mean(values[:size]) for values in (training, held)]
        assert found == pytest.approx(gains)


def test_stages_before_the_first_line_are_announced(capfd: pytest.CaptureFixture[str]) -> None:
    """Compiling takes longer than five seconds on most machines."""
    train(Arriving(), CorridorParams(), small_config(total_timesteps=64))
    assert capfd.readouterr().err.splitlines()[0] == "compiling ..."


def test_noise_alone_does_not_part_them() -> None:
    """2,000 pairs of series without a trend: at most 2 % are called parted."""
    rng = np.random.default_rng(0)
    noise = rng.normal(size=(2_000, 2, 9))
    assert np.mean([parting(rows(*pair), "return") is not None for pair in noise]) < 0.02


def test_validations_without_both_figures_do_not_count() -> None:
    apart = rows(UP, -UP)
    assert parting([{"return": 1.0}, *apart, {"train/return": 1.0}], "return") == parting(
        apart, "return"
    )
    assert parting(apart, "score") is None


def test_a_held_figure_belongs_to_the_training_figure_of_its_name() -> None:
    training = {"episode_return": 2.0, "episode_length": 7.0, "env/trades": 30.0, "loss": 1.0}
    held = {"return": 1.0, "length": 6.0, "trades": 3.0, "env/trades": 3.0, "loss": 9.0}
    assert beside(held, training) == {
        "train/return": 2.0,
        "train/length": 7.0,
        "train/trades": 30.0,
        "train/env/trades": 30.0,
    }
    # what a validation played on training data itself is closer to what it played on held data
    assert beside(held | {"train/return": 5.0}, training)["train/return"] == 5.0
    assert beside({"score": 1.0}, training) == {}


def test_what_ranks_checkpoints_is_judged_else_the_return() -> None:
    both = {"return": 1.0, "train/return": 1.0, "score": 1.0}
    assert judged_figure(both, "score") == "return"
    assert judged_figure(both | {"train/score": 1.0}, "score") == "score"
    assert judged_figure({"score": 1.0, "return": 1.0}, "score") == ""


def test_the_line_shows_held_figures_behind_those_of_training() -> None:
    line = {"update": 5, "timesteps": 320, "episode_return": 1.25, "env/trades": 1_300.0}
    held = {"return": 0.5, "train/return": 1.0, "trades": 7.0, "train/trades": 1_300.0}
    extra = {"score": 3.0, "train/score": 9.0, "plain": 2.0}
    text = format_line(line, 100, 10.0, ("trades",), held | extra, "score")
    assert "return      1.250 held       0.5  length" in text
    assert "trades     1,300 held         7  val score 3 (train 9)  val plain 2" in text
    assert text.count("held") == 2
    assert "val return" not in text


class Arriving(Corridor):
    """With a metric for the console."""

    console_metrics = ("arrivals_per_step",)


def run(folder: Path | None, held: list[float], **options: Any) -> Any:
    """Twelve validations whose held figure is given and whose training figure rises."""
    said = iter(zip(UP, held, strict=True))

    def validate(policy: Any) -> dict[str, float]:
        training, value = next(said)
        return {"score": value, "train/score": training, "return": value}

    return train(
        Arriving(),
        CorridorParams(),
        small_config(best_metric="score"),
        run_dir=folder,
        validate_fn=validate,
        validate_every=1,
        **options,
    )


def test_the_warning_is_said_once_and_the_figures_are_kept(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    run(tmp_path / "run", [-1.0] * 12)
    said = [line for line in capfd.readouterr().err.splitlines() if "part:" in line]
    assert said == [
        "update 6: training and held part: since the first validations score gained 3.273 in "
        "training and 0 on held data, so the agent learns what does not carry over"
    ]
    kept = read_rows(tmp_path / "run", "validation.jsonl")
    trained = read_rows(tmp_path / "run")
    assert [row["train/score"] for row in kept] == pytest.approx(UP)
    compared = [(k, t) for k, t in zip(kept, trained, strict=True) if "episode_return" in t]
    assert compared
    assert all(k["train/return"] == t["episode_return"] for k, t in compared)
    json.dumps(kept, allow_nan=False)


def test_who_parts_twice_is_told_once(capfd: pytest.CaptureFixture[str]) -> None:
    held = np.array([0.0] * 6 + [50.0] * 2 + [-50.0] * 4)
    found = [parting(rows(UP[:n], held[:n]), "return") is not None for n in (6, 8, 12)]
    assert found == [True, False, True]
    run(None, held.tolist())
    assert capfd.readouterr().err.count("part:") == 1


def test_no_warning_where_it_carries_over(capfd: pytest.CaptureFixture[str]) -> None:
    run(None, UP.tolist())
    assert "part:" not in capfd.readouterr().err
