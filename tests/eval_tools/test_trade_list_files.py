"""Trade lists as files: ours, and exports of others in the settings of several countries."""

import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import cast

import numpy as np
import pandas as pd
import pytest

from eval_tools.rollout.accounts import HostBars
from eval_tools.trade_lists.account import marks_of
from eval_tools.trade_lists.lots import lots_of
from eval_tools.trade_lists.reading import read_trades
from eval_tools.trade_lists.rows import TradeListError
from futures_env import ArgumentError
from futures_env.market.table import MarketData


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


def _european(money: str) -> Callable[[pd.DataFrame], str]:
    """As NinjaTrader writes it where the day comes first and decimals have a comma.

    Args:
        money: how the regional settings write amounts, with ``-`` where a minus goes.
    """

    def amount(cents: int) -> str:
        grouped = f"{abs(cents) / 100:,.2f}".translate(str.maketrans(",.", ".,"))
        return money.replace("-", "-" if cents < 0 else "").replace("0", grouped)

    def stamp(time: pd.Timestamp) -> str:
        return f"{time.day}/{time.month}/{time.year} {time:%H:%M:%S}"

    def write(ours: pd.DataFrame) -> str:
        names = "Trade number;Market position;Quantity;Entry price;Exit price;Entry time;Exit time;"
        lines = [f"\ufeff{names}Profit;Commission;"]
        for number, one in enumerate(ours.to_dict("records"), start=1):
            prices = [f"{one[f'{when}_price']:.2f}".replace(".", ",") for when in ("entry", "exit")]
            times = [stamp(one[f"{when}_time"]) for when in ("entry", "exit")]
            side = "Long" if one["side"] > 0 else "Short"
            told = [amount(one["net_cents"]), amount(one["fees_cents"])]
            fields = [str(number), side, str(one["contracts"]), *prices, *times, *told]
            lines.append(";".join(fields) + ";")
        return "\r\n".join(lines)

    return write


def _american(ours: pd.DataFrame) -> str:
    """NinjaTrader's dates and hours of the United States have no leading zeros."""
    return re.sub(r"(?<![\d:.])0(\d)(?=[/:])", r"\1", _ninja(ours))


def _old_tradingview(ours: pd.DataFrame) -> str:
    """An older export: percentages beside the amounts, a trade that is still open at the end."""
    names = (
        "Trade #,Type,Signal,Date/Time,Price,Contracts,Profit,Profit %,Cum. Profit,Cum. Profit %"
    )
    lines = [names]
    for number, one in enumerate(ours.to_dict("records"), start=1):
        way = "Long" if one["side"] > 0 else "Short"
        lines += [
            f"{number},{what.title()} {way},x,{one[f'{what}_time']:%Y-%m-%d %H:%M},"
            f"{one[f'{what}_price']},{one['contracts']},"
            f"\u2212{-one['net_cents'] / 100} USD,1.5,0".replace("\u2212-", "")
            for what in ("entry", "exit")
        ]
    last = len(ours) + 1
    lines.append(f"{last},Entry Long,x,{ours['exit_time'].iloc[-1]:%Y-%m-%d %H:%M},1,1,0,0,0")
    lines.append(f"{last},Exit Long,Open,,,1,0,0,0")
    return "\n".join(lines)


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
    "write",
    [
        _ninja, lambda ours: _ninja(ours, ";"), _american, _european("-0 $"), _european("$-0"),
        _european("-€ 0"), _tradingview, _old_tradingview,
    ],
    ids=["nt", "nt;", "us", "de", "es", "nl", "tv", "tv old"],
)  # fmt: skip
def test_exports_of_others_are_read(desk, ours, tmp_path, write) -> None:
    file = tmp_path / "list.csv"
    file.write_text(write(ours))
    with pytest.raises(TradeListError, match=r"list.csv, line \d: .* has no zone: state it with"):
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
    (tmp_path / "x.xlsx").write_bytes(b"PK")
    with pytest.raises(TradeListError, match=r"x.xlsx: a workbook; save its sheet of trades"):
        read_trades(tmp_path / "x.xlsx")
    (tmp_path / "x.csv").write_bytes(b"\x89PNG\r\n\xff\xfe")
    with pytest.raises(TradeListError, match=r"x.csv: no readable csv"):
        read_trades(tmp_path / "x.csv")


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["1,Exit long,2020-01-02 10:00,1,1"], "line 2: Trade # '1' is of an exit without its"),
        (
            [*["1,Entry long,2020-01-02 10:00,1,1"] * 2, "1,Exit long,2020-01-02 10:01,1,1"],
            "line 3: Trade # '1' has several entries",
        ),
        (["1,Bought,2020-01-02 10:00,1,1"], "line 2: Type 'Bought' is no entry or exit"),
        (
            ["1,Entry long,2020-01-02 10:00,1,1", "1,Exit long,2020-01-02 10:01,1,1.5"],
            "line 3: Contracts '1.5' is no whole number",
        ),
        (
            ["1,Entry long,2020-01-02 10:00,1,1", "1,Exit long,yesterday,1,1"],
            r"line 3: timestamp .*'yesterday'.*\(column Date and time\)",
        ),
        (
            ["1,Entry long,3/9/2025 2:30:00 AM,1,1", "1,Exit long,3/9/2025 3:30:00 AM,1,1"],
            "line 2: Date and time '3/9/2025 2:30:00 AM' is a time that the clock shows twice or",
        ),
        (["1,Entry long,2020-01-02 10:00,1,1"], "no closed trade"),
    ],
)
def test_a_line_that_cannot_be_read_is_named(tmp_path, lines, message) -> None:
    names = "Trade #,Type,Date and time,Price,Contracts"
    (tmp_path / "x.csv").write_text("\n".join([names, *lines]) + "\n")
    with pytest.raises(TradeListError, match=message):
        read_trades(tmp_path / "x.csv", "America/New_York")


