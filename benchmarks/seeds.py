"""Figures of runs over seeds: intervals of means and of paired differences, tables, JSON."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import numpy as np

from eval_tools import mean_interval

Figures: TypeAlias = Mapping[str, float | None]
"""What one run is measured by; None where there is nothing to measure (no trade)."""
Arms: TypeAlias = Mapping[str, Sequence[Figures]]
"""Figures of each arm, one entry per seed in the order of the seeds."""
Curve = TypeVar("Curve", list[Any], np.ndarray)
"""One entry per update."""
Pairs: TypeAlias = Sequence[tuple[str, str]]
"""Arms to subtract: first minus second."""


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A mean over seeds with its 95 % bootstrap interval; None where too few seeds have one."""

    mean: float | None
    low: float | None
    high: float | None
    seeds: int

    def __str__(self) -> str:
        if self.mean is None:
            return "-"
        if self.low is None:
            return f"{self.mean:,.2f} (1 seed)"
        return f"{self.mean:,.2f} [{self.low:,.2f}, {self.high:,.2f}]"


def interval(values: Sequence[float]) -> tuple[float, float]:
    """95 % bootstrap interval of the mean over independent seeds.

    Its percentiles are expanded for the few values (``eval_tools.measures.bootstrap``).
    """
    found = mean_interval(values, block_length=1)
    return found.low, found.high


def estimate(values: Iterable[float | None]) -> Estimate:
    """Mean and interval of the values that exist."""
    known = [value for value in values if value is not None]
    mean = float(np.mean(known)) if known else None
    low, high = interval(known) if len(known) > 1 else (None, None)
    return Estimate(mean=mean, low=low, high=high, seeds=len(known))


def paired(ours: Sequence[Figures], theirs: Sequence[Figures], name: str) -> Estimate:
    """Mean difference of one figure over the seeds for which both arms have it."""
    both = ((a[name], b[name]) for a, b in zip(ours, theirs, strict=True))
    return estimate(None if a is None or b is None else a - b for a, b in both)


def first_tenth(curve: Curve) -> Curve:
    """The first tenth of a learning curve, at least one entry."""
    return curve[: max(len(curve) // 10, 1)]


def last_tenth(curve: Curve) -> Curve:
    """The last tenth of a learning curve, at least one entry."""
    return curve[-max(len(curve) // 10, 1) :]


def estimates(arms: Arms, pairs: Pairs) -> dict[str, dict[str, Estimate]]:
    """Every figure of every arm, then of every difference, by the names of the rows."""
    names = list(next(iter(arms.values()))[0])
    rows = {arm: {n: estimate(run[n] for run in runs) for n in names} for arm, runs in arms.items()}
    for ours, theirs in pairs:
        rows[f"{ours} - {theirs}"] = {n: paired(arms[ours], arms[theirs], n) for n in names}
    return rows


def markdown(arms: Arms, pairs: Pairs) -> str:
    """A Markdown table: mean [95 % interval over seeds] of every figure, arms then differences."""
    rows = estimates(arms, pairs)
    names = list(next(iter(rows.values())))
    cells = [["", *names], *([row, *map(str, found.values())] for row, found in rows.items())]
    widths = [max(len(line[column]) for line in cells) for column in range(len(names) + 1)]
    lines = [
        "| " + " | ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)) + " |"
        for line in cells
    ]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([lines[0], rule, *lines[1:]])


def as_json(arms: Arms, pairs: Pairs) -> dict[str, Any]:
    """Runs and estimates as JSON-ready values."""
    rows = estimates(arms, pairs)
    return {
        "runs": {arm: list(map(dict, runs)) for arm, runs in arms.items()},
        "estimates": {row: {n: asdict(e) for n, e in found.items()} for row, found in rows.items()},
    }


def write_json(path: Path | None, report: Mapping[str, Any]) -> None:
    """Write a report where a file was asked for."""
    if path is not None:
        path.write_text(json.dumps(report, indent=2, default=str) + "\n", encoding="utf-8")
