"""From the buffers of a chunk to one row of plain numbers per update."""

import math
from collections.abc import Callable

import jax
import numpy as np

from ppo_agent import environment
from ppo_agent.algorithm.schedules import PARAM
from ppo_agent.environment import Environment
from ppo_agent.types import Row, TrainingError

_SUM, _HIGH, _MAX = "sum/", "high/", "max/"
_REDUCED = (_SUM, _HIGH, _MAX)
_ENV = "env/"
STAGE = "stage"
"""Name of the curriculum's stage in a row, where it has names."""
_CAUSES = ("observation_size", "observation_deviation", "reward", "return_deviation", "loss")
"""Figures looked at first: what is wrong with them makes the others wrong."""


def make_rows(
    env: Environment, buffers: dict[str, jax.Array], done: int, count: int, steps_per_update: int
) -> list[Row]:
    """Rows of one chunk.

    Args:
        env: for its ``summarize_metrics``.
        buffers: from ``run_chunk``, (chunk,) or (chunk, members).
        done: updates done before the chunk.
        count: updates of the chunk.
        steps_per_update: environment steps per update and member.

    Returns:
        one dict per update: scalars by name (means over members), ``sums`` and ``maxima`` of the
        environment's metrics (over members; ``maxima`` where it has any) and, with members, the
        lists behind ``members``.
    """
    host = {name: np.asarray(jax.device_get(buffer)) for name, buffer in buffers.items()}
    rows = []
    for index in range(count):
        update = done + index + 1
        row: Row = {"update": update, "timesteps": update * steps_per_update}
        values = {name: buffer[index] for name, buffer in host.items()}
        row |= _scalars({n: v for n, v in values.items() if not n.startswith(_REDUCED)})
        maxima = _under(_MAX, values)
        totals: Row = {"sums": {n: float(np.sum(v)) for n, v in _whole_sums(values).items()}}
        if maxima:
            totals["maxima"] = {n: float(np.max(v)) for n, v in maxima.items()}
        row |= summaries(env, totals) | totals
        if next(iter(values.values())).ndim:
            row["members"] = _members(values)
        rows.append(row)
    return rows


def _under(prefix: str, values: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {n.removeprefix(prefix): v for n, v in values.items() if n.startswith(prefix)}


def _whole_sums(values: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """float64 sums, those of whole numbers put together from their halves."""
    sums = {name: np.asarray(v, np.float64) for name, v in _under(_SUM, values).items()}
    upper = {name: (environment.LOW_BITS + 1.0) * v for name, v in _under(_HIGH, values).items()}
    return {name: value + upper.get(name, 0.0) for name, value in sums.items()}


def _scalars(values: dict[str, np.ndarray]) -> Row:
    return {name: float(np.mean(value, dtype=np.float64)) for name, value in values.items()}


def _members(values: dict[str, np.ndarray]) -> dict[str, list[float | None]]:
    lists = {n: v.tolist() for n, v in values.items() if not n.startswith(_REDUCED)}
    episodes = values[f"{_SUM}episodes"]
    for name in ("episode_return", "episode_length"):
        pairs = zip(values[_SUM + name].tolist(), episodes.tolist(), strict=True)
        lists[name] = [total / count if count else None for total, count in pairs]
    return lists


def summaries(env: Environment, totals: Row) -> Row:
    """Means over completed episodes and the environment's own figures, from ``sums``, ``maxima``.

    Figures that do not exist yet (no episode, a rate of nothing) are left out, so rows are valid
    JSON.
    """
    sums = totals["sums"]
    row: Row = {"episodes": sums["episodes"]}
    if sums["episodes"]:
        for name in ("episode_return", "episode_length"):
            row[name] = sums[name] / sums["episodes"]
    reduced = sums | totals.get("maxima", {})
    own = {n.removeprefix(_ENV): v for n, v in reduced.items() if n.startswith(_ENV)}
    summary = environment.summarize_metrics(env, own)
    return row | {
        _ENV + name: float(value) for name, value in summary.items() if math.isfinite(value)
    }


def name_stages(rows: list[Row], stage: Callable[[int], str]) -> None:
    """Put the stage of the curriculum into rows of updates that stand in one."""
    for row in rows:
        if named := stage(row["update"]):
            row[STAGE] = named


def place_of(row: Row, num_updates: int) -> Row:
    """Where in the curriculum an update stood: progress, stage, floor, parameters as charged."""
    charged = {n.removeprefix(PARAM): v for n, v in row.items() if n.startswith(PARAM)}
    return {
        "progress": (row["update"] - 1) / num_updates,
        STAGE: row.get(STAGE),
        "action_floor": row["action_floor"],
        "params": charged,
    }


def add_sums(rows: list[Row]) -> dict[str, float]:
    """Sums over several rows."""
    return {name: sum(row["sums"][name] for row in rows) for name in rows[0]["sums"]}


def over_rows(env: Environment, rows: list[Row]) -> Row:
    """One line for several rows: the last row's scalars, episodes and figures over all of them."""
    return rows[-1] | summaries(env, totals_of(rows))


def env_figures(env: Environment, rows: list[Row]) -> dict[str, float]:
    """The environment's own figures over several rows, by its names for them."""
    found = summaries(env, totals_of(rows))
    return {n.removeprefix(_ENV): v for n, v in found.items() if n.startswith(_ENV)}


def totals_of(rows: list[Row]) -> Row:
    """``sums`` and ``maxima`` over several rows."""
    maxima = rows[0].get("maxima", {})
    largest = {name: max(row["maxima"][name] for row in rows) for name in maxima}
    return {"sums": add_sums(rows), "maxima": largest}


def check_rows(rows: list[Row], last_good: object) -> None:
    """Stop on the first figure that is not finite, or a state without a legal action.

    Raises:
        TrainingError: naming update, field, remedy and the last good checkpoint.
    """
    for row in rows:
        flat = {name: row[name] for name in _CAUSES} | row
        totals = {"sums": row["sums"], "maxima": row.get("maxima", {})}
        flat |= {f"{kind}/{n}": v for kind, found in totals.items() for n, v in found.items()}
        for name, values in (row.get("members") or {}).items():
            flat |= {f"{name}[{i}]": v for i, v in enumerate(values) if v is not None}
        for name, value in flat.items():
            if isinstance(value, float) and not math.isfinite(value):
                raise TrainingError(
                    f"update {row['update']}: {name} is {value}; last good checkpoint: "
                    f"{last_good or 'none'}. Lower learning_rate, or look for observations or "
                    "rewards of the environment that are not finite or beyond 1e16"
                )
        if row["stuck_states"]:
            raise TrainingError(
                f"update {row['update']}: {row['stuck_states']:.0f} states without a legal "
                f"action; env.action_mask must allow at least one. Last good checkpoint: "
                f"{last_good or 'none'}"
            )
