"""Laws of the statistics of days and trades, for any P&L."""

import math
from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from eval_tools.measures.statistics import daily_statistics, max_drawdown, trade_statistics
from eval_tools.measures.trades import TRADE_COLUMNS
from tests.conftest import many_examples

CENTS = st.integers(-1_000_000, 1_000_000)
DAYS = st.lists(CENTS, min_size=1, max_size=60)
SCALES = st.integers(1, 1_000)


def _close(value: float | None, wanted: float | None) -> bool:
    if value is None or wanted is None:
        return value is wanted
    return math.isclose(value, wanted, rel_tol=1e-9, abs_tol=1e-9)


@many_examples
@given(DAYS, SCALES)
def test_money_scales_and_ratios_do_not(pnl: list[int], scale: int) -> None:
    one, many = (asdict(daily_statistics(np.array(pnl) * k)) for k in (1, scale))
    for name, value in one.items():
        wanted = value * scale if name.endswith("_usd") else value
        assert _close(many[name], wanted), name


@many_examples
@given(DAYS, st.randoms())
def test_only_the_drawdown_and_what_it_divides_know_the_order(pnl: list[int], random) -> None:
    mixed = random.sample(pnl, len(pnl))
    one, other = asdict(daily_statistics(pnl)), asdict(daily_statistics(mixed))
    for name in one.keys() - {"max_drawdown_usd", "calmar"}:
        assert _close(one[name], other[name]), name


@many_examples
@given(DAYS, CENTS)
def test_a_constant_moves_the_means_and_no_deviation(pnl: list[int], shift: int) -> None:
    one, moved = daily_statistics(pnl), daily_statistics(np.array(pnl) + shift)
    for name in ("mean_usd", "worst_day_usd", "best_day_usd", "tail_loss_usd"):
        assert _close(getattr(moved, name), getattr(one, name) + shift), name
    if one.sharpe and moved.sharpe:
        assert _close(moved.mean_usd / moved.sharpe, one.mean_usd / one.sharpe)


@many_examples
@given(st.lists(CENTS, min_size=2, max_size=60))
def test_sharpe_is_the_t_statistic_without_its_root_of_n(pnl: list[int]) -> None:
    sharpe = daily_statistics(pnl).sharpe
    if len(set(pnl)) == 1:
        return
    t = stats.ttest_1samp(pnl, 0.0).statistic
    assert sharpe == pytest.approx(t / math.sqrt(len(pnl)) * math.sqrt(252), rel=1e-7)


@many_examples
@given(DAYS)
def test_the_worst_days_are_no_better_than_the_others(pnl: list[int]) -> None:
    found = daily_statistics(pnl)
    assert found.worst_day_usd <= found.tail_loss_usd <= found.mean_usd + 1e-9
    assert found.mean_usd <= found.best_day_usd
    assert found.winning_days + found.losing_days + pnl.count(0) == found.days


@many_examples
@given(st.lists(CENTS, max_size=60), CENTS)
def test_the_drawdown_is_the_largest_fall_between_two_points(path: list[int], start: int) -> None:
    points = [start, *path]
    pairs = [points[i] - points[j] for i in range(len(points)) for j in range(i, len(points))]
    assert max_drawdown(path, start) == max(pairs)


@many_examples
@given(st.lists(CENTS, min_size=1, max_size=60), CENTS, CENTS, SCALES)
def test_the_drawdown_ignores_the_level_and_scales(path, start, shift, scale) -> None:
    moved = (np.array(path) + shift) * scale
    assert max_drawdown(moved, (start + shift) * scale) == scale * max_drawdown(path, start)


@many_examples
@given(st.lists(CENTS, max_size=30), st.lists(CENTS, max_size=30))
def test_more_days_never_make_the_drawdown_smaller(path: list[int], later: list[int]) -> None:
    whole = max_drawdown(path + later)
    assert whole >= max_drawdown(path)
    if path:
        assert whole >= max_drawdown(later, start=path[-1])


@st.composite
def trade_tables(draw: st.DrawFn, least: int = 0) -> pd.DataFrame:
    size = draw(st.integers(least, 30))

    def column(values: st.SearchStrategy) -> list:
        return draw(st.lists(values, min_size=size, max_size=size))

    gross, fees = column(CENTS), column(st.integers(0, 5_000))
    columns = {name: [0] * size for name in TRADE_COLUMNS} | {
        "forced": column(st.booleans()),
        "side": column(st.sampled_from([-1, 1])),
        "stop_ticks": column(st.integers(1, 400)),
        "target_ticks": column(st.integers(1, 800)),
        "gross_cents": gross,
        "fees_cents": fees,
        "net_cents": [a - b for a, b in zip(gross, fees, strict=True)],
        "bars_held": column(st.integers(1, 400)),
    }
    return pd.DataFrame(columns).astype({"forced": bool})


@many_examples
@given(trade_tables())
def test_the_parts_of_the_trades_add_up(trades: pd.DataFrame) -> None:
    found = trade_statistics(trades)
    assert found.net_pnl_usd == pytest.approx(found.gross_pnl_usd - found.fees_usd, abs=1e-6)
    assert found.long_trades <= found.trades == (~trades["forced"]).sum()
    if found.trades:
        assert found.expectancy_usd * found.trades == pytest.approx(found.net_pnl_usd, abs=1e-6)


@many_examples
@given(trade_tables(least=1))
def test_forced_trades_and_the_order_of_the_others_do_not_count(trades: pd.DataFrame) -> None:
    own = trades[~trades["forced"]].iloc[::-1]
    one, other = asdict(trade_statistics(trades)), asdict(trade_statistics(own))
    for name, value in one.items():
        assert _close(value, other[name]), name


@many_examples
@given(trade_tables(least=1))
def test_profit_factor_and_win_rate_by_their_definition(trades: pd.DataFrame) -> None:
    found, net = trade_statistics(trades), trades.loc[~trades["forced"], "net_cents"]
    won, lost = [n for n in net if n > 0], [-n for n in net if n < 0]
    assert found.profit_factor == (sum(won) / sum(lost) if lost else None)
    assert found.win_rate == (pytest.approx(len(won) / len(net)) if len(net) else None)
    if lost:  # above 1 exactly when money was earned
        assert (found.profit_factor > 1) == (found.net_pnl_usd > 0)


@many_examples
@given(trade_tables(least=1))
def test_turning_every_trade_round_inverts_the_profit_factor(trades: pd.DataFrame) -> None:
    turned = trades.assign(net_cents=-trades["net_cents"])
    one, other = trade_statistics(trades).profit_factor, trade_statistics(turned).profit_factor
    if one and other:
        assert one * other == pytest.approx(1.0)


@many_examples
@given(st.integers(1, 400), st.integers(1, 400), st.integers(1, 50))
def test_at_the_break_even_rate_the_brackets_earn_nothing(stop: int, target: int, n: int) -> None:
    """stop wins of target ticks each against target losses of stop ticks each."""
    ticks = [target] * stop + [-stop] * target
    blank = {name: [0] * len(ticks) for name in TRADE_COLUMNS}
    columns = {"net_cents": ticks, "gross_cents": ticks, "forced": [False] * len(ticks)}
    columns |= {"stop_ticks": [n * stop] * len(ticks), "target_ticks": [n * target] * len(ticks)}
    found = trade_statistics(pd.DataFrame(blank | columns))
    assert found.win_rate == pytest.approx(found.break_even_win_rate)
    assert found.net_pnl_usd == 0
