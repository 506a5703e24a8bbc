"""The smallest pipeline that has everything, run once for all tests of it."""

import json
from pathlib import Path
from typing import Any

from eval_tools.cli.commands.pipeline import PipelineConfig, run_pipeline
from eval_tools.cli.sources import Bars
from eval_tools.pipeline.settings import Settings

TINY = {
    "num_envs": 8, "num_steps": 16, "hidden_sizes": [8], "updates_per_chunk": 2,
    "tensorboard": False,
}  # fmt: skip


def small(**changes: Any) -> PipelineConfig:
    """Eight updates a phase on 20 sessions: 2 to train, 1 to validate, 15 to test."""
    settings = Settings(timesteps=1_000, validations=2, overrides=TINY)
    return PipelineConfig(settings=settings, bars=Bars(sessions=20), **changes)


def finished(out: Path) -> Path:
    return run_pipeline(small(out=out)).parent


def best_step(run: Path, phase: int = 2) -> int:
    stages = json.loads((run / "pipeline.json").read_text())["stages"]
    return stages[f"phase{phase}"]["outputs"]["step"]
