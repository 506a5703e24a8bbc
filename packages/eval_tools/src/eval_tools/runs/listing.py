"""All runs of a folder, evaluations and trainings, one line each."""

from pathlib import Path

from eval_tools.formats import aligned, count, usd
from eval_tools.report.files import METADATA, METRICS
from eval_tools.runs.stored import StoredRun

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
        run.metadata["created_at"][:16].replace("T", " "),
        run.numbers["policy"],
        f"{span['sessions']} {span['first_session']} to {span['last_session']}",
        usd(mean["mean"]),
        f"{usd(mean['low'], 0)} .. {usd(mean['high'], 0)}",
        run.numbers["verdict"]["finding"],
        run.metadata["metrics_sha256"][:12],
    )


def _kind(folder: Path) -> str:
    if (folder / METRICS).exists() and (folder / METADATA).exists():
        return "evaluation of another version, or broken"
    if (folder / "checkpoints").is_dir():
        return "training"
    return "not finished" if any(folder.iterdir()) else "empty"
