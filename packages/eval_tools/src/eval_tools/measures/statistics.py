"""Statistics of trades and of days. Money in US dollars, after costs unless named gross.

What is undefined (no trade, no losing trade, a single day) is None, never a made-up number.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

SESSIONS_PER_YEAR = 252
"""Sessions by which daily ratios are annualised."""

TAIL_SHARE = 0.05
"""Share of the days averaged by the tail loss: the worst one in twenty, at least one."""

Statistic: TypeAlias = float | int | None


@dataclass(frozen=True, kw_only=True)
class TradeStatistics:
    """Statistics over closed trades; forced trades are never among them.

    Attributes:
        trades: closed trades.
        win_rate: share of trades with a net P&L above 0.
        break_even_win_rate: mean of 1 / (1 + target distance / stop distance) over the trades,
            the win rate at which the brackets earn nothing before costs.
        gross_pnl_usd: before commissions; slippage is in the fill prices and stays.
        profit_factor: net profit of the winners over net loss of the losers.
        expectancy_usd: mean net P&L per trade.
        mean_mae_usd, mean_mfe_usd: mean adverse and favourable excursion, per trade.
        mean_bars_held: bars from the entry bar to the exit bar, both counted.
    """

    trades: int
    long_trades: int
    win_rate: Statistic
    break_even_win_rate: Statistic
    gross_pnl_usd: float
    fees_usd: float
    net_pnl_usd: float
    profit_factor: Statistic
    expectancy_usd: Statistic
    mean_mae_usd: Statistic
    mean_mfe_usd: Statistic
    mean_bars_held: Statistic


@dataclass(frozen=True, kw_only=True)
class DailyStatistics:
    """Statistics over daily P&L after costs; days without a trade count as 0.

    Attributes:
        sharpe: mean over standard deviation (n - 1), times sqrt(252); riskless rate 0.
        sortino: mean over the root mean square of the losses, times sqrt(252).
        calmar: mean times 252 over the maximum drawdown.
        max_drawdown_usd: of the P&L summed over the days, from its running peak or 0.
        tail_loss_usd: mean of the worst 5 % of the days, at least one; negative is a loss.
    """

    days: int
    winning_days: int
    losing_days: int
    net_pnl_usd: float
    mean_usd: float
    worst_day_usd: float
    best_day_usd: float
    sharpe: Statistic
    sortino: Statistic
    calmar: Statistic
    max_drawdown_usd: float
    tail_loss_usd: float


def trade_statistics(trades: pd.DataFrame) -> TradeStatistics:
    """Summarise a trade table (``eval_tools.measures.trades.TRADE_COLUMNS``)."""
    own = trades[~trades["forced"].astype(bool)]
    net = own["net_cents"].to_numpy(np.int64)
    won, lost = int(net[net > 0].sum()), -int(net[net < 0].sum())
    ratio = own["target_ticks"] / own["stop_ticks"]
    return TradeStatistics(
        trades=len(own),
        long_trades=int((own["side"] > 0).sum()),
        win_rate=_mean(net > 0),
        break_even_win_rate=_mean(1 / (1 + ratio)),
        gross_pnl_usd=int(own["gross_cents"].sum()) / 100,
        fees_usd=int(own["fees_cents"].sum()) / 100,
        net_pnl_usd=int(net.sum()) / 100,
        profit_factor=won / lost if lost else None,
        expectancy_usd=_mean(net / 100),
        mean_mae_usd=_mean(own["mae_cents"] / 100),
        mean_mfe_usd=_mean(own["mfe_cents"] / 100),
        mean_bars_held=_mean(own["bars_held"]),
    )


def daily_statistics(pnl_usd: ArrayLike) -> DailyStatistics:
    """Summarise the P&L of consecutive days.

    Args:
        pnl_usd: (n,) P&L after costs per session, every session asked for.

    Raises:
        ValueError: without a single day.
    """
    pnl = np.asarray(pnl_usd, dtype=np.float64)
    if pnl.ndim != 1 or pnl.size == 0:
        raise ValueError(f"pnl_usd: one value per session is needed, got shape {pnl.shape}")
    mean = float(pnl.mean())
    deviation = float(pnl.std(ddof=1)) if pnl.size > 1 else 0.0
    downside = float(np.sqrt(np.mean(np.minimum(pnl, 0.0) ** 2)))
    drawdown = max_drawdown(np.cumsum(pnl))
    worst = np.sort(pnl)[: max(1, int(np.ceil(TAIL_SHARE * pnl.size)))]
    year = SESSIONS_PER_YEAR
    return DailyStatistics(
        days=pnl.size,
        winning_days=int((pnl > 0).sum()),
        losing_days=int((pnl < 0).sum()),
        net_pnl_usd=float(pnl.sum()),
        mean_usd=mean,
        worst_day_usd=float(pnl.min()),
        best_day_usd=float(pnl.max()),
        sharpe=_ratio(mean * np.sqrt(year), deviation),
        sortino=_ratio(mean * np.sqrt(year), downside),
        calmar=_ratio(mean * year, drawdown),
        max_drawdown_usd=drawdown,
        tail_loss_usd=float(worst.mean()),
    )


def max_drawdown(path: ArrayLike, start: float = 0.0) -> float:
    """Largest fall of ``path`` from its running peak, which begins at ``start``; 0 or more."""
    values: NDArray[np.float64] = np.asarray(path, dtype=np.float64)
    peaks = np.maximum.accumulate(np.concatenate(([start], values)))[1:]
    return float(np.max(peaks - values, initial=0.0))


def _mean(values: ArrayLike) -> float | None:
    data = np.asarray(values, dtype=np.float64)
    return float(data.mean()) if data.size else None


def _ratio(numerator: float, denominator: float) -> float | None:
    return float(numerator / denominator) if denominator > 0 else None
