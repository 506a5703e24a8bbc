"""`eval-tools replay`: one slice of an evaluation, bar by bar."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import pandas as pd
from tyro.conf import Positional, arg

from eval_tools.formats import count
from eval_tools.replay.table import before_failure, failures
from eval_tools.replay.text import replay_text
from eval_tools.runs.stored import StoredRun, find_run
from futures_env import ArgumentError


@dataclass(frozen=True, kw_only=True)
class ReplayConfig:
    """Show bar by bar what a policy saw, might have done and did, and what came of it."""

    run: Positional[Path]
    """Run folder of an evaluation, as a path or as a name in --out."""
    slice_: Annotated[str, arg(name="slice")] = ""
    """Slice to show: a date, e.g. 2025-04-03, or all (one account over the range). Without it the
    slices are listed."""
    last: int | None = None
    """Show this many bars from the end; where an account failed, up to its first failure."""
    events: bool = False
    """Show only bars with an order, a fill or an end."""
    out: Path = Path("runs")
    """Folder of all runs."""


def run_replay(config: ReplayConfig) -> None:
    """Print the slice, or the list of slices.

    Raises:
        ArgumentError: a slice that the run does not hold.
        ValueError: a folder that is no evaluation.
    """
    if config.last is not None and config.last < 1:
        raise ArgumentError(f"--last {config.last}: at least 1 bar")
    run = StoredRun.read(find_run(config.run, config.out))
    table = run.table("replay")
    names = table["slice"].unique().tolist()
    if not config.slice_:
        print("\n".join([f"{run.name}: slices", *(_line(table, name) for name in names)]))
        return
    if config.slice_ not in names:
        raise ArgumentError(
            f"--slice {config.slice_}: {run.name} holds {names[0]} to {names[-2]}, and {names[-1]}"
        )
    chosen = _chosen(table[table["slice"] == config.slice_].reset_index(drop=True), config)
    print(f"{run.numbers['policy']}, {config.slice_}, New York time; observation, mask and action")
    print("belong to the close before the bar, fills to the bar, stops and account to its close")
    print(replay_text(chosen), end="")


def _line(table: pd.DataFrame, name: str) -> str:
    own = table[table["slice"] == name]
    failed = len(failures(own))
    return f"  {name}: {count(len(own), 'bar')}" + f", {count(failed, 'failure')}" * bool(failed)


def _chosen(table: pd.DataFrame, config: ReplayConfig) -> pd.DataFrame:
    if config.last is not None:
        end = next(iter(failures(table)), len(table) - 1)
        table = before_failure(table, end, config.last)
    if config.events:
        told = [table[name].astype(str) != "" for name in ("order", "fill", "done_reason")]
        table = table[told[0] | told[1] | told[2]]
    return table
