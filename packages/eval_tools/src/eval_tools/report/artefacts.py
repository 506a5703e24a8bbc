"""Run folders: metadata, metrics, tables and the report, written once and never over."""

import json
import platform
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from eval_tools.conditions.parameters import scalar_params
from eval_tools.outcome import Evaluation
from eval_tools.replay.table import replay_tables
from eval_tools.report.files import FORMAT, METADATA, METRICS, REPORT, SUMMARY
from eval_tools.report.summary import summary_text
from futures_env.codes import RULES_VERSION
from ppo_agent.storage.provenance import git_revision, hardware

_PACKAGES = ("futures-env", "ppo-agent", "eval-tools", "jax", "jaxlib", "numpy", "pandas", "flax")


def create_run(out: Path, run_id: str) -> Path:
    """Make the folder of a run.

    Raises:
        FileExistsError: a run id is never used twice.
    """
    check_unused(out, run_id)
    folder = out.resolve() / run_id
    folder.mkdir(parents=True)
    return folder


def check_unused(out: Path, run_id: str) -> None:
    """Refuse a run id in use; none, which leaves the choice to ``free_run_id``, never is.

    Raises:
        FileExistsError: a run id is never used twice.
    """
    folder = out.resolve() / run_id
    if run_id and folder.exists():
        raise FileExistsError(
            f"{folder} exists: a run folder is never overwritten, choose another run id"
        )


def free_run_id(out: Path, stem: str) -> str:
    """``stem``, or ``stem-2``, ``stem-3``, ... : the first that is not in use."""
    names = (stem if number == 1 else f"{stem}-{number}" for number in range(1, 1_000_000))
    return next(name for name in names if not (out / name).exists())


def write_artefacts(
    folder: Path,
    evaluation: Evaluation,
    config: dict[str, Any],
    numbers: dict[str, Any],
    page: str,
) -> None:
    """Write everything about an evaluation into its run folder.

    Each file appears whole or not at all; metadata.json, written last, says the set is complete.

    Args:
        folder: from ``create_run``.
        evaluation: what to write.
        config: how the run was made, JSON-ready; goes into metadata.json.
        numbers: ``metrics`` of the evaluation.
        page: ``render_report`` of both.

    Raises:
        FileExistsError: when one of the files is there already.
    """
    subject, market = evaluation.subject, evaluation.market
    tables = {
        "trades.parquet": _all_trades(evaluation),
        "slices.parquet": evaluation.slices,
        "steps.parquet": pd.concat(
            one.steps.assign(slice=one.slice.name) for one in subject.accounts
        ),
        "replay.parquet": replay_tables([*subject.sessions, *subject.accounts], market),
    }
    written = to_json(numbers)
    texts = {
        METRICS: written,
        SUMMARY: summary_text(numbers),
        REPORT: page,
        METADATA: to_json(metadata(folder.name, evaluation, config) | sealed(written)),
    }
    for name, table in tables.items():
        write_new(folder / name, partial(table.to_parquet, index=False))
    for name, text in texts.items():
        write_new(folder / name, partial(Path.write_text, data=text, encoding="utf-8"))


def metadata(run_id: str, evaluation: Evaluation, config: dict[str, Any]) -> dict[str, Any]:
    """What is needed to repeat the run: config, data hash, versions, revision, hardware."""
    return provenance(run_id, config) | {
        "data": asdict(evaluation.source),
        "env_params": scalar_params(evaluation.params),
    }


def provenance(run_id: str, config: dict[str, Any]) -> dict[str, Any]:
    """How, when and by which versions of what a run was made."""
    return {
        "run_id": run_id,
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "config": config,
        "rules_version": RULES_VERSION,
        "versions": {name: version(name) for name in _PACKAGES},
        "python": platform.python_version(),
        "git_revision": git_revision(),
        "hardware": hardware(),
    }


def sealed(metrics: str) -> dict[str, Any]:
    """Fields of metadata.json that say which metrics.json it belongs to."""
    return {"format": FORMAT, "metrics_sha256": sha256(metrics.encode()).hexdigest()}


def _all_trades(evaluation: Evaluation) -> pd.DataFrame:
    """Trades of every policy; ``scope`` tells the per-session slices from the long account."""
    parts = [
        table.assign(policy=name, scope=scope)
        for name, result in evaluation.results.items()
        for scope, table in (("session", result.trades), ("account", result.account_trades))
    ]
    filled = [part for part in parts if len(part)]
    return pd.concat(filled or parts[:1], ignore_index=True)


def to_json(content: dict[str, Any]) -> str:
    return json.dumps(content, indent=2, allow_nan=False) + "\n"


def write_new(path: Path, write: Callable[[Path], object]) -> None:
    """Write beside ``path`` and move it there, so that it is whole or absent."""
    if path.exists():
        raise FileExistsError(f"{path} exists: nothing is overwritten, choose another run id")
    partial_path = path.with_name(path.name + ".partial")
    write(partial_path)
    partial_path.replace(path)
