"""Anybody's trade lists: read, reconciled with the bars, judged by an account's marks and floor."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from eval_tools.accounts.path import Terms
from eval_tools.accounts.verdict import verdict
from eval_tools.cli.main import main
from eval_tools.measures.trades import trade_table
from eval_tools.policies.baselines import Baseline, baseline
from eval_tools.rollout.accounts import HostBars, terms_of
from eval_tools.rollout.sessions import whole_slices
from eval_tools.rollout.slices import run_slices
from eval_tools.trade_lists.account import account_of, marks_of
from eval_tools.trade_lists.lots import Lots, lots_of
from eval_tools.trade_lists.reading import TradeListError, read_trades
from futures_env import AccountStatus, ArgumentError, DrawdownMode, Lock, account_rules

RULES = replace(
    account_rules("apex-eod-50k"), daily_loss_limit=0, drawdown=2_000, lock=Lock.NONE,
    drawdown_mode=DrawdownMode.INTRADAY, profit_target=3_000,
)  # fmt: skip


LONG_AGO = pd.Timestamp("1999-01-04 10:00", tz="America/New_York")


@pytest.fixture(scope="module")
def ours(desk) -> pd.DataFrame:
    params = desk.params
    (episode,) = run_slices(
        desk.env, baseline(Baseline.RANDOM_LEGAL), params, whole_slices(desk.sessions), seed=2
    )
    return trade_table([episode], desk.market)


@pytest.fixture(scope="module")
def bars(desk) -> HostBars:
    return HostBars(desk.market)


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_our_own_list_comes_back_to_the_cent(desk, ours, bars, tmp_path, suffix) -> None:
    file = tmp_path / f"trades{suffix}"
    ours.to_parquet(file) if suffix == ".parquet" else ours.to_csv(file, index=False)
    lots = lots_of(read_trades(file), desk.market)
    assert np.array_equal(lots.net, ours["net_cents"])
    assert np.array_equal(lots.entry_row, ours["entry_row"])
    assert np.array_equal(lots.exit_row, ours["exit_row"])
    first, last = int(lots.entry_row.min()), int(lots.exit_row.max())
    marks = marks_of(lots, bars, 5_000_000, first, last)
    assert marks.balance[-1] == 5_000_000 + ours["net_cents"].sum()


def _ninja(ours: pd.DataFrame, separator: str = ",") -> str:
    """As a NinjaTrader 8 performance report writes it, in New York time."""
    names = (
        "Trade number,Instrument,Account,Strategy,Market pos.,Qty,Entry price,Exit price,"
        "Entry time,Exit time,Entry name,Exit name,Profit,Cum. net profit,Commission,MAE,MFE"
    )
    lines = [names]
    for number, one in enumerate(ours.to_dict("records"), start=1):
        net = one["net_cents"] / 100
        profit = f"${net:.2f}" if net >= 0 else f"(${-net:.2f})"
        lines.append(
            f"{number},NQ 12-26,Sim101,x,{'Long' if one['side'] > 0 else 'Short'},"
            f"{one['contracts']},{one['entry_price']},{one['exit_price']},"
            f"{one['entry_time']:%m/%d/%Y %I:%M:%S %p},{one['exit_time']:%m/%d/%Y %I:%M:%S %p},"
            f"Entry,Exit,{profit},0,${one['fees_cents'] / 100:.2f},$0.00,$0.00"
        )
    return "\n".join(line.replace(",", separator) + separator for line in lines)


def _tradingview(ours: pd.DataFrame) -> str:
    """As TradingView exports its list of trades: two rows each, the newest first."""
    names = "Trade number,Type,Date and time,Signal,Price USD,Size (qty),Net PnL USD,Commission USD"
    lines = []
    for number, one in enumerate(ours.to_dict("records"), start=1):
        way = "long" if one["side"] > 0 else "short"
        lines += [
            f"{number},{what.title()} {way},{one[f'{what}_time']:%Y-%m-%d %H:%M},x,"
            f"{one[f'{what}_price']},{one['contracts']},{one['net_cents'] / 100},"
            f"{one['fees_cents'] / 100}"
            for what in ("entry", "exit")
        ]
    return "\n".join([names, *reversed(lines)])


@pytest.mark.parametrize(
    "write", [_ninja, lambda ours: _ninja(ours, ";"), _tradingview], ids=["nt", "nt;", "tv"]
)
def test_exports_of_others_are_read(desk, ours, tmp_path, write) -> None:
    file = tmp_path / "list.csv"
    file.write_text(write(ours))
    with pytest.raises(TradeListError, match=r"list.csv, line 2: .* has no zone: state it with"):
        read_trades(file)
    with pytest.raises(ArgumentError, match="--zone Mars/Base: no such zone"):
        read_trades(file, "Mars/Base")
    lots = lots_of(read_trades(file, "America/New_York"), desk.market)
    assert np.array_equal(lots.net, ours["net_cents"])
    with pytest.raises(TradeListError, match=r"outside the market's sessions|outside the bar"):
        lots_of(read_trades(file, "Europe/Berlin"), desk.market)


def _changed(ours: pd.DataFrame, **fields) -> pd.DataFrame:
    row = ours.iloc[[3]].copy()
    for name, value in fields.items():
        row[name] = value
    return pd.concat([ours.iloc[:3], row, ours.iloc[4:]])


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"entry_price": 1.0}, r"line 5: entry_price 1.0 lies outside the bar of its minute"),
        ({"entry_price": 20_000.1}, "is no multiple of 0.25"),
        ({"contracts": 0}, "contracts 0 must be at least 1"),
        ({"net_cents": 99}, "pnl_usd 0.99 is not what its prices and fees give"),
        (
            {"entry_time": pd.Timestamp("1999-01-04 10:00", tz="America/New_York")},
            "outside the bars",
        ),
        ({"side": 3}, "side 3 must be 1 or -1"),
    ],
)
def test_a_trade_that_cannot_be_is_named_by_its_line(desk, ours, tmp_path, fields, message) -> None:
    file = tmp_path / "x.csv"
    _changed(ours, **fields).to_csv(file, index=False)
    with pytest.raises(TradeListError, match=message):
        lots_of(read_trades(file), desk.market, name="x.csv")


def test_what_is_no_trade_list_is_refused(tmp_path) -> None:
    (tmp_path / "x.csv").write_text("a,b\n1,2\n")
    with pytest.raises(TradeListError, match="no known layout in the columns a, b"):
        read_trades(tmp_path / "x.csv")
    (tmp_path / "x.csv").write_text("Trade #,Type,Date and time,Price,Contracts\n1,Exit long,"
                                    "2020-01-02 10:00,1,1\n")  # fmt: skip
    with pytest.raises(TradeListError, match="line 2: an exit without its entry"):
        read_trades(tmp_path / "x.csv", "UTC")


class Made:
    """Six bars of one session, 10 USD a tick: a high, a low and a close each."""

    def __init__(self, rows: list[tuple[int, int, int]], order: int = 0) -> None:
        high, low, close = (np.array(column) for column in zip(*rows, strict=True))
        n = len(rows)
        self.columns = {
            "open": close, "high": high, "low": low, "close": close,
            "extreme_order": np.full(n, order), "date": np.full(n, 20_000),
            "session": np.zeros(n, int), "session_last": np.arange(n) == n - 1,
        }  # fmt: skip
        self.session = self.columns["session"]


def _lots(*rows: tuple[int, int, int, int, int, int], stopped: bool = False) -> Lots:
    """(entry row, exit row, side, contracts, entry price, exit price) each, 2 USD a side."""
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    fee = 200 * columns[3]
    return Lots(
        *(), entry_row=columns[0], exit_row=columns[1], side=columns[2], contracts=columns[3],
        entry_price=columns[4], exit_price=columns[5], entry_fee=fee, exit_fee=fee,
        stopped=np.full(len(rows), stopped), tick_value_cents=1_000,
    )  # fmt: skip


TERMS = Terms(
    tick_value_cents=1_000, commission_cents=200, slippage_ticks=0, stop_slippage_ticks=0,
    target_through_ticks=0,
)  # fmt: skip
FLAT = (100, 100, 100)


def test_lots_overlap_and_their_equity_is_the_sum() -> None:
    made = Made([FLAT, (110, 95, 105), (120, 100, 110), FLAT])
    lots = _lots((0, 3, 1, 2, 100, 100), (1, 2, -1, 1, 105, 110))
    marks = marks_of(lots, made, 0, 0, 3)
    assert marks.balance.tolist() == [-400, -600, -5_800, -6_200]
    # behind bar 1: two long from 100 at 105, one short from 105 at 105
    assert marks.points[1, 2] == -600 + 10_000
    # bar 2: the short may still be open at 120 and at 100
    assert marks.points[2, 1] == min(-600 - 15_000 + 40_000, -5_800 + 0, -600 + 0 + 5_000)
    assert marks.points[3].tolist() == [-5_800, -6_200, -6_200]


def test_the_bars_of_the_fills_take_the_worse_order() -> None:
    made = Made([(130, 90, 110), (125, 80, 120), FLAT], order=1)
    marks = marks_of(_lots((0, 1, 1, 1, 110, 120)), made, 0, 0, 2)
    assert marks.points[0].tolist() == [-200 + 20_000, -200 - 20_000, -200]
    assert marks.points[1].tolist() == [-200 + 15_000, -200 - 30_000, 9_600]
    stopped = marks_of(_lots((0, 1, 1, 1, 110, 100), stopped=True), made, 0, 0, 2)
    assert stopped.points[1, 1] == -200 - 10_000 - 200


@pytest.mark.parametrize(("order", "fails"), [(0, True), (1, False), (2, True)])
def test_a_bar_without_a_fill_has_the_order_that_is_known(order, fails) -> None:
    """1,500 up raises the trailing floor to 500 under it; 1,000 down from there is no breach."""
    made = Made([FLAT, (250, 60, 240), (241, 239, 240), FLAT], order)
    lots = _lots((0, 3, 1, 1, 100, 100))
    tight = replace(RULES, drawdown=1_600)
    path = account_of(lots, made, tight, TERMS, 0, 3)
    assert (path.status[-1] == AccountStatus.FAILED_DRAWDOWN) == fails
    assert len(path) == (2 if fails else 4)


def test_a_daily_limit_closes_what_is_open_and_drops_the_rest_of_the_session() -> None:
    made = Made([FLAT, (100, 60, 90), (200, 90, 190), (200, 190, 200)])
    lots = _lots((0, 2, 1, 1, 100, 190), (3, 3, 1, 1, 190, 200))
    free = account_of(lots, made, RULES, TERMS, 0, 3)
    assert free.balance[-1] == 5_000_000 + 90_000 + 10_000 - 800
    limited = account_of(lots, made, replace(RULES, daily_loss_limit=300), TERMS, 0, 3)
    assert limited.balance[-1] == 5_000_000 - 40_000 - 400
    assert limited.status[-1] == AccountStatus.ACTIVE
    hard = replace(RULES, daily_loss_limit=300, daily_loss_hard=True)
    failed = account_of(lots, made, hard, TERMS, 0, 3)
    assert verdict(failed, hard).outcome == AccountStatus.FAILED_DAILY_LOSS


def test_a_pass_and_a_size_above_the_cap() -> None:
    made = Made([FLAT, (200, 199, 200), (200, 200, 200)])
    lots = _lots((0, 1, 1, 40, 100, 200))
    found = verdict(account_of(lots, made, RULES, TERMS, 0, 2), RULES)
    assert found.outcome == AccountStatus.PASSED
    assert [(one.rule, one.value) for one in found.breaches] == [("max_contracts", 40)]


def test_our_account_is_never_better_than_its_list(desk, ours, bars) -> None:
    """What the simulator knows of a bar's order, a list does not: its marks lie at or below."""
    lots = lots_of(_as_read(ours), desk.market)
    terms = terms_of(desk.params, 0)
    first = int(lots.entry_row.min())
    wide = replace(RULES, drawdown=40_000, profit_target=0, lock=Lock.NONE)
    path = account_of(lots, bars, wide, terms, first, int(lots.exit_row.max()))
    (episode,) = run_slices(
        desk.env, baseline(Baseline.RANDOM_LEGAL), desk.params, whole_slices(desk.sessions), seed=2
    )
    steps = episode.steps.set_index("row").loc[first : int(lots.exit_row.max())]
    assert np.array_equal(steps["balance_cents"], path.balance)
    assert np.array_equal(steps["equity_cents"], path.equity)
    assert (path.high_water_mark >= steps["high_water_mark_cents"]).all()


