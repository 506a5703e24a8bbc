"""Files of one run in its folder: metadata, and lines per update, validation and adjustment."""

import json
import os
from pathlib import Path
from typing import Any

from ppo_agent.storage.fingerprint import INITIAL_STATE, differences

METADATA = "metadata.json"
METRICS = "metrics.jsonl"
VALIDATION = "validation.jsonl"
ADJUSTMENTS = "adjustments.jsonl"
QUALITY = "quality.jsonl"
LINES = (METRICS, VALIDATION, ADJUSTMENTS, QUALITY)

RESUMABLE_CHANGES = frozenset(
    {"max_minutes", "checkpoint_every", "keep_last", "keep_best", "tensorboard", "num_devices"}
)
"""Config fields that may differ between a run and its continuation."""

_SAME = (
    "env",
    "rules_version",
    "observation_layout",
    "action_names",
    "num_members",
    "members",
    "inputs",
)
_SAME_IF_GIVEN = ("env_id", "env_kwargs")
"""Metadata of the caller that a continuation may leave out but not change."""

Row = dict[str, Any]


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
    """
    stored = path / METADATA
    if stored.exists():
        if not resume:
            raise FileExistsError(f"{path} already holds a run: choose another folder or resume it")
        return _same_run(stored, described)
    if is_occupied(path):
        lost = f" and has no {METADATA}, so it cannot be resumed: put the run's back, or"
        raise FileExistsError(
            f"{path} is not empty{lost if resume else ':'} choose another folder for this run"
        )
    return None


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
        ValueError: naming file and line of what is no row.
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
        raise ValueError(f"{place} is not JSON ({error}): mend or delete the line") from error
    if not isinstance(row, dict) or not isinstance(row.get("update"), int):
        raise ValueError(f"{place} is no row of a run, it has no whole number 'update'")
    return row


def _same_run(stored: Path, described: Row) -> Row:
    """The stored metadata when it is of the same run."""
    before, now = _read_metadata(stored), described
    if now["inputs"][INITIAL_STATE] is None:  # need not be given again: a checkpoint replaces it
        known = {INITIAL_STATE: before["inputs"].get(INITIAL_STATE)}
        now = now | {"inputs": now["inputs"] | known}
    lines = differences(_comparable(before, now), _comparable(now, before))
    if lines:
        listed = "\n  ".join(lines)
        raise ValueError(
            f"{stored.parent} holds another run:\n  {listed}\nResume with what the run was started "
            "with, or start in a new folder, from this run's agent by initial_state "
            "(--transfer-from)"
        )
    return before


def _comparable(one: Row, other: Row) -> Row:
    """What must agree, of one of two descriptions."""
    config = {name: v for name, v in one["config"].items() if name not in RESUMABLE_CHANGES}
    in_both = [name for name in _SAME_IF_GIVEN if name in one and name in other]
    return config | {name: one[name] for name in (*_SAME, *in_both)}


def _read_metadata(stored: Path) -> Row:
    remedy = "put the run's file back or start in a new folder"
    try:
        before = json.loads(stored.read_text())
    except json.JSONDecodeError as error:
        raise ValueError(f"{stored} is not JSON ({error}): {remedy}") from error
    if not isinstance(before, dict):
        raise ValueError(f"{stored} is no JSON object: {remedy}")
    lost = [name for name in ("config", *_SAME) if name not in before]
    wrong = [n for n in ("config", "inputs") if n in before and not isinstance(before[n], dict)]
    if lost or wrong:
        raise ValueError(f"{stored} does not describe {', '.join(lost + wrong)}: {remedy}")
    return before
