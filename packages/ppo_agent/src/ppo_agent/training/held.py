"""Held figures beside those of training: which belong together, and whether the two part.

Figures are held when they come from a validation on data that training does not see. Each is set
against the figure of the same name in training. They part when training goes on gaining and the
held figure does not follow by half: levels are not compared, because training draws its actions,
and may be charged other costs, where a validation does not.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from ppo_agent.types import Row

TRAIN = "train/"
"""In front of a held figure's name: the same figure of training."""

LEAST_VALIDATIONS = 6
"""Two in the first and in the last third."""

STANDARD_ERRORS = 3.0
"""A gain counts when it is this many standard errors above 0."""

_RETURN = "return"
_IN_TRAINING = {_RETURN: "episode_return", "length": "episode_length"}


def training_name(name: str) -> str:
    """Under which name a row of training has the figure that a validation calls ``name``."""
    return _IN_TRAINING.get(name, name if name.startswith("env/") else f"env/{name}")


def beside(validation: Mapping[str, float], training: Row) -> dict[str, float]:
    """The training figures that belong to those of a validation, under ``train/NAME``.

    Args:
        validation: held figures by name. Where it holds ``train/NAME`` itself, from a policy that
            played training data as it played the held, that one is taken.
        training: figures of the updates since the validation before.
    """
    held = [name for name in validation if not name.startswith(TRAIN)]
    keys = {TRAIN + name: training_name(name) for name in held}
    found = {name: training[key] for name, key in keys.items() if key in training}
    return found | {name: validation[name] for name in validation if name.startswith(TRAIN)}


def judged_figure(validation: Mapping[str, float], best_metric: str) -> str:
    """The figure by which training and held may part: what ranks checkpoints, else the return."""
    known = [name for name in (best_metric, _RETURN) if TRAIN + name in validation]
    return known[0] if known else ""


def parting(rows: Sequence[Row], name: str) -> tuple[float, float] | None:
    """Gains of training and of held where the two have parted, else None.

    A gain is the mean over the last third of the validations minus that over the first. Training
    and held have parted when training has gained and held has gained less than half of it, both
    beyond ``STANDARD_ERRORS`` of the scatter inside the thirds.

    Args:
        rows: validations, oldest first; those without both figures do not count.
        name: of the held figure, of which more is better.
    """
    both = [(row[TRAIN + name], row[name]) for row in rows if {name, TRAIN + name} <= row.keys()]
    if len(both) < LEAST_VALIDATIONS:
        return None
    training, held = np.asarray(both).T
    parted = _has_gained(training) and _has_gained(training / 2 - held)
    return (_gain(training), _gain(held)) if parted else None


def _thirds(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    size = len(values) // 3
    return values[:size], values[-size:]


def _gain(values: np.ndarray) -> float:
    first, last = _thirds(values)
    return float(last.mean() - first.mean())


def _has_gained(values: np.ndarray) -> bool:
    first, last = _thirds(values)
    error = np.sqrt((first.var(ddof=1) + last.var(ddof=1)) / len(first))
    return _gain(values) > STANDARD_ERRORS * error
