"""Files of one run: metadata, one JSON line per update, validations, adjustments."""

import json
import os
from pathlib import Path
from typing import Any

METADATA = "metadata.json"
METRICS = "metrics.jsonl"
VALIDATION = "validation.jsonl"
ADJUSTMENTS = "adjustments.jsonl"
QUALITY = "quality.jsonl"
_LINES = (METRICS, VALIDATION, ADJUSTMENTS, QUALITY)

RESUMABLE_CHANGES = frozenset(
    {"max_minutes", "checkpoint_every", "keep_last", "keep_best", "tensorboard", "num_devices"}
)
"""Config fields that may differ between a run and its continuation."""

Row = dict[str, Any]


class RunFolder:
    """A folder that belongs to one run and is never overwritten.

    Args:
        path: made when missing.
        metadata: of this call; on resume the config must agree with the stored one.
        resume: continue what is there.

    Raises:
        FileExistsError: when anything is there and ``resume`` is False.
        ValueError: when the stored run is another one, naming the differing fields.
    """

    def __init__(self, path: Path | str, metadata: Row, *, resume: bool) -> None:
        self.path = Path(path).resolve()
        self.path.mkdir(parents=True, exist_ok=True)
        stored = self.path / METADATA
        if stored.exists():
            if not resume:
                raise FileExistsError(
                    f"{self.path} already holds a run: choose another folder or resume it"
                )
            _check_same_run(stored, metadata)
        elif not resume and any(self.path.iterdir()):
            raise FileExistsError(f"{self.path} is not empty: choose another folder for this run")
        else:
            write_atomically(stored, json.dumps(metadata, indent=2) + "\n")

    def append(self, name: str, rows: list[Row]) -> None:
        """Append rows to one of the line files and push them to the disk."""
        if not rows:
            return
        with (self.path / name).open("a") as file:
            file.writelines(json.dumps(row, allow_nan=False) + "\n" for row in rows)
            file.flush()
            os.fsync(file.fileno())

    def rewind(self, update: int) -> dict[str, list[Row]]:
        """Drop lines behind ``update`` (they will be computed again) and return the rest.

        A line cut short by a kill is dropped as well.
        """
        kept = {}
        for name in _LINES:
            file = self.path / name
            rows = [row for row in _read_rows(file) if row["update"] <= update]
            if file.exists():
                write_atomically(file, "".join(json.dumps(row) + "\n" for row in rows))
            kept[name] = rows
        return kept


def read_rows(run_dir: Path | str, name: str = METRICS) -> list[Row]:
    """The complete rows of a line file of a run."""
    return _read_rows(Path(run_dir) / name)


def write_atomically(path: Path, text: str) -> None:
    """Write a file so that a kill leaves the old one or the new one."""
    partial = path.with_name(path.name + ".partial")
    partial.write_text(text)
    os.replace(partial, path)


def _read_rows(file: Path) -> list[Row]:
    if not file.exists():
        return []
    lines = file.read_text().split("\n")
    # what follows the last line feed was cut short
    return [json.loads(line) for line in lines[:-1]]


def _check_same_run(stored: Path, metadata: Row) -> None:
    try:
        before = json.loads(stored.read_text())
    except json.JSONDecodeError as error:
        raise ValueError(f"{stored} is not JSON ({error}): start in a new folder") from error
    old, new = before["config"], metadata["config"]
    names = sorted((set(old) | set(new)) - RESUMABLE_CHANGES)
    lines = [
        f"{n}: run has {old.get(n)}, asked {new.get(n)}" for n in names if old.get(n) != new.get(n)
    ]
    same = ("env", "rules_version", "observation_layout", "action_names", "num_members")
    lines += [f"{n} differs from the run's" for n in same if before[n] != metadata[n]]
    if lines:
        raise ValueError(f"{stored.parent} holds another run:\n  " + "\n  ".join(lines))
