"""Anybody's trade lists: read, reconciled with the bars, judged by an account's marks and floor."""

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import numpy as np
import pandas as pd
import pytest

from eval_tools.accounts.path import Terms
from eval_tools.accounts.verdict import verdict
from eval_tools.cli.main import main
from eval_tools.measures.clock import new_york_time
from eval_tools.policies.baselines import Baseline, baseline
from eval_tools.rollout.accounts import HostBars, terms_of
from eval_tools.rollout.sessions import whole_slices
from eval_tools.rollout.slices import run_slices
from eval_tools.trade_lists.account import account_of, marks_of
from eval_tools.trade_lists.judged import Range, Side, attempts_of, judged
from eval_tools.trade_lists.lots import Lots, lots_of
from eval_tools.trade_lists.null import without_an_edge
from eval_tools.trade_lists.reading import read_trades
from eval_tools.trade_lists.table import lot_table
from futures_env import (
    AccountStatus,
    DrawdownMode,
    Lock,
    account_rules,
    synthetic_market,
)  # fmt: skip
from futures_env.data.synthetic.matched import matched_martingale
from futures_env.market.table import MarketData

RULES = replace(
    account_rules("apex-eod-50k"), daily_loss_limit=0, drawdown=2_000, lock=Lock.NONE,
    drawdown_mode=DrawdownMode.INTRADAY, profit_target=3_000,
)  # fmt: skip


@pytest.fixture(scope="module")
def bars(desk) -> HostBars:
    return HostBars(desk.market)


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

    def last_row(self, first_row: int, sessions: int) -> int:
        return len(self.session) - 1


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


def test_an_account_is_shown_up_to_what_decided_it() -> None:
    """It passes at 200; what the list loses afterwards is no drawdown of this account."""
    made = cast(HostBars, Made([FLAT, (200, 199, 200), (200, 100, 100), FLAT]))
    own = Side(lots=_lots((0, 1, 1, 40, 100, 200), (2, 3, 1, 40, 200, 100)), bars=made, terms=TERMS)
    easy = replace(RULES, min_days=0, best_day_effect="")
    (found,) = judged(own, [easy], days=1, level=0.9)
    assert (found.row["outcome"], len(found.path)) == ("passed", 2)
    assert found.row["balance_usd"] == found.path.balance[-1] / 100 == 89_840
    assert found.row["lowest_room_to_floor_usd"] > 0
    assert found.row["passing"]["attempts"] == 1


def test_how_far_a_trade_went_takes_the_worse_order_in_the_bars_of_its_fills() -> None:
    rows = [(130, 90, 110), (150, 105, 120), (125, 80, 120), FLAT]
    market = _market(rows)
    lots = _lots((0, 2, 1, 2, 110, 120), (0, 2, -1, 1, 110, 120), (1, 1, 1, 1, 106, 149))
    table = lot_table(lots, market)
    assert table["mae_cents"].tolist() == [-2 * 30_000, -40_000, -1_000]
    assert table["mfe_cents"].tolist() == [2 * 40_000, 5_000, 43_000]
    assert table["bars_held"].tolist() == [3, 3, 1]
    assert (table["gross_cents"] - table["fees_cents"]).tolist() == lots.net.tolist()
    stopped = lot_table(_lots((0, 2, 1, 1, 110, 100), stopped=True), market)
    assert stopped["mae_cents"].tolist() == [-20_000], "the entry bar's 90, the exit at 100"


def test_a_list_of_ours_went_no_further_than_its_own_table_says(desk, ours) -> None:
    table = lot_table(lots_of(_as_read(ours), desk.market), desk.market)
    same = ["date", "side", "contracts", "entry_time", "bars_held", "gross_cents", "net_cents"]
    assert (table[same].to_numpy() == ours[same].to_numpy()).all()
    assert (table["mae_cents"] <= ours["mae_cents"]).all()
    assert (table["mfe_cents"] <= ours["mfe_cents"]).all()


def test_the_null_has_the_bars_and_sizes_of_the_list_and_costs_nothing() -> None:
    market = _market([FLAT, (110, 95, 105), (120, 100, 110)], opens=[100, 96, 101])
    null = without_an_edge(_lots((0, 2, -1, 3, 7, 8), (1, 1, 1, 1, 7, 8), stopped=True), market)
    assert null.net.tolist() == [-10 * 3 * 1_000, 9 * 1_000]
    assert not null.stopped.any()


