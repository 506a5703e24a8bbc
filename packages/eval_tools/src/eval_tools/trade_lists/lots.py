"""Trades on the bars they were filled in, each checked: inside data, session and bar."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from eval_tools.accounts.path import Flags, Ints
from eval_tools.trade_lists.rows import TradeListError
from futures_env.market.table import MarketData

CENT = 1.01
"""Cents by which a P&L in a file may differ from that of its prices."""


@dataclass(frozen=True, kw_only=True)
class Lots:
    """N trades of one contract; arrays (N,), prices in ticks, money in cents.

    Attributes:
        entry_row, exit_row: bars of the fills, rows of the market.
        side: +1 or -1.
        entry_fee, exit_fee: charged with each fill.
        stopped: whether a stop ended the trade, so that it saw no worse price than its exit.
        tick_value_cents: of one contract.
    """

    entry_row: Ints
    exit_row: Ints
    side: Ints
    contracts: Ints
    entry_price: Ints
    exit_price: Ints
    entry_fee: Ints
    exit_fee: Ints
    stopped: Flags
    tick_value_cents: int

    def __len__(self) -> int:
        return len(self.side)

    @property
    def net(self) -> Ints:
        """Net P&L of each."""
        move = (self.exit_price - self.entry_price) * self.side
        gross = move * self.contracts * self.tick_value_cents
        return gross - self.entry_fee - self.exit_fee

    def take(self, chosen: NDArray[np.bool_]) -> "Lots":
        """Those chosen."""
        arrays = {n: v[chosen] for n, v in vars(self).items() if isinstance(v, np.ndarray)}
        return Lots(**arrays, tick_value_cents=self.tick_value_cents)


def lots_of(
    trades: pd.DataFrame, market: MarketData, *, stamps: str = "start", name: str = "trades"
) -> Lots:
    """Put trades on the bars of ``market``.

    Args:
        trades: ``eval_tools.trade_lists.reading.COLUMNS``.
        market: of one contract.
        stamps: what a time on the full minute is: ``"start"`` of its bar, or its ``"end"``.
        name: of the file, for errors.

    Raises:
        TradeListError: naming the line of a trade that lies outside the bars or their sessions, is
            held overnight, has a price off the ticks or outside its bar, or another P&L than its
            prices give.
    """
    if market.num_markets != 1:
        raise TradeListError(f"{name}: a trade list needs a market of one contract")
    refuse = _Refusal(trades, name)
    table = {key: np.asarray(leaf)[0] for key, leaf in vars(market.contract_table).items()}
    tick = round(float(table["tick_size"]), 8)
    rows = {
        when: _rows(refuse, trades[f"{when}_time"], market, when, stamps)
        for when in ("entry", "exit")
    }
    refuse.where(rows["exit"] < rows["entry"], "exit_time", "lies before the entry")
    session = np.asarray(market.session)
    held = session[rows["entry"]] != session[rows["exit"]]
    refuse.where(held, "exit_time", "lies in a later session than the entry: nothing may be open "
                                    "behind a session's flat-by time")  # fmt: skip
    refuse.where(trades["contracts"] < 1, "contracts", "must be at least 1")
    refuse.where(~trades["side"].isin([1, -1]), "side", "must be 1 or -1")
    slippage = int(table["slippage_ticks"])
    prices = {
        when: _prices(refuse, trades[f"{when}_price"], tick, market, rows[when], slippage, when)
        for when in ("entry", "exit")
    }
    contracts = trades["contracts"].to_numpy(np.int64)
    unit = contracts * int(table["tick_value_cents"])
    gross = (prices["exit"] - prices["entry"]) * trades["side"].to_numpy(np.int64) * unit
    fees = _fees(trades, gross, 2 * int(table["commission_cents"]) * contracts)
    lots = Lots(
        entry_row=rows["entry"],
        exit_row=rows["exit"],
        side=trades["side"].to_numpy(np.int64),
        contracts=contracts,
        entry_price=prices["entry"],
        exit_price=prices["exit"],
        entry_fee=fees // 2,
        exit_fee=fees - fees // 2,
        stopped=trades["stopped"].to_numpy(bool),
        tick_value_cents=int(table["tick_value_cents"]),
    )
    _reconcile(refuse, trades, lots)
    return lots


class _Refusal:
    """Raises for the first bad trade, naming its line."""

    def __init__(self, trades: pd.DataFrame, name: str) -> None:
        self._trades, self._name = trades, name

    def where(self, bad: object, column: str, why: str) -> None:
        found = np.flatnonzero(np.asarray(bad))
        if found.size:
            row = self._trades.iloc[found[0]]
            raise TradeListError(f"{self._name}, line {row['line']}: {column} {row[column]} {why}")


def _rows(
    refuse: _Refusal, times: pd.Series, market: MarketData, when: str, stamps: str
) -> NDArray[np.int64]:
    """The bar of each fill."""
    seconds = times.astype("datetime64[s, UTC]").astype(np.int64).to_numpy()
    wanted = (seconds - (1 if stamps == "end" else 0)) // 60
    minute = np.asarray(market.minute).astype(np.int64)
    length = market.infos[0].bar_minutes
    found = np.maximum(np.searchsorted(minute, wanted, side="right") - 1, 0)
    outside = (wanted < minute[0]) | (wanted >= minute[-1] + length)
    refuse.where(outside, f"{when}_time", "lies outside the bars")
    why = "lies outside the market's sessions, or in a minute without a bar"
    refuse.where(wanted - minute[found] >= length, f"{when}_time", why)
    return found


def _prices(
    refuse: _Refusal,
    given: pd.Series,
    tick: float,
    market: MarketData,
    rows: NDArray[np.int64],
    slippage: int,
    when: str,
) -> Ints:
    """Prices in ticks; a fill may lie outside its bar by the contract's slippage."""
    ticks = given.to_numpy(float) / tick
    whole = np.rint(ticks).astype(np.int64)
    refuse.where(np.abs(ticks - whole) > 1e-3, f"{when}_price", f"is no multiple of {tick:g}")
    high, low = np.asarray(market.high)[rows], np.asarray(market.low)[rows]
    outside = (whole > high + slippage) | (whole < low - slippage)
    refuse.where(outside, f"{when}_price", "lies outside the bar of its minute: another contract, "
                                           "an adjusted series, another --zone, times that "
                                           "stamp the end of a bar (--stamps end), or those of a "
                                           "chart of longer bars")  # fmt: skip
    return whole


def _fees(trades: pd.DataFrame, gross: Ints, usual: Ints) -> Ints:
    """Fees of each trade: the file's, else what its P&L lacks of the gross one, else the usual."""
    told, implied = trades["fees_usd"] * 100, gross - trades["pnl_usd"] * 100
    return np.rint(told.fillna(implied).fillna(pd.Series(usual))).astype(np.int64).to_numpy()


def _reconcile(refuse: _Refusal, trades: pd.DataFrame, lots: Lots) -> None:
    """Refuse a P&L in the file that is neither the gross nor the net one of its prices."""
    told = trades["pnl_usd"].to_numpy(float) * 100
    fees = lots.entry_fee + lots.exit_fee
    refuse.where(fees < -CENT, "pnl_usd", "is better than its prices give: another contract?")
    off = (np.abs(told - lots.net - fees) > CENT) & (np.abs(told - lots.net) > CENT)
    refuse.where(off & ~np.isnan(told), "pnl_usd", "is not what its prices and fees give")
