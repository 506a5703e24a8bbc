"""All runs of a folder, evaluations and trainings, one line each."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from eval_tools.formats import aligned, count, usd
from eval_tools.report.files import FORMAT, METADATA, METRICS
from eval_tools.runs.stored import StoredRun, command_of

_HEAD = ("run", "made", "policy", "sessions", "per day", "interval", "finding", "metrics")


def list_runs(out: Path) -> str:
    """A table of the runs in ``out``, the oldest first; then the folders that are none.

    Trainings (of ppo-agent) say so, and so does what was not finished.

    Raises:
        ValueError: there is no such folder.
    """
    if not out.is_dir():
        raise ValueError(f"{out}: no such folder; --out names the folder of all runs")
    folders = sorted(path for path in out.iterdir() if path.is_dir())
    rows, others = [], []
    for folder in folders:
        try:
            run = StoredRun.read(folder)
        except ValueError:
            others.append(f"  {folder.name}: {_kind(folder)}")
            continue
        rows.append((run.metadata["created_at"], _row(run)))
    table = aligned([_HEAD, *(row for _, row in sorted(rows))], left=[True] * len(_HEAD))
    lines = [line.rstrip() for line in table] if rows else ["  no evaluation"]
    return "\n".join([f"{out}: {count(len(rows), 'evaluation')}", *lines, *others]) + "\n"


def _row(run: StoredRun) -> tuple[str, ...]:
    span, mean = run.numbers["range"], run.own["mean_daily_pnl"]
    return (
        run.name,
        _made(run.metadata),
        run.numbers["policy"],
        f"{span['sessions']} {span['first_session']} to {span['last_session']}",
        usd(mean["mean"]),
        f"{usd(mean['low'], 0)} .. {usd(mean['high'], 0)}",
        run.numbers["verdict"]["finding"],
        run.metadata["metrics_sha256"][:12],
    )


def _kind(folder: Path) -> str:
    if (folder / METADATA).exists() and (folder / METRICS).exists():
        return _other_result(folder)
    if (folder / "checkpoints").is_dir():
        return "training"
    return "not finished" if any(folder.iterdir()) else "empty"


def _other_result(folder: Path) -> str:
    """What is finished and no evaluation that this version reads."""
    try:
        metadata = json.loads((folder / METADATA).read_text(encoding="utf-8"))
    except json.JSONDecodeError:
        return "broken"
    if metadata.get("format") != FORMAT:
        return "of another version"
    return f"{command_of(metadata)}, {_made(metadata)}"


def _made(metadata: Mapping[str, Any]) -> str:
    return metadata["created_at"][:16].replace("T", " ")