def _as_read(ours: pd.DataFrame) -> pd.DataFrame:
    stops = ours["exit_reason"].isin(["stop", "liquidation"])
    return ours.assign(
        line=np.arange(len(ours)) + 2,
        fees_usd=ours["fees_cents"] / 100,
        pnl_usd=ours["net_cents"] / 100,
        stopped=stops,
    )


def test_trades_from_the_command_line(desk, ours, tmp_path, capsys) -> None:
    file = tmp_path / "mine.csv"
    ours.to_csv(file, index=False)
    arguments = ["trades", str(file), "--sessions", "6", "--market-seed", "3", "--days", "2"]
    arguments += ["--rules", "apex-eod-50k", "apex-legacy-50k", "--out", str(tmp_path / "runs")]
    assert main(arguments) == 0
    printed = capsys.readouterr().out
    assert f"{len(ours):,} trades, each inside its bar" in printed
    assert "apex-legacy-50k" in printed
    folder = tmp_path / "runs" / "trades-mine"
    assert (folder / "summary.txt").read_text() in printed
    shown = (folder / "report.html").read_text(encoding="utf-8")
    numbers = json.loads((folder / "metrics.json").read_text())
    verdict = shown.index("Mean daily P&amp;L after costs")
    assert verdict < shown.index("Under the rules of accounts") < shown.index("By day")
    assert "The market is synthetic." in shown
    for row in numbers["accounts"]:
        assert f"<td>{row['rules']}</td>" in shown
        assert f"<td>{row['max_drawdown_usd']:,.0f}</td>" in shown
    assert main([*arguments, "--market-seed", "4"]) == 1
    assert f"{file}, line 2: entry_price" in capsys.readouterr().err
