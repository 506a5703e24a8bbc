"""What the page's replay shows: failed slices up to their breach, and a few whole days."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from eval_tools.formats import count
from eval_tools.replay.table import FEATURE, before_failure, failures, replay_table
from eval_tools.rollout.episode import Episode
from futures_env.codes import AccountStatus
from futures_env.market.table import MarketData

_COLUMNS = {
    "open": "open",
    "high": "high",
    "low": "low",
    "close": "close",
    "action": "action",
    "probability": "probability",
    "legal": "legal",
    "order": "order",
    "fill": "fill",
    "position": "position",
    "stop": "stop",
    "target": "target",
    "equity": "equity_usd",
    "floor": "floor_usd",
    "status": "status",
    "done_reason": "done_reason",
}
"""Name in the page -> column of the replay table."""


def page_replays(
    failed: Sequence[Episode], days: Mapping[str, Episode], market: MarketData
) -> list[dict[str, Any]]:
    """Title and bars of every replay of the page, failures first.

    Args:
        failed: slices whose account failed: each gives the bars before its first breach.
        days: whole slices by a name.
        market: their bars.
    """
    tables = {one.slice.name: replay_table(one, market) for one in [*failed, *days.values()]}
    found = []
    for episode in failed:
        table = tables[episode.slice.name]
        at = failures(table)
        part = before_failure(table, at[0])
        more = f", first of {count(len(at), 'failure')}" if len(at) > 1 else ""
        title = f"{episode.slice.name}: {part['status'].iloc[-1]}{more}"
        found.append({"title": title, "bars": _bars(part)})
    for name, episode in days.items():
        title = f"{episode.slice.name}: {name}"
        found.append({"title": title, "bars": _bars(tables[episode.slice.name])})
    return found


def failed_episodes(episodes: Sequence[Episode]) -> list[Episode]:
    """Those in which an account failed."""
    failed = AccountStatus.FAILED_DRAWDOWN
    return [one for one in episodes if (one.steps["account_status"] >= failed).any()]


def _bars(table: pd.DataFrame) -> dict[str, Any]:
    seen = [name for name in table.columns if name.startswith(FEATURE)]
    bars = {name: _values(table[column]) for name, column in _COLUMNS.items()}
    bars["time"] = [f"{time:%Y-%m-%d %H:%M}" for time in table["time"]]
    return bars | {"saw": {name.removeprefix(FEATURE): _values(table[name]) for name in seen}}


def _values(column: pd.Series) -> list[Any]:
    """Texts, or numbers with as many digits as a reader sees; None where undefined."""
    if not pd.api.types.is_numeric_dtype(column):
        return column.astype(str).tolist()
    rounded = column.to_numpy(np.float64).round(3)
    whole = pd.api.types.is_integer_dtype(column)
    return [None if np.isnan(x) else int(x) if whole else float(x) for x in rounded]
