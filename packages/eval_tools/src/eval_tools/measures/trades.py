"""The trade table: one row per closed trade, rebuilt from the recorded bars and reconciled."""

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from eval_tools.measures.clock import new_york_time
from eval_tools.rollout.episode import Episode
from futures_env.codes import ExitReason, ExtremeOrder
from futures_env.market.table import MarketData

TRADE_COLUMNS = (
    "slice",
    "attempt",
    "forced",
    "market",
    "session",
    "date",
    "side",
    "contracts",
    "entry_row",
    "entry_time",
    "entry_price",
    "stop_ticks",
    "target_ticks",
    "exit_row",
    "exit_time",
    "exit_price",
    "exit_reason",
    "bars_held",
    "gross_cents",
    "fees_cents",
    "net_cents",
    "mae_cents",
    "mfe_cents",
)
"""Columns of the trade table. Prices in the contract's own units, rows of the market table,
times are bar starts in New York, ``bars_held`` counts the entry and the exit bar. Gross is before
commissions (slippage is in the fills). MAE and MFE are the worst and the best open P&L, before
commissions, signed: see ``excursions``. A forced trade has no entry of its own: its entry fields
are -1, missing or 0."""


class ReconciliationError(AssertionError):
    """The trades of an account do not add up to its balance."""


def trade_table(episodes: Sequence[Episode], market: MarketData) -> pd.DataFrame:
    """All closed trades of ``episodes``, in order; columns ``TRADE_COLUMNS``.

    Raises:
        ReconciliationError: when an account's balance is not its start plus the net P&L of its
            trades, to the cent.
    """
    bars = _host_bars(market)
    parts = [_episode_trades(episode, market, bars) for episode in episodes]
    for episode, trades in zip(episodes, parts, strict=True):
        reconcile(episode, trades)
    kept = [part for part in parts if not part.empty]
    return pd.concat(kept or parts, ignore_index=True)


def reconcile(episode: Episode, trades: pd.DataFrame) -> None:
    """Check start balance + net P&L (- the commission of an open trade) = balance, per account.

    Raises:
        ReconciliationError: naming slice, account and amounts.
    """
    for attempt, steps in episode.steps.groupby("attempt"):
        own = trades[trades["attempt"] == attempt]
        if steps["side"].iloc[-1] != 0 or own["forced"].any():
            continue  # an open or a forced trade is not in the balance as its own P&L
        start = int(steps["equity_before_cents"].iloc[0])
        expected = start + int(own["net_cents"].sum())
        balance = int(steps["balance_cents"].iloc[-1])
        if balance != expected:
            raise ReconciliationError(
                f"slice {episode.slice.name}, account {attempt}: balance {balance} cents, but "
                f"start {start} + trades {expected - start} = {expected} cents"
            )


def _host_bars(market: MarketData) -> dict[str, NDArray[Any]]:
    names = ("open", "high", "low", "minute", "date", "session", "market", "extreme_order")
    return {name: np.asarray(getattr(market, name)) for name in names}


def _episode_trades(
    episode: Episode, market: MarketData, bars: dict[str, NDArray[Any]]
) -> pd.DataFrame:
    steps = episode.steps
    exits = steps[steps["trade_closed"]].reset_index(drop=True)
    entries = _entries_of(steps, exits)
    rows = exits["row"].to_numpy()
    markets = bars["market"][rows]
    table = market.contract_table
    tick_value = np.asarray(table.tick_value_cents)[markets]
    tick_size = np.asarray(table.tick_size, np.float64)[markets].round(8)
    forced = exits["forced_trade"].to_numpy(bool)

    side, contracts = entries["entry_side"].to_numpy(), entries["entry_contracts"].to_numpy()
    move = (exits["exit_price"].to_numpy() - entries["entry_price"].to_numpy()) * side
    gross = np.where(forced, 0, move * contracts * tick_value)
    net = exits["trade_pnl_cents"].to_numpy()
    worst, best = excursions(entries, exits, bars)
    money = contracts * tick_value
    entry_rows = entries["row"].to_numpy()
    columns = {
        "slice": episode.slice.name,
        "attempt": exits["attempt"],
        "forced": forced,
        "market": markets,
        "session": bars["session"][rows],
        "date": bars["date"][rows].astype("datetime64[D]").astype("datetime64[s]"),
        "side": side,
        "contracts": contracts,
        "entry_row": entry_rows,
        "entry_time": _start_of(entry_rows, bars["minute"]),
        "entry_price": entries["entry_price"] * tick_size,
        "stop_ticks": entries["entry_stop_ticks"],
        "target_ticks": entries["entry_target_ticks"],
        "exit_row": rows,
        "exit_time": _start_of(rows, bars["minute"]),
        "exit_price": exits["exit_price"] * tick_size,
        "exit_reason": [ExitReason(code).name.lower() for code in exits["exit_reason"]],
        "bars_held": np.where(forced, 0, rows - entry_rows + 1),
        "gross_cents": np.where(forced, net, gross),
        "fees_cents": np.where(forced, 0, gross - net),
        "net_cents": net,
        "mae_cents": worst * money,
        "mfe_cents": best * money,
    }
    return pd.DataFrame(columns, columns=list(TRADE_COLUMNS), index=exits.index)


