"""Trade lists of three origins as one table: ours, NinjaTrader's and TradingView's exports."""

import re
from collections.abc import Mapping
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pandas as pd

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


class TradeListError(ValueError):
    """A trade list that cannot be used; the message names file, line and field."""


def read_trades(path: Path, zone: str | None = None) -> pd.DataFrame:
    """The closed trades of a file in order of entry, ``COLUMNS``.

    Args:
        path: our trades.parquet or a csv with those columns, a NinjaTrader 8 export of the trades
            of a performance report, or a TradingView export of the list of trades.
        zone: of times that do not say theirs, e.g. ``"America/New_York"``.

    Raises:
        ArgumentError: no such zone.
        TradeListError: an unknown layout, or a line that cannot be read.
    """
    raw = _table(path)
    known = {re.sub(r"[^a-z0-9]", "", str(name).lower()): name for name in raw.columns}
    for fits, read in ((_is_ours, _ours), (_is_ninja, _ninja), (_is_tradingview, _tradingview)):
        if fits(known):
            trades = read(_Rows(path, raw, known, zone))
            if trades.empty:
                raise TradeListError(f"{path}: no closed trade")
            return trades[list(COLUMNS)].sort_values(["entry_time", "line"], ignore_index=True)
    raise TradeListError(
        f"{path}: no known layout in the columns {', '.join(map(str, raw.columns))}; known: ours "
        "(side, contracts, entry_time, entry_price, exit_time, exit_price, fees_cents), "
        "NinjaTrader's (Market pos., Qty, Entry price, Exit price, Entry time, Exit time) and "
        "TradingView's (Trade number, Type, Date and time, Price, Size or Contracts)"
    )


def _table(path: Path) -> pd.DataFrame:
    if path.suffix == ".parquet":
        return pd.read_parquet(path)
    # NinjaTrader writes what the regional settings separate by, and ends lines with one
    raw = pd.read_csv(path, dtype=str, sep=None, engine="python", index_col=False)
    return raw.loc[:, [not str(name).startswith("Unnamed") for name in raw.columns]]


class _Rows:
    """The rows of a file, read by the plain name of a column."""

    def __init__(
        self, path: Path, raw: pd.DataFrame, known: Mapping[str, str], zone: str | None
    ) -> None:
        self.path, self.raw, self._known, self._zone = path, raw, known, zone
        self.line = np.arange(len(raw)) + 2

    def text(self, name: str) -> pd.Series:
        """A column as text."""
        return self.raw[self._known[name]].astype(str).str.strip()

    def has(self, name: str) -> bool:
        """Whether there is such a column."""
        return name in self._known

    def starting(self, name: str) -> str | None:
        """The plain name of the column that begins so, whatever its currency."""
        return next((known for known in self._known if known.startswith(name)), None)

    def number(self, name: str) -> pd.Series:
        """A column of numbers or amounts of money, ``(12.50)`` and ``-$12.50`` both negative."""
        text = self.text(name).str.replace(r"[$,\s]|USD", "", regex=True)
        text = text.str.replace(r"^\((.*)\)$", r"-\1", regex=True)
        values = pd.to_numeric(text, errors="coerce")
        self._refuse(values.isna(), name, "is no number")
        return values

    def time(self, name: str) -> pd.Series:
        """A column of times in UTC.

        Raises:
            TradeListError: a time that is none, or of no zone where none was stated.
        """
        column = self.raw[self._known[name]]
        stated = isinstance(column.dtype, pd.DatetimeTZDtype)
        offsets = self.text(name).str.contains(r"(?:[+-]\d\d:?\d\d|Z)$", regex=True)
        if stated or offsets.all():
            times = pd.to_datetime(column, utc=True, errors="coerce")
        else:
            self._refuse(~offsets & (self._zone is None), name, "has no zone: state it with --zone")
            times = pd.to_datetime(column, errors="coerce").dt.tz_localize(
                _zone(self._zone), ambiguous="NaT", nonexistent="NaT"
            )
        self._refuse(times.isna(), name, "is no time, or one that the clock shows twice or never")
        return times.dt.tz_convert("UTC")

    def refuse(self, bad: pd.Series, name: str, why: str) -> None:
        """Raise for the first bad row."""
        self._refuse(bad, name, why)

    def _refuse(self, bad: pd.Series, name: str, why: str) -> None:
        if (found := np.flatnonzero(np.asarray(bad))).size:
            value = self.raw[self._known[name]].iloc[found[0]]
            raise TradeListError(
                f"{self.path}, line {self.line[found[0]]}: {self._known[name]} {value!r} {why}"
            )


