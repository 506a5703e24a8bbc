"""Files of one run in its folder: metadata, and lines per update, validation and adjustment."""

import json
import os
from pathlib import Path

from ppo_agent.storage.same_run import COMPARED, check_same_run
from ppo_agent.types import Row, RunError

METADATA = "metadata.json"
METRICS = "metrics.jsonl"
VALIDATION = "validation.jsonl"
ADJUSTMENTS = "adjustments.jsonl"
QUALITY = "quality.jsonl"
TRAINING_METRICS = "training_metrics.json"
LINES = (METRICS, VALIDATION, ADJUSTMENTS, QUALITY)


def check_folder(path: Path, described: Row, *, resume: bool) -> Row | None:
    """Whether this run may write there, without writing.

    Args:
        path: the run folder, which need not exist.
        described: what this call would record as metadata.
        resume: continue what is there.

    Returns:
        the metadata of the run to continue, None for a new run.

    Raises:
        FileExistsError: when anything is there and ``resume`` is False, or it is no run.
        ValueError: when the stored run is another one, naming what differs.
        RunError: its metadata cannot be read.
    """
    stored = path / METADATA
    if stored.exists():
        if not resume:
            raise FileExistsError(f"{path} already holds a run: choose another folder or resume it")
        before = _read_metadata(stored)
        check_same_run(path, before, described)
        return before
    if is_occupied(path):
        lost = f" and has no {METADATA}, so it cannot be resumed: put the run's back, or"
        raise FileExistsError(
            f"{path} is not empty{lost if resume else ':'} choose another folder for this run"
        )
    return None


def stored_metadata(path: Path) -> Row | None:
    """Metadata of the run in a folder, None where there is no run.

    Raises:
        RunError: it cannot be read.
    """
    stored = path / METADATA
    return _read_metadata(stored) if stored.exists() else None


def is_occupied(path: Path) -> bool:
    """Whether there is more than a claim that was cut short."""
    return path.exists() and any(
        entry.name != _partial(path / METADATA) for entry in path.iterdir()
    )


def append_rows(file: Path, rows: list[Row]) -> None:
    """Append rows to a line file and push them to the disk."""
    if not rows:
        return
    with file.open("a") as lines:
        lines.writelines(json.dumps(row, allow_nan=False) + "\n" for row in rows)
        lines.flush()
        os.fsync(lines.fileno())


def read_rows(run_dir: Path | str, name: str = METRICS) -> list[Row]:
    """The complete rows of a line file of a run; a line cut short by a kill is left out.

    Raises:
        RunError: naming file and line of what is no row.
    """
    file = Path(run_dir) / name
    if not file.exists():
        return []
    lines = file.read_text().split("\n")[:-1]
    return [_parse(line, f"{file}, line {number}") for number, line in enumerate(lines, 1)]


def write_rows(file: Path, rows: list[Row]) -> None:
    """Replace the content of a line file that is there."""
    if file.exists():
        write_atomically(file, "".join(json.dumps(row) + "\n" for row in rows))


def write_atomically(path: Path, text: str) -> None:
    """Write a file so that a kill leaves the old one or the new one."""
    partial = path.with_name(_partial(path))
    partial.write_text(text)
    os.replace(partial, path)


def _partial(path: Path) -> str:
    return path.name + ".partial"


def _parse(line: str, place: str) -> Row:
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        raise RunError(f"{place} is not JSON ({error}): mend or delete the line") from error
    if not isinstance(row, dict) or not isinstance(row.get("update"), int):
        raise RunError(f"{place} is no row of a run, it has no whole number 'update'")
    return row


def _read_metadata(stored: Path) -> Row:
    remedy = "put the run's file back or start in a new folder"
    try:
        before = json.loads(stored.read_text())
    except json.JSONDecodeError as error:
        raise RunError(f"{stored} is not JSON ({error}): {remedy}") from error
    if not isinstance(before, dict):
        raise RunError(f"{stored} is no JSON object: {remedy}")
    lost = [name for name in ("config", *COMPARED) if name not in before]
    wrong = [n for n in ("config", "inputs") if n in before and not isinstance(before[n], dict)]
    if lost or wrong:
        raise RunError(f"{stored} does not describe {', '.join(lost + wrong)}: {remedy}")
    return before
