"""The replay as aligned text for a terminal."""

import pandas as pd

from eval_tools.formats import UNDEFINED, aligned, number, percent
from eval_tools.replay.table import FEATURE

LOUDEST = 3
"""Features named per bar, those farthest from 0."""

_HEAD = (
    "time",
    "close",
    "saw",
    "legal",
    "action",
    "prob",
    "fill",
    "position",
    "stop",
    "target",
    "equity",
    "floor",
    "state",
)
_CLOCK = frozenset({"time_sin", "time_cos", "session_left"})
"""Features that the time of the row already says."""

_LEFT = frozenset({"time", "saw", "legal", "action", "fill", "state"})


def replay_text(table: pd.DataFrame) -> str:
    """Align rows of ``eval_tools.replay.table.replay_table``; a blank line between accounts.

    Of the observation the three features farthest from 0 are named, those of the clock aside.
    """
    clock = {FEATURE + name for name in _CLOCK}
    names = [name for name in table.columns if name.startswith(FEATURE) and name not in clock]
    rows = [list(_HEAD), *(_cells(row, names) for row in table.to_dict("records"))]
    head, *lines = aligned(rows, left=[name in _LEFT for name in _HEAD])
    parts = [head]
    last = None
    for line, attempt in zip(lines, table["attempt"], strict=True):
        if last is not None and attempt != last:
            parts.append(f"  -- account {attempt + 1} --")
        parts.append(line)
        last = attempt
    return "\n".join(line.rstrip() for line in parts) + "\n"


def _cells(row: dict, names: list[str]) -> list[str]:
    probability = None if pd.isna(row["probability"]) else row["probability"]
    state = row["done_reason"] or ("" if row["status"] == "active" else row["status"])
    return [
        f"{row['time']:%m-%d %H:%M}",
        number(row["close"]),
        _loudest(row, names),
        _short_mask(row["legal"]),
        row["action"],
        percent(probability, 0),
        row["fill"],
        f"{row['position']:+d}" if row["position"] else UNDEFINED,
        _price(row["stop"]),
        _price(row["target"]),
        number(row["equity_usd"]),
        number(row["floor_usd"]),
        state,
    ]


def _loudest(row: dict, names: list[str]) -> str:
    picks = sorted(names, key=lambda name: -abs(row[name]))[:LOUDEST]
    return " ".join(f"{name.removeprefix(FEATURE)} {row[name]:+.1f}" for name in picks)


def _short_mask(legal: str) -> str:
    """``hold, trail on`` as ``trail on``: HOLD is always legal."""
    return legal.removeprefix("hold, ") if legal != "hold" else UNDEFINED


def _price(value: float) -> str:
    return UNDEFINED if pd.isna(value) else number(value)