def _entries_of(steps: pd.DataFrame, exits: pd.DataFrame) -> pd.DataFrame:
    """The entry of every exit: the last one before it; a forced trade gets an empty one."""
    filled = steps[steps["entry_filled"]]
    last = np.searchsorted(filled["row"].to_numpy(), exits["row"].to_numpy(), side="right") - 1
    columns = ["row", "entry_side", "entry_price", "entry_contracts"]
    columns += ["entry_stop_ticks", "entry_target_ticks"]
    own = ~exits["forced_trade"].to_numpy(bool)
    if np.any(last[own] < 0) or np.unique(last[own]).size < own.sum():
        raise ReconciliationError("a trade was closed that no recorded entry opened")
    source = filled if len(filled) else pd.DataFrame(0, index=[0], columns=columns)
    entries = source[columns].iloc[np.maximum(last, 0)].reset_index(drop=True)
    entries.loc[~own, :] = 0
    entries.loc[~own, "row"] = -1
    return entries


def excursions(
    entries: pd.DataFrame, exits: pd.DataFrame, bars: dict[str, NDArray[Any]]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Worst and best price move of each trade, in ticks times side.

    Bars before the exit bar count whole. In the exit bar, what came after the exit is not known:
    the exit price always counts; the adverse extreme counts unless the trade ended at the open,
    or the favourable extreme is known to have come first; the favourable extreme counts only
    when the position was held to the close.

    Returns:
        (worst, best): (n,) int64 each, 0 for a forced trade.
    """
    pairs = zip(entries.to_dict("records"), exits.to_dict("records"), strict=True)
    moves = np.array([_excursion(entry, exit_, bars) for entry, exit_ in pairs], np.int64)
    worst, best = moves.reshape(-1, 2).T
    return worst, best


def _excursion(
    entry: dict[Hashable, Any], exit_: dict[Hashable, Any], bars: dict[str, NDArray[Any]]
) -> tuple[int, int]:
    """(worst, best) move of one trade; see ``excursions``."""
    side, first, last, reason = (
        entry["entry_side"],
        entry["row"],
        exit_["row"],
        exit_["exit_reason"],
    )
    if side == 0:
        return 0, 0

    def move(price: Any) -> Any:
        return (price - entry["entry_price"]) * side

    up, down = (bars["high"], bars["low"]) if side > 0 else (bars["low"], bars["high"])
    favourable_code = ExtremeOrder.HIGH_FIRST if side > 0 else ExtremeOrder.LOW_FIRST
    favourable_first = bars["extreme_order"][last] == favourable_code
    gapped = last > first and move(bars["open"][last]) >= entry["entry_target_ticks"]
    held_to_close = reason == ExitReason.SESSION_CLOSE
    saw_adverse = reason == ExitReason.TARGET and not gapped and not favourable_first

    low = [0, move(exit_["exit_price"]), *move(down[first:last])]
    high = [0, move(exit_["exit_price"]), *move(up[first:last])]
    if held_to_close or saw_adverse:
        low.append(move(down[last]))
    if held_to_close:
        high.append(move(up[last]))
    return min(low), max(high)


def _start_of(rows: NDArray[Any], minute: NDArray[np.int32]) -> pd.DatetimeIndex:
    """Bar starts in New York; NaT for row -1."""
    times = new_york_time(minute[rows])
    return pd.DatetimeIndex(times.where(rows >= 0, pd.NaT))
