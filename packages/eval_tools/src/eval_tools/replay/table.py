"""The replay of an episode as a table that a person reads: one row per bar."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from eval_tools.formats import words
from eval_tools.measures.clock import new_york_time
from eval_tools.rollout.episode import Episode
from futures_env.codes import AccountStatus, Action, DoneReason, ExitReason
from futures_env.market.table import MarketData

FEATURE = "saw "
"""Prefix of the columns that hold the newest bar of the observation."""

BREACH_BARS = 60
"""Bars shown up to an account's failure."""

_MOVES = {
    Action.BUY: "buy at the open",
    Action.SELL: "sell at the open",
    Action.STOP_TO_BREAK_EVEN: "stop to break-even",
    Action.TRAIL_ON: "trail the stop",
    Action.TRAIL_OFF: "stop trailing",
}
_STATUS = {code.value: words(code.name.lower()) for code in AccountStatus}
_DONE = {code.value: words(code.name.lower()) for code in DoneReason} | {0: ""}


def replay_table(episode: Episode, market: MarketData) -> pd.DataFrame:
    """Every bar of an episode in words and prices.

    A row is the bar that was stepped. Observation, mask, probability and action belong to the close
    of the bar before it; orders and fills to the bar itself; account and stops to its close.

    Returns:
        slice, attempt, time (New York, bar start), open, high, low, close, action, probability
        (NaN where the policy does not say), legal, order, fill, position (contracts, signed),
        stop, target (prices, NaN without), equity_usd, floor_usd, room_usd, status, done_reason,
        and one column ``saw NAME`` per feature.
    """
    steps = episode.steps
    row = steps["row"].to_numpy()
    tick = _tick_size(market, row)
    prices = {
        name: np.asarray(getattr(market, name))[row] * tick
        for name in ("open", "high", "low", "close")
    }
    table = pd.DataFrame(
        {
            "slice": episode.slice.name,
            "attempt": steps["attempt"].to_numpy(),
            "time": new_york_time(np.asarray(market.minute)[row]),
            **prices,
            "action": _worded(steps["action"], {a.value: words(a.name.lower()) for a in Action}),
            "probability": steps["probability"].to_numpy(),
            "legal": _worded(steps["legal"], _masks(steps["legal"])),
            "order": _worded(steps["action"], {a.value: _MOVES.get(a, "") for a in Action}),
            "fill": fills(steps, tick),
            "position": (steps["side"] * steps["contracts"]).to_numpy(),
            "stop": _price(steps["stop_price"], steps["side"], tick),
            "target": _price(steps["target_price"], steps["side"], tick),
            "equity_usd": steps["equity_cents"].to_numpy() / 100,
            "floor_usd": steps["floor_cents"].to_numpy() / 100,
            "room_usd": (steps["equity_cents"] - steps["floor_cents"]).to_numpy() / 100,
            "status": _worded(steps["account_status"], _STATUS),
            "done_reason": _worded(steps["done_reason"], _DONE),
        }
    )
    return table.join(_seen(market, row - 1))


def replay_tables(episodes: Sequence[Episode], market: MarketData) -> pd.DataFrame:
    """The replays of several episodes under one another; ``slice`` tells them apart."""
    return pd.concat([replay_table(one, market) for one in episodes], ignore_index=True)


def failures(table: pd.DataFrame) -> list[int]:
    """Rows of a replay on which an account failed."""
    return np.flatnonzero(table["status"].astype(str).str.startswith("failed")).tolist()


def before_failure(table: pd.DataFrame, at: int, bars: int = BREACH_BARS) -> pd.DataFrame:
    """The last ``bars`` bars up to row ``at``, the failure's, of one account."""
    part = table.iloc[max(0, at - bars + 1) : at + 1]
    return part[part["attempt"] == table["attempt"].iloc[at]]


def fills(steps: pd.DataFrame, tick: np.ndarray) -> np.ndarray:
    """(n,) text: entries and exits of each bar with their prices, empty for most."""
    texts = np.full(len(steps), "", object)
    entered, closed = steps["entry_filled"].to_numpy(), steps["trade_closed"].to_numpy()
    for at in np.flatnonzero(entered | closed):
        one = steps.iloc[at]
        parts = []
        if entered[at]:
            verb = "bought" if one["entry_side"] > 0 else "sold"
            price = one["entry_price"] * tick[at]
            parts.append(f"{verb} {one['entry_contracts']} at {price:,.2f}")
        if closed[at]:
            reason = words(ExitReason(one["exit_reason"]).name.lower())
            price, usd = one["exit_price"] * tick[at], one["trade_pnl_cents"] / 100
            parts.append(f"{reason} at {price:,.2f}, {usd:+,.2f} USD")
        texts[at] = "; ".join(parts)
    return texts


def _tick_size(market: MarketData, row: np.ndarray) -> np.ndarray:
    sizes = np.asarray(market.contract_table.tick_size, np.float64).round(8)
    return sizes[np.asarray(market.market)[row]]


def _worded(codes: pd.Series, names: dict[int, str]) -> pd.Categorical:
    return pd.Categorical(codes.map(names).to_numpy(), list(dict.fromkeys(names.values())))


def _masks(legal: pd.Series) -> dict[int, str]:
    """The words of every mask that occurs."""
    return {
        int(bits): ", ".join(words(a.name.lower()) for a in Action if bits >> a & 1)
        for bits in legal.unique()
    }


def _price(ticks: pd.Series, side: pd.Series, tick: np.ndarray) -> np.ndarray:
    return np.where(side.to_numpy() != 0, ticks.to_numpy() * tick, np.nan)


def _seen(market: MarketData, row: np.ndarray) -> pd.DataFrame:
    """The features of the newest bar of each observation."""
    values = np.asarray(market.features)[row]
    names = market.feature_names or tuple(f"feature {i}" for i in range(values.shape[1]))
    return pd.DataFrame(values, columns=[FEATURE + name for name in names])
