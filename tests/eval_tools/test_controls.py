"""Controls: what is asked of the seeds, and one small training of each kind."""

import json
from dataclasses import replace

import pytest

from eval_tools.cli.commands.control import ControlConfig, run_control
from eval_tools.cli.main import main
from eval_tools.controls.outcomes import (
    EdgeResult,
    MartingaleResult,
    edge_outcome,
    martingale_outcome,
)
from eval_tools.controls.trained import Schooling
from eval_tools.measures.bootstrap import Interval
from eval_tools.requirements import RequirementError

TINY = {"num_envs": 8, "num_steps": 16, "hidden_sizes": [8], "updates_per_chunk": 2}


def _edge(seed: int, share: float) -> EdgeResult:
    return EdgeResult(
        seed=seed, oracle_usd=1000.0, agent_usd=1000.0 * share, share=share, trades=8.0
    )


def _interval(low: float, high: float) -> Interval:
    return Interval(
        mean=(low + high) / 2, low=low, high=high, level=0.95, num_values=20, block_length=3
    )


def _null(low: float, net: float, trades: int = 50) -> MartingaleResult:
    own = _interval(net - 50, net + 50)
    return MartingaleResult(seed=1, gross=_interval(low, low + 100), net=own, trades=trades)


@pytest.mark.parametrize(
    ("shares", "holds"),
    [
        ([0.8] * 10, True),
        ([0.8] * 9 + [0.79], True),
        ([0.8] * 8 + [0.79] * 2, False),
        ([0.5], False),
    ],
)
def test_nine_of_ten_seeds_must_find_the_edge(shares, holds) -> None:
    outcome = edge_outcome([_edge(i, share) for i, share in enumerate(shares)], "net P&L")
    assert outcome.holds is holds
    assert outcome.text.splitlines()[-1].startswith("HOLDS" if holds else "DOES NOT HOLD")


@pytest.mark.parametrize(
    ("results", "holds"),
    [
        ([_null(-50, -30)] * 10, True),
        ([_null(-50, -30)] * 9 + [_null(5, -30)], True),
        ([_null(-50, -30)] * 8 + [_null(5, -30)] * 2, False),
        ([_null(-50, +10)] * 10, False),
        ([_null(-50, 0, trades=0)] * 3, True),
    ],
)
def test_nothing_must_be_found_where_nothing_is(results, holds) -> None:
    assert martingale_outcome(results).holds is holds


def test_it_is_said_where_nobody_traded() -> None:
    assert "no run traded" in martingale_outcome([_null(-50, 0, trades=0)]).text
    assert "the 1 run that traded" in martingale_outcome([_null(-50, -9)]).text


def test_training_is_rounded_up_to_whole_updates() -> None:
    config = Schooling(sessions=20, timesteps=300, changed=TINY).config(3)
    assert (config.total_timesteps, config.seed) == (384, 3)


@pytest.mark.thorough
@pytest.mark.parametrize("what", ["entry-edge", "exit-edge", "martingale"])
def test_an_agent_that_has_learned_nothing(what, tmp_path, capsys) -> None:
    """A few hundred steps find no edge, and no edge where there is none."""
    config = ControlConfig(
        what=what, seeds=1, sessions=40, timesteps=200, out=tmp_path, overrides=TINY
    )
    if what == "martingale":
        folder = run_control(config)
    else:
        with pytest.raises(RequirementError, match=f"control {what} does not hold"):
            run_control(config)
        folder = tmp_path / f"control-{what}"
    written = json.loads((folder / "metrics.json").read_text())
    (result,) = written["results"]
    assert written["holds"] is (what == "martingale")
    assert written["schooling"]["sessions"] == 40
    if what != "martingale":
        assert result["share"] < 0.8
        assert result["oracle_usd"] > 0
    out = capsys.readouterr().out
    assert f"run: {folder}" in out
    made = json.loads((folder / "metadata.json").read_text())
    assert made["config"]["command"] == f"control {what}"
    assert made["versions"]["eval-tools"]
    with pytest.raises(FileExistsError, match="never overwritten"):
        run_control(replace(config, run_id=folder.name))


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--seeds", "0"], "--seeds 0"),
        (["--strength", "0"], "more than 0"),
        (["--sessions", "5"], "at least 20"),
    ],
)
def test_a_wrong_demand_is_one_line_and_leaves_nothing(more, message, tmp_path, capsys) -> None:
    out = tmp_path / "runs"
    assert main(["control", "entry-edge", *more, "--out", str(out)]) == 2
    assert message in capsys.readouterr().err
    assert not out.exists()
