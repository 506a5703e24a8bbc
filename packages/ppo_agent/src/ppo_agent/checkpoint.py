"""Checkpoints by orbax: atomic, newest and best kept, broken ones reported and skipped.

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

from ppo_agent.sharding import is_main_process, wait_for_all
from ppo_agent.types import Learned, PyTree, TrainState

FOLDER = "checkpoints"
_TRASH = ".trash"
_BEST = "best_value"


class Checkpoints:
    """The checkpoints of one run folder, numbered by updates done."""

    def __init__(self, run_dir: Path, *, keep_last: int = 3, keep_best: int = 1) -> None:
        # orbax fails silently in its background thread on a relative path
        self.folder = (Path(run_dir) / FOLDER).resolve()
        policies: list[Any] = [managers.LatestN(keep_last)]
        if keep_best:
            policies.append(
                managers.BestN(
                    get_metric_fn=lambda metrics: metrics[_BEST],
                    n=keep_best,
                    keep_checkpoints_without_metrics=False,
                )
            )
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
                meta=ocp.args.JsonSave(meta | {_BEST: best_value}),
            )
            metrics = None if best_value is None else {_BEST: best_value}
            self._manager.save(step, args=items, metrics=metrics)
            self._manager.wait_until_finished()
            if is_main_process():
                shutil.rmtree(self.folder / _TRASH, ignore_errors=True)
        return self.folder / str(step)

    def restore_latest(self, like: TrainState) -> tuple[TrainState, dict[str, Any]] | None:
        """The newest step that can be read, None when there is none.

        Args:
            like: a state (arrays or shapes with shardings) of the same structure.
        """
        for step in sorted(self._manager.all_steps(), reverse=True):
            try:
                return self._restore(step, like)
            except Exception as error:
                print(
                    f"checkpoint {self.folder / str(step)} cannot be read and is skipped: {error}",
                    file=sys.stderr,
                )
                self._set_aside(step)
        return None

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

    def _set_aside(self, step: int) -> None:
        """Rename a broken step, so that the run can save that step again."""
        broken = self.folder / f"broken-{step}"
        if is_main_process():
            shutil.rmtree(broken, ignore_errors=True)
            (self.folder / str(step)).rename(broken)
        wait_for_all(f"set aside {step}")
        self._manager.reload()


def load_meta(path: Path | str, step: int | str | None = None) -> tuple[Path, int, dict[str, Any]]:
    """Find one checkpoint and read its metadata.

    Args:
        path: a run folder, its ``checkpoints`` folder, or the folder of one step.
        step: updates done, ``"best"`` by the validation metric, None for the newest.

    Returns:
        the ``checkpoints`` folder, the step, its metadata.

    Raises:
        FileNotFoundError: when there is no such checkpoint, naming those that exist.
    """
    folder = Path(path).resolve()
    if folder.name.isdigit() and folder.parent.name == FOLDER:
        folder, step = folder.parent, int(folder.name)
    elif folder.name != FOLDER:
        folder = folder / FOLDER
    names = [p.name for p in folder.iterdir()] if folder.is_dir() else []
    steps = sorted(int(name) for name in names if name.isdigit())
    metas = {s: _read_meta(folder, s) for s in steps} if step == "best" else {}
    if step == "best":
        ranked = {s: m[_BEST] for s, m in metas.items() if m.get(_BEST) is not None}
        step = max(ranked, key=lambda s: (ranked[s], s)) if ranked else None
        if step is None:
            raise FileNotFoundError(f"{folder}: no validated checkpoint; existing steps: {steps}")
    step = steps[-1] if step is None and steps else step
    if step not in steps:
        raise FileNotFoundError(f"{folder}: no checkpoint {step or ''}; existing steps: {steps}")
    return folder, int(step), _read_meta(folder, int(step))


def load_learned(folder: Path, step: int, like: Learned) -> Learned:
    """Read parameters and statistics of one step, onto the first local device.

    Args:
        folder: the ``checkpoints`` folder.
        step: updates done.
        like: arrays or shapes of the same structure.
    """
    device = jax.sharding.SingleDeviceSharding(jax.local_devices()[0])
    shapes = jax.tree.map(
        lambda leaf: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=device), like
    )
    with ocp.StandardCheckpointer() as checkpointer:
        return checkpointer.restore(folder / str(step) / "policy", shapes)


def _read_meta(folder: Path, step: int) -> dict[str, Any]:
    handler = ocp.JsonCheckpointHandler()
    with ocp.Checkpointer(handler) as checkpointer:
        return checkpointer.restore(folder / str(step) / "meta")


def _abstract(tree: PyTree) -> PyTree:
    """Shapes, types and shardings of arrays."""
    return jax.tree.map(
        lambda leaf: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=leaf.sharding), tree
    )
