"""`eval-tools compare`: two evaluations of the same days, paired."""

from dataclasses import dataclass
from pathlib import Path

from tyro.conf import Positional

from eval_tools.runs.comparison import comparison_text
from eval_tools.runs.stored import StoredRun, find_run


@dataclass(frozen=True, kw_only=True)
class CompareConfig:
    """Compare two evaluations of the same sessions, paired by day."""

    run_a: Positional[Path]
    """Run folder, as a path or as a name in --out."""
    run_b: Positional[Path]
    """Run folder that is subtracted."""
    out: Path = Path("runs")
    """Folder of all runs."""


def run_compare(config: CompareConfig) -> None:
    """Print both side by side and the interval of their difference.

    Raises:
        ArgumentError: the runs are of different days or bars.
        ValueError: a folder that is no evaluation.
    """
    one, other = (StoredRun.read(find_run(run, config.out)) for run in (config.run_a, config.run_b))
    print(comparison_text(one, other), end="")
