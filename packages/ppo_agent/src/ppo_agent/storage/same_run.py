"""Is this the same run? What a continuation must have in common with the run in the folder."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ppo_agent.config import fields_marked
from ppo_agent.types import Row

INITIAL_STATE = "initial_state"
"""Where the inputs of a run keep the digest of what training started from."""

COMPARED = (
    "env",
    "rules_version",
    "observation_layout",
    "action_names",
    "num_members",
    "members",
    "inputs",
)
"""Metadata that a continuation must repeat."""

_SAME_IF_GIVEN = ("env_id", "env_kwargs")
"""Metadata of the caller that a continuation may leave out but not change."""


def check_same_run(folder: Path, before: Row, now: Row) -> None:
    """Compare the metadata of a run with what its continuation would record.

    The initial state need not be given again: a checkpoint replaces it.

    Raises:
        ValueError: naming each value that differs.
    """
    if now["inputs"][INITIAL_STATE] is None:
        known = {INITIAL_STATE: before["inputs"].get(INITIAL_STATE)}
        now = now | {"inputs": now["inputs"] | known}
    lines = differences(_comparable(before, now), _comparable(now, before))
    if lines:
        listed = "\n  ".join(lines)
        raise ValueError(
            f"{folder} holds another run:\n  {listed}\nResume with what the run was started "
            "with, or start in a new folder, from this run's agent by initial_state "
            "(--transfer-from)"
        )


def check_same_start(folder: Path, before: Row, now: Row) -> None:
    """Without a checkpoint yet, a continuation must start from the state that the run started from.

    Raises:
        ValueError: saying what the run started from.
    """
    started_from = before["inputs"][INITIAL_STATE]
    if started_from != now["inputs"][INITIAL_STATE]:
        raise ValueError(
            f"{folder} has no checkpoint yet and its run started from the agent {started_from}: "
            "give the same initial_state (--transfer-from) again"
        )


def _comparable(one: Row, other: Row) -> Row:
    """What must agree, of one of two descriptions."""
    may_change = fields_marked("resumable")
    config = {name: v for name, v in one["config"].items() if name not in may_change}
    in_both = [name for name in _SAME_IF_GIVEN if name in one and name in other]
    return config | {name: one[name] for name in (*COMPARED, *in_both)}


def differences(before: Any, now: Any, name: str = "") -> list[str]:
    """One line per value that differs, by its dotted name; floats may differ by rounding."""
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        names = [*before, *(one for one in now if one not in before)]
        pairs = [(f"{name}.{one}" if name else one, before.get(one), now.get(one)) for one in names]
    elif isinstance(before, list) and isinstance(now, list) and len(before) == len(now):
        pairs = [(f"{name}[{i}]", a, b) for i, (a, b) in enumerate(zip(before, now, strict=True))]
    elif _is_number(before) and _is_number(now) and math.isclose(before, now, rel_tol=1e-6):
        return []
    else:
        return [] if before == now else [f"{name}: run has {before}, asked {now}"]
    return [line for label, old, new in pairs for line in differences(old, new, label)]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
