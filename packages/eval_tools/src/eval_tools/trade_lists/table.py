"""The lots of a trade list as a table of closed trades, with how far each went on its way."""

import numpy as np
import pandas as pd

from eval_tools.accounts.path import Ints
from eval_tools.measures.clock import new_york_time
from eval_tools.trade_lists.lots import Lots
from futures_env.market.table import MarketData


def lot_table(lots: Lots, market: MarketData) -> pd.DataFrame:
    """One row a lot, those columns of ``eval_tools.measures.trades.TRADE_COLUMNS`` that a list has.

    A list knows no brackets: ``stop_ticks`` and ``target_ticks`` are missing. MAE and MFE take the
    worse order in the bars of the fills: the worst of their prices counts, the best does not,
    unless a fill was there. A trade that a stop ended saw nothing worse than its exit.

    Args:
        lots: of the list.
        market: their bars.
    """
    worst, best = _excursions(lots, market)
    fees = lots.entry_fee + lots.exit_fee
    return pd.DataFrame(
        {
            "forced": False,
            "date": np.asarray(market.date)[lots.exit_row].astype("datetime64[D]").astype("M8[s]"),
            "side": lots.side,
            "contracts": lots.contracts,
            "entry_row": lots.entry_row,
            "entry_time": new_york_time(np.asarray(market.minute)[lots.entry_row]),
            "exit_row": lots.exit_row,
            "stop_ticks": np.nan,
            "target_ticks": np.nan,
            "bars_held": lots.exit_row - lots.entry_row + 1,
            "gross_cents": lots.net + fees,
            "fees_cents": fees,
            "net_cents": lots.net,
            "mae_cents": worst,
            "mfe_cents": best,
        }
    )


def _excursions(lots: Lots, market: MarketData) -> tuple[Ints, Ints]:
    """(N,) worst and best open P&L of each lot in cents, before commissions."""
    high, low = (np.asarray(getattr(market, name)).astype(np.int64) for name in ("high", "low"))
    money = lots.contracts * lots.tick_value_cents
    exits = (lots.exit_price - lots.entry_price) * lots.side
    worst, best = np.minimum(exits, 0), np.maximum(exits, 0)
    for place, (first, last) in enumerate(zip(lots.entry_row, lots.exit_row, strict=True)):
        side, entry = lots.side[place], lots.entry_price[place]
        against, favour = (low, high) if side > 0 else (high, low)
        moves = (against[first : last + 1] - entry) * side
        if lots.stopped[place]:
            moves[-1] = max(moves[-1], exits[place])
        worst[place] = min(worst[place], moves.min())
        between = (favour[first + 1 : last] - entry) * side
        best[place] = max(best[place], between.max(initial=0))
    return worst * money, best * money
