"""What one run keeps on the disk, from looking at its folder to the last checkpoint."""

import json
import sys
from pathlib import Path
from typing import Any

from ppo_agent.algorithm import sharding
from ppo_agent.config import PPOConfig
from ppo_agent.storage import run_directory
from ppo_agent.storage.checkpoint import FOLDER, Checkpoints
from ppo_agent.storage.same_run import check_same_start
from ppo_agent.types import Row, TrainState

CURRICULUM = "curriculum"
"""Where the metadata of a step keeps its place in the curriculum."""


class RunFiles:
    """Metadata, line files and checkpoints of one call of ``train``; nothing without a folder.

    Opening takes three steps, so that a call which cannot train leaves the folder as it was: making
    this object looks, ``restore`` reads, ``claim`` writes. All processes look and read, so that
    they decide alike; process 0 writes all but checkpoints.

    Attributes:
        described: metadata of the run.
        rows: by line file, what an earlier part of the run left behind the restored checkpoint.
        checkpoint: folder of the newest checkpoint, None before the first.

    Raises:
        FileExistsError: the folder is in use and ``resume`` is False, or holds no run.
        ValueError: it holds another run, or there is no folder to resume.
    """

    def __init__(
        self, run_dir: Path | str | None, described: dict[str, Any], config: PPOConfig, resume: bool
    ) -> None:
        if resume and run_dir is None:
            raise ValueError("resume=True needs run_dir, the folder of the run to continue")
        self.path = Path(run_dir).resolve() if run_dir is not None else None
        self.described, self._given = described, described
        self.rows: dict[str, list[Row]] = {name: [] for name in run_directory.LINES}
        self.checkpoint: Path | None = None
        self._config, self._resume, self._known = config, resume, False
        self._checkpoints: Checkpoints | None = None
        if self.path:
            stored = run_directory.check_folder(self.path, described, resume=resume)
            self._known = stored is not None
            self.described = described | ({"inputs": stored["inputs"]} if stored else {})

    def restore(self, state: TrainState) -> TrainState:
        """The newest complete state of the run to resume, ``state`` when it saved none yet.

        Raises:
            TrainingError: no checkpoint can be read.
            ValueError: a row cannot be read.
        """
        if self.path is None or not self._resume:
            return state
        found = None
        if (self.path / FOLDER).is_dir():
            found = self._opened_checkpoints(self.path).restore_latest(state)
        update = 0
        if found:
            state, meta = found
            update = meta["update"]
            self.checkpoint = self.path / FOLDER / str(update)
        else:
            self._say_that_it_starts_over(self.path)
        for name in run_directory.LINES:
            rows = run_directory.read_rows(self.path, name)
            self.rows[name] = [row for row in rows if row["update"] <= update]
        return state

    def claim(self) -> None:
        """Take the folder, drop rows behind the restored state, set broken checkpoints aside.

        Raises:
            FileExistsError: another run took the folder since this one looked.
        """
        if self.path is None:
            return
        # process 0 hears this only after every process has looked
        if sharding.agree(not self._known and run_directory.is_occupied(self.path)):
            raise FileExistsError(f"{self.path} was taken by another run: choose another folder")
        if sharding.is_main_process():
            self.path.mkdir(parents=True, exist_ok=True)
            if not self._known:
                text = json.dumps(self.described, indent=2) + "\n"
                run_directory.write_atomically(self.path / run_directory.METADATA, text)
            for name, rows in self.rows.items():
                run_directory.write_rows(self.path / name, rows)
        self._opened_checkpoints(self.path).set_aside_broken()

    def append(self, name: str, rows: list[Row], **stamp: float) -> None:
        """Keep rows, and write them to their line file with a stamp that is not kept."""
        self.rows[name] += rows
        if self.path and sharding.is_main_process():
            run_directory.append_rows(self.path / name, [row | stamp for row in rows])

    def save(self, state: TrainState, done: int, score: float | None, place: Row) -> None:
        """Write a checkpoint of this state, ranked by its score if it has one.

        Args:
            state: the state.
            done: updates done.
            score: None: not ranked.
            place: where in the curriculum the last update stood.
        """
        if self._checkpoints:
            meta = self.described | {"update": done, CURRICULUM: place}
            self.checkpoint = self._checkpoints.save(state, meta, score)

    def conclude(self, figures: dict[str, Any]) -> None:
        """Write what the whole run did."""
        if self.path and sharding.is_main_process():
            text = json.dumps(figures, indent=2, allow_nan=False) + "\n"
            run_directory.write_atomically(self.path / run_directory.TRAINING_METRICS, text)

    def close(self) -> None:
        """Finish what is being written."""
        if self._checkpoints:
            self._checkpoints.close()

    def _opened_checkpoints(self, path: Path) -> Checkpoints:
        if self._checkpoints is None:
            kept = ("keep_last", "keep_best", "keep_every")
            self._checkpoints = Checkpoints(path, **{n: getattr(self._config, n) for n in kept})
        return self._checkpoints

    def _say_that_it_starts_over(self, path: Path) -> None:
        if self._known:
            check_same_start(path, self.described, self._given)
        if sharding.is_main_process():
            missing = "no checkpoint of its run yet" if self._known else "no run to resume"
            print(f"{path} has {missing}: starting at update 0", file=sys.stderr)