def test_of_several_policies_one_has_to_be_named(ours, tmp_path) -> None:
    """As an evaluation writes them: every policy by session, and in one account over the range."""
    parts = [
        ours.assign(policy=name, scope=scope).head(count)
        for name, scope, count in (
            ("a, b", "session", 5),
            ("a, b", "account", 3),
            ("c", "session", 2),
        )
    ]
    pd.concat(parts).to_parquet(tmp_path / "all.parquet")
    with pytest.raises(ArgumentError, match=r"--policy is needed: .* holds trades of a, b, c"):
        read_trades(tmp_path / "all.parquet")
    with pytest.raises(ArgumentError, match=r"--policy d: .* holds trades of a, b, c"):
        read_trades(tmp_path / "all.parquet", policy="d")
    assert read_trades(tmp_path / "all.parquet", policy="a, b")["line"].tolist() == [2, 3, 4, 5, 6]
    parts[2].to_csv(tmp_path / "one.csv")
    assert len(read_trades(tmp_path / "one.csv")) == 2
    ours.to_parquet(tmp_path / "none.parquet")
    with pytest.raises(ArgumentError, match="does not say whose its trades are"):
        read_trades(tmp_path / "none.parquet", policy="c")


@pytest.mark.parametrize(
    ("at", "stamps", "row"),
    [
        ("10:00", "start", 0), ("10:04:59", "start", 0), ("10:05", "start", 1), ("10:05", "end", 0),
        ("10:09", "start", 1), ("10:10", "start", None), ("10:20", "start", 2), ("10:25", "end", 2),
        ("10:25", "start", None), ("09:59", "start", None),
    ],
)  # fmt: skip
def test_a_fill_belongs_to_the_bar_that_holds_its_minute(desk, at, stamps, row) -> None:
    """Three bars of five minutes, from 10:00, 10:05 and 10:20."""
    first = int(pd.Timestamp("2020-01-02 10:00").timestamp()) // 60
    market = SimpleNamespace(
        num_markets=1,
        infos=[SimpleNamespace(bar_minutes=5)],
        contract_table=desk.market.contract_table,
        minute=first + np.array([0, 5, 20]),
        session=np.zeros(3, int),
        high=np.full(3, 400),
        low=np.full(3, 300),
    )
    time = pd.Timestamp(f"2020-01-02 {at}", tz="UTC")
    trade = pd.DataFrame(
        {
            "line": [2], "side": [1], "contracts": [1], "entry_time": [time], "exit_time": [time],
            "entry_price": [80.0], "exit_price": [80.0], "fees_usd": [0.0], "pnl_usd": [0.0],
            "stopped": [False],
        }
    )  # fmt: skip
    if row is None:
        with pytest.raises(TradeListError, match=r"outside the bars|without a bar"):
            lots_of(trade, cast(MarketData, market), stamps=stamps)
    else:
        assert lots_of(trade, cast(MarketData, market), stamps=stamps).entry_row.tolist() == [row]


def test_amounts_are_read_beside_percentages_and_behind_a_minus_sign(tmp_path) -> None:
    lines = ["Trade #,Type,Signal,Date/Time,Price,Contracts,Profit %,Profit"]
    lines += ["1,Entry Long,x,2025-04-01 10:00,100,1,1.5,0"]
    lines += ["1,Exit Long,x,2025-04-01 10:05,99,1,1.5,\u221220.5 USD"]
    (tmp_path / "x.csv").write_text("\n".join(lines), encoding="utf-8")
    assert read_trades(tmp_path / "x.csv", "America/New_York")["pnl_usd"].tolist() == [-20.5]
