"""What a run records of the market it was trained on."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from futures_env.data.market import market_hash
from futures_env.market.table import MarketData


def market_facts(market: MarketData) -> dict[str, Any]:
    """Origin, content and days of a market, as JSON holds them.

    Returns:
        ``symbol``, ``session``, ``session_rule``, ``bar_minutes``, ``source`` and ``synthetic``:
        None where nothing is known; joined markets give a list where they differ.
        ``market_hash``: of the whole market.
        ``first_date``, ``last_date``, ``sessions``: the days that episodes may reach, from the
        first start of each market to its last bar, and how many they are.
    """
    rules = [info.rule for info in market.infos]
    days = _reachable_days(market)
    return {
        "symbol": _common([info.symbol for info in market.infos]),
        "session": _common([rule.session for rule in rules]),
        "session_rule": _common([asdict(rule) for rule in rules]),
        "bar_minutes": _common([info.bar_minutes for info in market.infos]),
        "source": _common([info.source for info in market.infos]),
        "synthetic": _common([info.synthetic for info in market.infos]),
        "market_hash": market_hash(market),
        "first_date": str(days[0]),
        "last_date": str(days[-1]),
        "sessions": len(days),
    }


def _reachable_days(market: MarketData) -> np.ndarray:
    """Trading days ascending, datetime64[D]; context rows in front of the starts do not count."""
    starts, offsets = np.asarray(market.starts), np.asarray(market.start_offsets)
    first_start = np.minimum.reduceat(starts, offsets[:-1])
    reachable = np.arange(market.num_bars) >= first_start[np.asarray(market.market)]
    return np.unique(np.asarray(market.date)[reachable]).astype("datetime64[D]")


def _common(values: Sequence[Any]) -> Any:
    """The one value that all share, None without values, else all of them."""
    if not values:
        return None
    return values[0] if all(value == values[0] for value in values) else list(values)
