"""Checkpoints that are kept over a whole run."""

from dataclasses import replace
from pathlib import Path

import jax
import pytest

from ppo_agent import Policy, read_rows, train
from tests.ppo_agent.conftest import small_config
from tests.ppo_agent.corridor import Corridor, CorridorParams

PARAMS = CorridorParams()


class Staged:
    """A curriculum that names its stages."""

    def __call__(self, params: CorridorParams, progress: jax.Array) -> CorridorParams:
        return replace(params, step_cost=0.1 - 0.1 * progress)

    def stage(self, progress: float) -> str:
        return "late" if progress >= 0.5 else "early"


def test_checkpoints_spread_over_the_run_know_their_place(
    corridor: Corridor, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    config = small_config(keep_every=2, keep_last=1, checkpoint_every=0, tensorboard=True)
    folder = tmp_path / "run"
    train(corridor, PARAMS, config, run_dir=folder, params_schedule=Staged())
    steps = {int(p.name) for p in (folder / "checkpoints").iterdir() if p.name.isdigit()}
    assert steps == {2, 4, 6, 8, 10, 12}
    for step in steps:
        place = Policy.load(folder, step).metadata["curriculum"]
        assert place["progress"] == pytest.approx((step - 1) / 12)
        assert place["params"]["step_cost"] == pytest.approx(0.1 - 0.1 * place["progress"])
        assert place["stage"] == ("late" if step > 6 else "early")
    # progress of update 7 is 6 / 12
    assert [row["stage"] for row in read_rows(folder)] == ["early"] * 6 + ["late"] * 6
    lines = [line for line in capfd.readouterr().err.splitlines() if "/s  " in line]
    assert [("early" in line, "late" in line) for line in lines][:1] == [(True, False)]
    assert "late" in lines[-1]
    (events,) = (folder / "tensorboard").iterdir()
    assert b"late" in events.read_bytes()
