"""What a whole run did: its figures over all updates and over each tenth of them."""

import math
from itertools import pairwise
from typing import Any

import numpy as np

from ppo_agent.environment import Environment
from ppo_agent.training.metrics_rows import summaries, totals_of
from ppo_agent.types import Row

PARTS = 10

_OF_A_ROW = ("update", "timesteps", "sums", "maxima", "members", "episodes", "episode_return",
             "episode_length", "steps_per_second")  # fmt: skip
"""No scalars of the learner; the speed belongs to a process, and a run may have had several."""


def run_metrics(env: Environment, rows: list[Row]) -> dict[str, Any]:
    """Figures of a run and of its tenths.

    Args:
        env: for its ``summarize_metrics``.
        rows: of metrics.jsonl, one per update.

    Returns:
        ``run`` and ``tenths``, a list in order (fewer where there are fewer updates). Each part has
        ``first_update``, ``last_update`` and ``timesteps`` at its end, means over updates of the
        learner's scalars, and episodes and the environment's figures over all of the part: exact,
        not means of means.
    """
    cuts = np.linspace(0, len(rows), min(PARTS, len(rows)) + 1).astype(int)
    tenths = [rows[a:b] for a, b in pairwise(cuts.tolist())]
    return {"run": _part(env, rows), "tenths": [_part(env, part) for part in tenths]}


def _part(env: Environment, rows: list[Row]) -> Row:
    first, last = rows[0]["update"], rows[-1]["update"]
    place: Row = {"first_update": first, "last_update": last, "timesteps": rows[-1]["timesteps"]}
    return place | _means(rows) | summaries(env, totals_of(rows))


def _means(rows: list[Row]) -> dict[str, float]:
    """Means of the scalars that are no figures of the environment."""
    names = [n for n, v in rows[0].items() if isinstance(v, float) and not n.startswith("env/")]
    found = {n: float(np.mean([row[n] for row in rows])) for n in names if n not in _OF_A_ROW}
    return {name: value for name, value in found.items() if math.isfinite(value)}