def _zone(name: str | None) -> ZoneInfo:
    try:
        return ZoneInfo(name or "")
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ArgumentError(f"--zone {name}: no such zone") from error


def _is_ours(known: Mapping[str, str]) -> bool:
    return {"side", "contracts", "entrytime", "exittime", "entryprice", "feescents"} <= known.keys()


def _is_ninja(known: Mapping[str, str]) -> bool:
    return {"marketpos", "qty", "entryprice", "exitprice", "entrytime", "exittime"} <= known.keys()


def _is_tradingview(known: Mapping[str, str]) -> bool:
    return "type" in known and bool({"dateandtime", "datetime"} & known.keys())


def _ours(rows: _Rows) -> pd.DataFrame:
    pnl = rows.number("netcents") / 100 if rows.has("netcents") else np.nan
    return pd.DataFrame(
        {
            "line": rows.line,
            "side": rows.number("side").astype(int),
            "contracts": rows.number("contracts").astype(int),
            "entry_time": rows.time("entrytime"),
            "entry_price": rows.number("entryprice"),
            "exit_time": rows.time("exittime"),
            "exit_price": rows.number("exitprice"),
            "fees_usd": rows.number("feescents") / 100,
            "pnl_usd": pnl,
            "stopped": rows.text("exitreason").isin(["stop", "liquidation", "daily_loss_limit"])
            if rows.has("exitreason")
            else False,
        }
    )


_NINJA_FEES = ("commission", "clearingfee", "exchangefee", "ipfee", "nfafee")


def _ninja(rows: _Rows) -> pd.DataFrame:
    position = rows.text("marketpos").str.lower()
    rows.refuse(~position.isin(["long", "short"]), "marketpos", "is neither Long nor Short")
    fees = [rows.number(name) for name in _NINJA_FEES if rows.has(name)]
    return pd.DataFrame(
        {
            "line": rows.line,
            "side": np.where(position == "long", 1, -1),
            "contracts": rows.number("qty").astype(int),
            "entry_time": rows.time("entrytime"),
            "entry_price": rows.number("entryprice"),
            "exit_time": rows.time("exittime"),
            "exit_price": rows.number("exitprice"),
            "fees_usd": sum(fees) if fees else np.nan,
            "pnl_usd": rows.number("profit") if rows.has("profit") else np.nan,
            "stopped": rows.text("exitname").str.lower() == "stop loss"
            if rows.has("exitname")
            else False,
        }
    )


def _tradingview(rows: _Rows) -> pd.DataFrame:
    """Two rows a trade, joined by its number; one that is still open has no exit."""
    size = rows.starting("sizeqty") or rows.starting("positionsizeqty") or "contracts"
    price, pnl = rows.starting("price"), rows.starting("netp") or rows.starting("profit")
    kind = rows.text("type").str.lower()
    rows.refuse(~kind.str.match(r"(entry|exit) (long|short)"), "type", "is no entry or exit")
    if price is None or not rows.has(size):
        raise TradeListError(f"{rows.path}: no column of prices, or of sizes")
    table = pd.DataFrame(
        {
            "number": rows.text("tradenumber" if rows.has("tradenumber") else "trade"),
            "what": kind.str.split().str[0],
            "side": np.where(kind.str.endswith("long"), 1, -1),
            "line": rows.line,
            "time": rows.time("dateandtime" if rows.has("dateandtime") else "datetime"),
            "price": rows.number(price),
            "contracts": rows.number(size).astype(int),
            "fees_usd": rows.number("commissionusd") if rows.has("commissionusd") else np.nan,
        }
    )
    table["pnl_usd"] = np.nan
    exits = table["what"] == "exit"
    if pnl is not None and exits.any():
        amounts = rows.text(pnl).str.replace(r"[$,\s]", "", regex=True)
        table["pnl_usd"] = pd.to_numeric(amounts, errors="coerce")
    entries = table[~exits].set_index("number")
    closed = table[exits]
    missing = ~closed["number"].isin(entries.index)
    if missing.any():
        line = closed.loc[missing, "line"].iloc[0]
        raise TradeListError(f"{rows.path}, line {line}: an exit without its entry")
    begun = entries.loc[closed["number"]].reset_index(drop=True)
    closed = closed.reset_index(drop=True)
    return pd.DataFrame(
        {
            "line": closed["line"],
            "side": begun["side"],
            "contracts": closed["contracts"],
            "entry_time": begun["time"],
            "entry_price": begun["price"],
            "exit_time": closed["time"],
            "exit_price": closed["price"],
            "fees_usd": closed["fees_usd"],
            "pnl_usd": closed["pnl_usd"],
            "stopped": False,
        }
    )
