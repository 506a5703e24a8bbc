"""Trade lists of three origins as one table: ours, NinjaTrader's and TradingView's exports."""

from collections.abc import KeysView
from csv import Error
from pathlib import Path

import numpy as np
import pandas as pd

from eval_tools.trade_lists.rows import Rows, TradeListError
from futures_env import ArgumentError

COLUMNS = (
    "line",
    "side",
    "contracts",
    "entry_time",
    "entry_price",
    "exit_time",
    "exit_price",
    "fees_usd",
    "pnl_usd",
    "stopped",
)
"""``line`` of the file (TradingView: of the exit), times in UTC, money of the whole trade; fees and
P&L are missing where the file does not say; ``stopped``: it says that a stop ended the trade."""


def read_trades(path: Path, zone: str | None = None, policy: str = "") -> pd.DataFrame:
    """The closed trades of a file in order of entry, ``COLUMNS``.

    Args:
        path: our trades.parquet or a csv with those columns, a NinjaTrader 8 export of the trades
            of a performance report, or a TradingView export of the list of trades.
        zone: of times that do not say theirs, e.g. ``"America/New_York"``.
        policy: whose trades, where the file holds those of several; of an evaluation those of its
            sessions are taken, which cover all of them.

    Raises:
        ArgumentError: no such zone, or no such policy.
        TradeListError: an unknown layout, or a line that cannot be read.
    """
    rows = _of_policy(Rows(path, _table(path), zone), policy)
    for fits, read in ((_is_ours, _ours), (_is_ninja, _ninja), (_is_tradingview, _tradingview)):
        if fits(rows.known.keys()):
            if not len(rows.line):
                raise TradeListError(f"{path}: no closed trade")
            trades = read(rows)[list(COLUMNS)]
            return trades.sort_values(["entry_time", "line"], ignore_index=True)
    raise TradeListError(
        f"{path}: no known layout in the columns {', '.join(map(str, rows.raw.columns))}; known: "
        "ours (side, contracts, entry_time, entry_price, exit_time, exit_price, fees_cents), "
        "NinjaTrader's (Market pos., Qty, Entry price, Exit price, Entry time, Exit time) and "
        "TradingView's (Trade number, Type, Date and time, Price, Size (qty))"
    )


def _of_policy(rows: Rows, policy: str) -> Rows:
    """The rows of one policy; without a choice the file must hold one."""
    if "policy" not in rows.known:
        if policy:
            raise ArgumentError(f"--policy {policy}: {rows.path} does not say whose its trades are")
        return rows
    whose = rows.text("policy")
    names = list(dict.fromkeys(whose))
    if policy not in names and (policy or len(names) > 1):
        raise ArgumentError(
            f"--policy {policy or 'is needed'}: {rows.path} holds trades of {', '.join(names)}"
        )
    kept = whose == (policy or names[0])
    return rows.take(kept & (rows.text("scope") == "session") if "scope" in rows.known else kept)


def _table(path: Path) -> pd.DataFrame:
    if path.suffix == ".parquet":
        return pd.read_parquet(path)
    if path.suffix.lower() in (".xlsx", ".xls"):
        raise TradeListError(
            f"{path}: a workbook; save its sheet of trades (TradingView: List of trades) as csv"
        )
    try:
        # NinjaTrader writes what the regional settings separate by, and ends lines with one
        raw = pd.read_csv(
            path, dtype=str, sep=None, engine="python", index_col=False, encoding="utf-8-sig"
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError, Error) as error:
        raise TradeListError(f"{path}: no readable csv: {error}") from error
    return raw.loc[:, [not str(name).startswith("Unnamed") for name in raw.columns]]


def _is_ours(known: KeysView[str]) -> bool:
    return {"side", "contracts", "entrytime", "exittime", "entryprice", "feescents"} <= known


def _is_ninja(known: KeysView[str]) -> bool:
    times = {"entryprice", "exitprice", "entrytime", "exittime"}
    return bool({"marketpos", "marketposition"} & known) and times <= known


def _is_tradingview(known: KeysView[str]) -> bool:
    return "type" in known and bool({"dateandtime", "datetime"} & known)


