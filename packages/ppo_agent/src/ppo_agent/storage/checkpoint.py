"""Checkpoints by orbax: atomic, newest, best and every Nth kept, broken ones skipped.

A step holds three items: ``policy`` (what acting needs), ``state`` (all the rest of the train
state) and ``meta`` (JSON). Arrays and JSON only; nothing is unpickled or executed.
"""

import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import jax
import numpy as np
import orbax.checkpoint as ocp
from orbax.checkpoint import checkpoint_managers as managers

from ppo_agent.algorithm.sharding import is_main_process, wait_for_all
from ppo_agent.storage.checkpoint_reader import BEST, FOLDER
from ppo_agent.types import PyTree, TrainingError, TrainState

_TRASH = ".trash"


class Checkpoints:
    """The checkpoints of one run folder, numbered by updates done."""

    def __init__(
        self, run_dir: Path, *, keep_last: int = 3, keep_best: int = 1, keep_every: int = 0
    ) -> None:
        # orbax fails silently in its background thread on a relative path
        self.folder = (Path(run_dir) / FOLDER).resolve()
        policies: list[Any] = [managers.LatestN(keep_last)]
        if keep_every:
            policies.append(managers.EveryNSteps(keep_every))
        if keep_best:
            policies.append(
                managers.BestN(
                    get_metric_fn=lambda metrics: metrics[BEST],
                    n=keep_best,
                    keep_checkpoints_without_metrics=False,
                )
            )
        self._broken: list[int] = []
        self._manager = ocp.CheckpointManager(
            self.folder,
            options=ocp.CheckpointManagerOptions(
                preservation_policy=managers.AnyPreservationPolicy(policies),
                todelete_subdir=_TRASH,
                enable_async_checkpointing=False,
            ),
        )

    def save(self, state: TrainState, meta: dict[str, Any], best_value: float | None) -> Path:
        """Write one step completely before returning its folder; twice is harmless.

        Args:
            state: written as it is now, before the next chunk takes its buffers.
            meta: JSON-ready.
            best_value: rank of this step, larger is better; None: not ranked.
        """
        step = int(np.max(jax.device_get(state.update)))
        if step not in self._manager.all_steps():
            items = ocp.args.Composite(
                policy=ocp.args.StandardSave(state.learned),
                state=ocp.args.StandardSave(replace(state, learned=None)),
                meta=ocp.args.JsonSave(meta | {BEST: best_value}),
            )
            metrics = None if best_value is None else {BEST: best_value}
            self._manager.save(step, args=items, metrics=metrics)
            self._manager.wait_until_finished()
            if is_main_process():
                shutil.rmtree(self.folder / _TRASH, ignore_errors=True)
        return self.folder / str(step)

    def restore_latest(self, like: TrainState) -> tuple[TrainState, dict[str, Any]] | None:
        """The newest step that can be read, None when there is no step; changes nothing.

        Args:
            like: a state (arrays or shapes with shardings) of the same structure.

        Raises:
            TrainingError: when there are steps and none can be read, with the reason of each.
        """
        reasons: dict[int, str] = {}
        for step in sorted(self._manager.all_steps(), reverse=True):
            try:
                restored = self._restore(step, like)
            except Exception as error:  # orbax answers broken files with errors of any kind
                reasons[step] = f"{type(error).__name__}: {' '.join(str(error).split())[:500]}"
                continue
            self._broken = list(reasons)
            for broken, reason in reasons.items():
                _say(f"checkpoint {self.folder}/{broken} cannot be read and is skipped: {reason}")
            return restored
        if not reasons:
            return None
        lines = "".join(f"\n  {step}: {reason}" for step, reason in reasons.items())
        raise TrainingError(
            f"no checkpoint in {self.folder} can be read; nothing was changed:{lines}\nResume with "
            "the environment and the package versions of the run, put the files back, or start in "
            "a new folder"
        )

    def set_aside_broken(self) -> None:
        """Rename the steps that ``restore_latest`` skipped, so that the run can save them again."""
        for step in self._broken:
            broken = self.folder / f"broken-{step}"
            if is_main_process():
                shutil.rmtree(broken, ignore_errors=True)
                (self.folder / str(step)).rename(broken)
        if self._broken:
            wait_for_all("broken checkpoints are set aside")
            self._manager.reload()
        self._broken = []

    def close(self) -> None:
        """Finish and release the folder."""
        self._manager.close()

    def _restore(self, step: int, like: TrainState) -> tuple[TrainState, dict[str, Any]]:
        items = ocp.args.Composite(
            policy=ocp.args.StandardRestore(_abstract(like.learned)),
            state=ocp.args.StandardRestore(_abstract(replace(like, learned=None))),
            meta=ocp.args.JsonRestore(),
        )
        restored = self._manager.restore(step, args=items)
        return replace(restored["state"], learned=restored["policy"]), restored["meta"]


def _say(text: str) -> None:
    if is_main_process():
        print(text, file=sys.stderr)


def _abstract(tree: PyTree) -> PyTree:
    """Shapes, types and shardings of arrays."""
    return jax.tree.map(
        lambda leaf: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=leaf.sharding), tree
    )
