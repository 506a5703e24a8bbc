"""One evaluation as its run folder holds it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from eval_tools.report.files import FORMAT, METADATA, METRICS


@dataclass(frozen=True, kw_only=True)
class StoredRun:
    """Metadata and metrics of a finished evaluation.

    Attributes:
        folder: of the run.
        metadata: how it was made.
        numbers: ``eval_tools.report.metrics.metrics``.
    """

    folder: Path
    metadata: dict[str, Any] = field(repr=False)
    numbers: dict[str, Any] = field(repr=False)

    @classmethod
    def read(cls, folder: Path) -> "StoredRun":
        """Read a run folder.

        Raises:
            ValueError: it holds no finished evaluation, or one of another format.
        """
        if not (folder / METRICS).exists() or not (folder / METADATA).exists():
            raise ValueError(
                f"{folder}: no finished evaluation ({METRICS} and {METADATA}); "
                "`eval-tools runs list` shows those there are"
            )
        metadata, numbers = (_json(folder / name) for name in (METADATA, METRICS))
        if numbers.get("format") != FORMAT:
            raise ValueError(
                f"{folder / METRICS}: format {numbers.get('format')}, this version reads {FORMAT}; "
                "run the evaluation again"
            )
        if "policy" not in numbers:
            raise ValueError(
                f"{folder}: no evaluation but the result of eval-tools {command_of(metadata)}"
            )
        return cls(folder=folder, metadata=metadata, numbers=numbers)

    @property
    def name(self) -> str:
        """Of its folder."""
        return self.folder.name

    @property
    def own(self) -> dict[str, Any]:
        """Numbers of the policy under test."""
        return self.numbers["results"][self.numbers["policy"]]

    def daily(self) -> pd.Series:
        """P&L after costs in USD of the policy under test by day, over all markets."""
        slices = self.table("slices")
        own = slices[slices["policy"] == self.numbers["policy"]]
        days = pd.DatetimeIndex(own["slice"].str.partition("/")[0])
        return own["net_cents"].groupby(days).sum() / 100

    def table(self, name: str) -> pd.DataFrame:
        """One of its tables: trades, slices, steps or replay.

        Raises:
            ValueError: the file is not there or cannot be read.
        """
        file = self.folder / f"{name}.parquet"
        try:
            return pd.read_parquet(file)
        except (OSError, ValueError) as error:
            raise ValueError(f"{file} cannot be read: {error}") from error


def command_of(metadata: Mapping[str, Any]) -> str:
    """Which command made a run."""
    return str(metadata.get("config", {}).get("command") or "another version")


def find_run(run: Path, out: Path) -> Path:
    """``run`` as a path, or the run of that name in ``out``."""
    return run if run.exists() or not (out / run).exists() else out / run


def _json(file: Path) -> dict[str, Any]:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise ValueError(f"{file} is not JSON: {error}; run the evaluation again") from error