def _ours(rows: Rows) -> pd.DataFrame:
    pnl = rows.number("netcents") / 100 if "netcents" in rows.known else np.nan
    return pd.DataFrame(
        {
            "line": rows.line,
            "side": rows.whole("side"),
            "contracts": rows.whole("contracts"),
            "entry_time": rows.time("entrytime"),
            "entry_price": rows.number("entryprice"),
            "exit_time": rows.time("exittime"),
            "exit_price": rows.number("exitprice"),
            "fees_usd": rows.number("feescents") / 100,
            "pnl_usd": pnl,
            "stopped": rows.text("exitreason").isin(["stop", "liquidation", "daily_loss_limit"])
            if "exitreason" in rows.known
            else False,
        }
    )


_NINJA_FEES = ("commission", "clearingfee", "exchangefee", "ipfee", "nfafee")


def _ninja(rows: Rows) -> pd.DataFrame:
    size = rows.first_of("qty", "quantity")
    if size is None:
        raise TradeListError(f"{rows.path}: no column of sizes (Qty)")
    side = rows.first_of("marketpos", "marketposition") or ""
    position = rows.text(side).str.lower()
    rows.refuse(~position.isin(["long", "short"]), side, "is neither Long nor Short")
    fees = [rows.number(name) for name in _NINJA_FEES if name in rows.known]
    return pd.DataFrame(
        {
            "line": rows.line,
            "side": np.where(position == "long", 1, -1),
            "contracts": rows.whole(size),
            "entry_time": rows.time("entrytime"),
            "entry_price": rows.number("entryprice"),
            "exit_time": rows.time("exittime"),
            "exit_price": rows.number("exitprice"),
            "fees_usd": sum(fees) if fees else np.nan,
            "pnl_usd": rows.number("profit") if "profit" in rows.known else np.nan,
            "stopped": rows.text("exitname").str.lower() == "stop loss"
            if "exitname" in rows.known
            else False,
        }
    )


def _tradingview(rows: Rows) -> pd.DataFrame:
    """Two rows a trade, joined by its number; one that is still open is left out."""
    time = rows.first_of("dateandtime", "datetime") or ""
    number = rows.first_of("tradenumber", "trade")
    size = rows.starting("sizeqty", "positionsizeqty", "contracts", "qty", "quantity")
    price, pnl = rows.starting("price"), rows.starting("netp", "profit")
    if number is None or price is None or size is None:
        raise TradeListError(f"{rows.path}: no column of trade numbers, of prices, or of sizes")
    kind = rows.text("type").str.lower()
    rows.refuse(~kind.str.fullmatch(r"(entry|exit) (long|short)"), "type", "is no entry or exit")
    exits = kind.str.startswith("exit")
    entries, closed = rows.take(~exits), rows.take(exits & ~_open(rows, time))
    if not len(closed.line):
        raise TradeListError(f"{rows.path}: no closed trade")
    numbers = [one.text(number) for one in (entries, closed)]
    closed.refuse(~numbers[1].isin(numbers[0]), number, "is of an exit without its entry")
    entries.refuse(numbers[0].duplicated(), number, "has several entries")
    begun = pd.DataFrame(
        {
            "side": np.where(entries.text("type").str.lower().str.endswith("long"), 1, -1),
            "time": entries.time(time),
            "price": entries.number(price),
        }
    ).set_index(numbers[0]).loc[numbers[1]].reset_index(drop=True)  # fmt: skip
    return pd.DataFrame(
        {
            "line": closed.line,
            "side": begun["side"],
            "contracts": closed.whole(size),
            "entry_time": begun["time"],
            "entry_price": begun["price"],
            "exit_time": closed.time(time),
            "exit_price": closed.number(price),
            "fees_usd": closed.number("commissionusd") if "commissionusd" in rows.known else np.nan,
            "pnl_usd": closed.numbers(pnl) if pnl else np.nan,
            "stopped": False,
        }
    )


def _open(rows: Rows, time: str) -> pd.Series:
    """Exits that are none yet: TradingView calls them Open, or leaves their time out."""
    still = rows.text(time).str.lower().isin(["open", "", "nan"])
    return still | (rows.text("signal").str.lower() == "open" if "signal" in rows.known else still)
