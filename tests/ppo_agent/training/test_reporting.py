"""Console lines, JSON lines and TensorBoard files."""

import json
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from ppo_agent import read_rows, train
from ppo_agent.training.reporting import format_line
from tests.ppo_agent.conftest import small_config
from tests.ppo_agent.corridor import Corridor, CorridorParams


class Printing(Corridor):
    """With a metric for the console."""

    console_metrics = ("arrivals_per_step",)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reporting") / "run"
    train(
        Printing(),
        CorridorParams(),
        small_config(tensorboard=True, entropy_warning=9.0),
        run_dir=folder,
        validate_fn=lambda policy: {"score": 0.5},
        validate_every=6,
        metadata={"data_hash": "abc"},
    )
    return folder


def test_tensorboard_reads_every_scalar_back(finished: Path) -> None:
    events = EventAccumulator(str(finished / "tensorboard"))
    events.Reload()
    rows = read_rows(finished)
    found = events.Scalars("entropy_choice")
    assert [event.step for event in found] == [row["timesteps"] for row in rows]
    assert [event.value for event in found] == pytest.approx([r["entropy_choice"] for r in rows])
    tags = set(events.Tags()["scalars"])
    assert {"loss", "action/LEFT", "env/arrivals", "validation/score", "quality/score"} <= tags


def test_json_lines_carry_speed_and_metadata_the_rest(finished: Path) -> None:
    rows = [json.loads(line) for line in (finished / "metrics.jsonl").read_text().splitlines()]
    assert [row["update"] for row in rows] == list(range(1, 13))
    assert all(row["steps_per_second"] > 0 for row in rows)
    metadata = json.loads((finished / "metadata.json").read_text())
    assert metadata["data_hash"] == "abc"
    assert metadata["config"]["num_envs"] == 8
    assert metadata["hardware"]["devices"] >= 1
    assert [row["update"] for row in read_rows(finished, "quality.jsonl")] == [6, 12]
    assert read_rows(finished, "validation.jsonl")[0]["score"] == 0.5


def test_console_shows_lines_bar_summary_and_warning(
    capfd: pytest.CaptureFixture[str],
) -> None:
    train(Printing(), CorridorParams(), small_config(entropy_warning=9.0, total_timesteps=64 * 6))
    lines = capfd.readouterr().err.splitlines()
    chunks = [line for line in lines if "/s  left 0:00:0" in line]
    assert [line.split()[0] for line in chunks] == ["3/6", "4/6", "6/6"]
    assert len({line.index("entropy") for line in chunks}) == 1
    assert all("arrivals_per_step" in line for line in chunks)
    assert any("over states with a choice is under 9" in line for line in lines)
    assert lines[-1].startswith("finished: 6 of 6 updates, 384 steps")
    assert "compile" in lines[-1]


def test_quiet_runs_print_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    train(Printing(), CorridorParams(), small_config(), progress=False)
    captured = capfd.readouterr()
    assert (captured.out, captured.err) == ("", "")


def test_lines_without_episodes_keep_their_columns() -> None:
    base = {"update": 5, "timesteps": 320, "entropy_choice": 1.0, "kl": 0.0}
    full = base | {"episode_return": 1.0, "episode_length": 3.0, "env/x": 2.0}
    lines = [format_line(row, 100, 10.0, ("x",), None) for row in (base, full)]
    assert lines[0].index("entropy") == lines[1].index("entropy")
    assert len(lines[0]) == len(lines[1])
    assert "val score 0.25" in format_line(full, 100, 10.0, (), {"update": 5, "score": 0.25})


def test_a_line_says_how_long_the_run_still_takes() -> None:
    line = {"update": 5, "timesteps": 320}
    assert "left 1:02:03  return" in format_line(line, 10, 1.0, (), None, left=3723.4)


def test_the_ranking_metric_is_shown_beside_any_number_of_others() -> None:
    line = {"update": 5, "timesteps": 320}
    validation = {"update": 5, "a": 1.0, "b": 2.0, "c": 3.0, "sharpe": 4.0}
    crowded = format_line(line, 10, 1.0, tuple("tuvwxyz"), validation, "sharpe")
    assert crowded.endswith("val sharpe 4")
    roomy = format_line(line, 10, 1.0, (), validation, "sharpe")
    assert roomy.endswith("val sharpe 4  val a 1  val b 2  val c 3")


def test_the_console_of_a_run_shows_its_ranking_metric(
    capfd: pytest.CaptureFixture[str],
) -> None:
    class Crowded(Printing):
        console_metrics = tuple(f"metric_{i}" for i in range(9))

    train(
        Crowded(),
        CorridorParams(),
        small_config(total_timesteps=64 * 3, best_metric="sharpe"),
        validate_fn=lambda policy: {"other": 1.0, "sharpe": 0.25},
        validate_every=3,
    )
    assert "val sharpe 0.25\n" in capfd.readouterr().err


def test_metadata_may_not_hide_what_the_run_records(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="metadata may not set config"):
        train(
            Printing(),
            CorridorParams(),
            small_config(),
            run_dir=tmp_path / "run",
            metadata={"config": {}},
            progress=False,
        )


def test_large_figures_come_in_groups_of_thousands() -> None:
    line = {"update": 1, "timesteps": 10, "env/x": 13_190.0, "env/y": -0.25}
    text = format_line(line, 10, 1.0, ("x", "y"), {"score": -301_800.4})
    assert "x    13,190" in text
    assert "y     -0.25" in text
    assert "val score -301,800" in text
