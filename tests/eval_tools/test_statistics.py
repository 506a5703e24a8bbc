"""Trade and daily statistics on cases worked by hand."""

import math

import empyrical
import numpy as np
import pandas as pd
import pytest

from eval_tools.measures.statistics import daily_statistics, max_drawdown, trade_statistics
from eval_tools.measures.trades import TRADE_COLUMNS


def _trades(**columns: list) -> pd.DataFrame:
    size = len(next(iter(columns.values())))
    blank = {name: [0] * size for name in TRADE_COLUMNS}
    return pd.DataFrame(blank | columns).astype({"forced": bool})


def test_trades_by_hand() -> None:
    table = _trades(
        side=[1, -1, 1, 1],
        stop_ticks=[10, 10, 20, 1],
        target_ticks=[30, 10, 60, 1],
        gross_cents=[1_000, -500, 0, 9_999],
        fees_cents=[500, 500, 500, 0],
        net_cents=[500, -1_000, -500, 9_999],
        mae_cents=[-200, -500, -400, 0],
        mfe_cents=[1_000, 100, 100, 0],
        bars_held=[3, 1, 8, 1],
        forced=[False, False, False, True],
    )
    found = trade_statistics(table)
    assert (found.trades, found.long_trades) == (3, 2)
    assert found.win_rate == pytest.approx(1 / 3)
    assert found.break_even_win_rate == pytest.approx((0.25 + 0.5 + 0.25) / 3)
    assert (found.gross_pnl_usd, found.fees_usd, found.net_pnl_usd) == (5.0, 15.0, -10.0)
    assert found.profit_factor == pytest.approx(500 / 1_500)
    assert found.expectancy_usd == pytest.approx(-10 / 3)
    assert found.mean_mae_usd == pytest.approx(-11 / 3)
    assert found.mean_mfe_usd == pytest.approx(4.0)
    assert found.mean_bars_held == pytest.approx(4.0)


def test_undefined_is_none() -> None:
    nothing = trade_statistics(_trades(side=[]))
    assert nothing.trades == 0
    assert nothing.win_rate is nothing.profit_factor is nothing.expectancy_usd is None
    winners = trade_statistics(_trades(net_cents=[100], stop_ticks=[1], target_ticks=[3]))
    assert winners.profit_factor is None
    flat = daily_statistics([0.0, 0.0])
    assert flat.sharpe is flat.sortino is flat.calmar is None
    assert daily_statistics([5.0]).sharpe is None


def test_days_by_hand() -> None:
    found = daily_statistics([100.0, -50.0, 0.0, -150.0])
    assert (found.days, found.winning_days, found.losing_days) == (4, 1, 2)
    assert (found.net_pnl_usd, found.mean_usd) == (-100.0, -25.0)
    assert (found.best_day_usd, found.worst_day_usd) == (100.0, -150.0)
    deviation = math.sqrt((125**2 + 25**2 + 25**2 + 125**2) / 3)
    downside = math.sqrt((50**2 + 150**2) / 4)
    assert found.sharpe == pytest.approx(-25 / deviation * math.sqrt(252))
    assert found.sortino == pytest.approx(-25 / downside * math.sqrt(252))
    assert found.max_drawdown_usd == 200.0
    assert found.calmar == pytest.approx(-25 * 252 / 200)
    assert found.tail_loss_usd == -150.0


def test_tail_loss_averages_the_worst_twentieth() -> None:
    assert daily_statistics(np.arange(100.0)).tail_loss_usd == 2.0
    assert daily_statistics(np.arange(30.0)).tail_loss_usd == 0.5


def test_drawdown_counts_from_the_start() -> None:
    assert max_drawdown([-5.0, -3.0]) == 5.0
    assert max_drawdown([101.0, 104.0, 99.0, 103.0], start=100.0) == 5.0
    assert max_drawdown([1.0, 2.0, 3.0]) == 0.0


def test_no_day_is_an_error() -> None:
    with pytest.raises(ValueError, match="one value per session"):
        daily_statistics([])


@pytest.mark.parametrize("seed", range(5))
def test_ratios_and_drawdown_are_those_of_empyrical(seed: int) -> None:
    """On returns so small that compounding them is adding them up."""
    capital = 1e9
    pnl = pd.Series(np.random.default_rng(seed).normal(20.0, 500.0, 250).round(2))
    found, returns = daily_statistics(pnl), pnl / capital
    assert found.sharpe == pytest.approx(empyrical.sharpe_ratio(returns))
    assert found.sortino == pytest.approx(empyrical.sortino_ratio(returns))
    drawdown = -capital * empyrical.max_drawdown(returns)
    assert found.max_drawdown_usd == pytest.approx(drawdown, rel=1e-4)
