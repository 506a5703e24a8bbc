"""Reading one checkpoint for its policy, without the run that wrote it."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jax
import orbax.checkpoint as ocp

from ppo_agent.types import Learned, RunError

FOLDER = "checkpoints"
"""Folder of a run that holds its checkpoints, one folder a step."""

BEST = "best_value"
"""Where the metadata of a step keeps its rank."""


class UnreadableCheckpointError(RunError):
    """A checkpoint is there and cannot be read."""


def find_steps(path: Path | str) -> tuple[Path, list[int]]:
    """The ``checkpoints`` folder behind a path and the steps in it, oldest first.

    Args:
        path: a run folder, its ``checkpoints`` folder, or the folder of one step, which then is
            the only one found.
    """
    folder = Path(path).resolve()
    if folder.name.isdigit() and folder.parent.name == FOLDER:
        return folder.parent, [int(folder.name)] if folder.is_dir() else []
    if folder.name != FOLDER:
        folder = folder / FOLDER
    names = [entry.name for entry in folder.iterdir()] if folder.is_dir() else []
    return folder, sorted(int(name) for name in names if name.isdigit())


def find_step(path: Path | str, step: int | str | None = None) -> tuple[Path, int]:
    """The ``checkpoints`` folder and the step asked for.

    Args:
        path: as for ``find_steps``.
        step: updates done, ``"best"`` by the validation metric, None for the newest.

    Raises:
        FileNotFoundError: when there is no such checkpoint, naming those that exist.
    """
    folder, steps = find_steps(path)
    if step == "best":
        ranks = {s: _rank(folder, s) for s in steps}
        ranked = {s: rank for s, rank in ranks.items() if rank is not None}
        if not ranked:
            raise FileNotFoundError(f"{folder}: no validated checkpoint; existing steps: {steps}")
        return folder, max(ranked, key=lambda s: (ranked[s], s))
    if not steps or (step is not None and step not in steps):
        wanted = "" if step is None else f" {step}"
        raise FileNotFoundError(f"{folder}: no checkpoint{wanted}; existing steps: {steps}")
    return folder, steps[-1] if step is None else int(step)


def _rank(folder: Path, step: int) -> float | None:
    """The validation metric of a step, None without one or when it cannot be read."""
    try:
        return read_meta(folder, step).get(BEST)
    except UnreadableCheckpointError:
        return None


def read_meta(folder: Path, step: int) -> dict[str, Any]:
    """What the run recorded about itself with this step.

    Raises:
        UnreadableCheckpointError: naming the folder and what is wrong.
    """
    with _explained(folder / str(step)), ocp.Checkpointer(ocp.JsonCheckpointHandler()) as reader:
        meta = reader.restore(folder / str(step) / "meta")
        missing = {"config", "observation_layout", "action_names"} - set(meta)
        if missing:
            raise ValueError(f"its metadata lacks {', '.join(sorted(missing))}")
        return meta


def read_learned(folder: Path, step: int, like: Learned) -> Learned:
    """Parameters and statistics of one step, onto the first local device.

    Args:
        folder: the ``checkpoints`` folder.
        step: updates done.
        like: arrays or shapes of the same structure.

    Raises:
        UnreadableCheckpointError: naming the folder and what is wrong.
    """
    device = jax.sharding.SingleDeviceSharding(jax.local_devices()[0])
    shapes = jax.tree.map(
        lambda leaf: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=device), like
    )
    with _explained(folder / str(step)), ocp.StandardCheckpointer() as reader:
        return reader.restore(folder / str(step) / "policy", shapes)


@contextmanager
def _explained(step_folder: Path) -> Generator[None]:
    """Whatever orbax and JSON make of broken files, as one error with the path."""
    try:
        yield
    except Exception as error:
        reason = str(error).split("\n", maxsplit=1)[0]
        raise UnreadableCheckpointError(
            f"checkpoint {step_folder} cannot be read: {reason}"
        ) from error
