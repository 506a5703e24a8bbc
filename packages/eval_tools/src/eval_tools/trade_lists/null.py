"""The null of a trade list: its entries, sizes and holding times where nobody can win."""

from dataclasses import replace

import numpy as np

from eval_tools.trade_lists.lots import Lots
from futures_env.market.table import MarketData


def without_an_edge(lots: Lots, null: MarketData) -> Lots:
    """The same lots on a martingale, without costs: in at the open, out at the close of their bars.

    Args:
        lots: of a list.
        null: ``futures_env.data.synthetic.matched.matched_martingale`` of the list's market.
    """
    opens, closes = (np.asarray(getattr(null, name)).astype(np.int64) for name in ("open", "close"))
    free = np.zeros_like(lots.entry_fee)
    return replace(
        lots,
        entry_price=opens[lots.entry_row],
        exit_price=closes[lots.exit_row],
        entry_fee=free,
        exit_fee=free,
        stopped=np.zeros_like(lots.stopped),
    )
