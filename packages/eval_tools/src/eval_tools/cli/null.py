"""The market on which nobody can win, for the command that shows a result beside it."""

from eval_tools.cli.progress import Progress
from futures_env.data.synthetic.matched import matched_martingale
from futures_env.market.table import MarketData


def matched_null(market: MarketData, seed: int, progress: Progress) -> MarketData | None:
    """The martingale that matches ``market``; None, with the reason told, where there is none."""
    try:
        return matched_martingale(market, seed)
    except ValueError as error:
        progress.tell(f"no matched martingale: {error}; going on without the null")
        return None