def _market(rows: list[tuple[int, int, int]], opens: list[int] | None = None) -> MarketData:
    """What a table and a null need of bars: a high, a low and a close each."""
    high, low, close = (np.array(column) for column in zip(*rows, strict=True))
    made = SimpleNamespace(
        open=np.array(opens or close),
        high=high,
        low=low,
        close=close,
        date=np.full(len(rows), 20_000),
        minute=np.arange(len(rows)),
    )
    return cast(MarketData, made)


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
    arguments += ["--no-null"]
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
    assert "The market is synthetic: nothing here says" in shown
    for row in numbers["accounts"]:
        assert f"Equity, floor and drawdown, {row['rules']}: " in shown
        assert f"<td>{row['rules']}</td>" in shown
        assert f"<td>{row['max_drawdown_usd']:,.0f}</td>" in shown
    assert main([*arguments, "--market-seed", "4"]) == 1
    assert f"{file}, line 2: entry_price" in capsys.readouterr().err


def test_chances_stand_beside_their_null(tmp_path, capsys) -> None:
    """Ten contracts, in at the open of 10:00 and out at the close of 11:00, whatever comes."""
    market = synthetic_market("NQ", sessions=8, seed=3, warm_up_sessions=5)
    clock = new_york_time(np.asarray(market.minute))
    entry, exit_ = (np.flatnonzero((clock.hour == hour) & (clock.minute == 0)) for hour in (10, 11))
    listed = pd.DataFrame(
        {
            "side": 1,
            "contracts": 10,
            "entry_time": clock[entry],
            "entry_price": np.asarray(market.open)[entry] / 4,
            "exit_time": clock[exit_],
            "exit_price": np.asarray(market.close)[exit_] / 4,
            "fees_cents": 0,
        }
    )
    listed.to_parquet(tmp_path / "list.parquet")
    arguments = ["trades", str(tmp_path / "list.parquet"), "--sessions", "8", "--market-seed", "3"]
    arguments += ["--warm-up-sessions", "5", "--days", "2", "--out", str(tmp_path)]
    arguments += ["--rules", "apex-intraday-50k", "apex-intraday-50k-funded"]
    assert main([*arguments, "--run-id", "one"]) == 0
    numbers = json.loads((tmp_path / "one" / "metrics.json").read_text())
    evaluation, funded = numbers["accounts"]
    null = matched_martingale(market, 0)
    moves = np.asarray(null.close)[exit_] - np.asarray(null.open)[entry]
    rules = replace(account_rules("apex-intraday-50k"))
    side = Side(
        lots=without_an_edge(lots_of(read_trades(tmp_path / "list.parquet"), market), null),
        bars=HostBars(null),
        terms=TERMS,
    )
    assert side.lots.net.tolist() == (moves * 10 * 500).tolist()
    passed = attempts_of(side, rules, Range.of(side.lots, side.bars), 2)["outcome"] == "passed"
    assert evaluation["driftless"]["share"] == passed.mean()
    assert evaluation["passing"]["attempts"] == evaluation["driftless"]["attempts"] == 7
    assert evaluation["formula"]["value"] == pytest.approx(np.exp(-1.5))
    assert (funded["passing"], funded["driftless"], funded["formula"]) == (None, None, None)
    assert "without an edge" in (tmp_path / "one" / "report.html").read_text(encoding="utf-8")
    assert "driftless" in capsys.readouterr().out
    more = ["--require", "breaches<=2", "--require", "trades>8", "--run-id", "three"]
    assert main([*arguments, *more]) == 1
    told = capsys.readouterr()
    assert "required and not met: trades>8 (found 8)" in told.err
    assert "REQUIRED breaches<=2: met, " in told.out
    assert "REQUIRED trades&gt;8: NOT MET, 8" in (tmp_path / "three" / "report.html").read_text()
    assert main([*arguments, "--require", "break_even_win_rate>0"]) == 2
    assert "no such figure break_even_win_rate; known: account_lowest" in capsys.readouterr().err
    again = [*arguments, "--run-id", "two"]
    assert main(again) == 0
    same = [(tmp_path / name / "metrics.json").read_bytes() for name in ("one", "two")]
    assert same[0] == same[1]
    assert main([*arguments, "--run-id", "one"]) == 1
    assert "never overwritten" in capsys.readouterr().err
