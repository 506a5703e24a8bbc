"""`eval-tools runs list` and `runs pool`: what was evaluated, and several runs together."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tyro.conf import Positional

from eval_tools.runs.comparison import pool_text
from eval_tools.runs.listing import list_runs
from eval_tools.runs.stored import StoredRun, find_run
from futures_env import ArgumentError


@dataclass(frozen=True, kw_only=True)
class RunsConfig:
    """List the runs of a folder, or pool the seeds of one configuration."""

    do: Positional[Literal["list", "pool"]]
    """What to do: list (all runs of --out) or pool (interquartile mean over runs of the same
    days, and the probability that the best one was chosen by luck)."""
    runs: Positional[tuple[Path, ...]] = ()
    """Runs to pool, as paths or as names in --out."""
    out: Path = Path("runs")
    """Folder of all runs."""


def run_runs(config: RunsConfig) -> None:
    """Print the table, or the pooled numbers.

    Raises:
        ArgumentError: runs that are of different days, or named where none are taken.
        ValueError: a folder that is no evaluation.
    """
    if config.do == "pool":
        found = [StoredRun.read(find_run(run, config.out)) for run in config.runs]
        print(pool_text(found), end="")
        return
    if config.runs:
        raise ArgumentError(f"runs list takes no run, got {config.runs[0]}; --out names a folder")
    print(list_runs(config.out), end="")
