"""The tables of the page, as rows of cells."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pandas as pd

from eval_tools.formats import number, percent, sign, usd

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def comparison(results: dict[str, Any]) -> list[dict[str, Any]]:
    """One row per statistic, one cell per policy."""
    rows: list[tuple[str, str, str, Callable[[Any], str]]] = [
        ("net P&L, USD", "days", "net_pnl_usd", usd),
        ("per day, USD", "days", "mean_usd", usd),
        ("interval, from", "mean_daily_pnl", "low", usd),
        ("interval, to", "mean_daily_pnl", "high", usd),
        ("trades", "trades", "trades", partial(number, digits=0)),
        ("expectancy per trade, USD", "trades", "expectancy_usd", usd),
        ("win rate", "trades", "win_rate", percent),
        ("break-even win rate of the brackets", "trades", "break_even_win_rate", percent),
        ("profit factor", "trades", "profit_factor", number),
        ("fees, USD", "trades", "fees_usd", number),
        ("mean MAE / trade, USD", "trades", "mean_mae_usd", usd),
        ("mean MFE / trade, USD", "trades", "mean_mfe_usd", usd),
        ("bars held", "trades", "mean_bars_held", number),
        ("Sharpe", "days", "sharpe", number),
        ("Sortino", "days", "sortino", number),
        ("Calmar", "days", "calmar", number),
        ("max drawdown of summed days, USD", "days", "max_drawdown_usd", number),
        ("tail loss per day, USD", "days", "tail_loss_usd", usd),
        ("accounts failed: drawdown", "endings", "failed_drawdown", str),
        ("accounts failed: daily loss", "endings", "failed_daily_loss", str),
        ("accounts failed: time", "endings", "failed_time", str),
    ]
    signed = {"net_pnl_usd", "mean_usd", "expectancy_usd"}
    table = []
    for name, block, field, show in rows:
        values = [one[block][field] for one in results.values()]
        signs = [sign(value or 0) if field in signed else "" for value in values]
        table.append({"name": name, "cells": [show(value) for value in values], "signs": signs})
    plain = {
        "probability of a Sharpe above 0": "probabilistic_sharpe",
        "exposure": "exposure",
    }
    for name, field in plain.items():
        cells = [percent(one[field]) for one in results.values()]
        table.append({"name": name, "cells": cells, "signs": [""] * len(cells)})
    return table


def cards(numbers: dict[str, Any]) -> list[dict[str, str]]:
    one = numbers["results"][numbers["policy"]]
    pairs = {
        "net P&L after costs, USD": usd(one["days"]["net_pnl_usd"]),
        "mean per day, USD": usd(one["days"]["mean_usd"]),
        "trades": f"{one['trades']['trades']:,}",
        "expectancy per trade, USD": usd(one["trades"]["expectancy_usd"]),
        "win rate (break-even " + percent(one["trades"]["break_even_win_rate"]) + ")": percent(
            one["trades"]["win_rate"]
        ),
        "accounts failed, per-session slices": str(one["breaches"]),
    }
    return [{"name": name, "value": value} for name, value in pairs.items()]


def by_entry_hour(trades: pd.DataFrame) -> list[dict[str, Any]]:
    """Trades by the New York hour of their entry."""
    own = _own(trades)
    hours = pd.DatetimeIndex(own["entry_time"]).hour if len(own) else []
    return [_group(f"{hour:02d}:00", part) for hour, part in own.groupby(hours)]


def by_weekday(trades: pd.DataFrame) -> list[dict[str, Any]]:
    """Trades by the weekday of their trading day."""
    own = _own(trades)
    days = pd.DatetimeIndex(own["date"]).day_of_week if len(own) else []
    return [_group(_WEEKDAYS[int(str(day))], part) for day, part in own.groupby(days)]


def _own(trades: pd.DataFrame) -> pd.DataFrame:
    """Without those that were given, which have no entry."""
    return trades[~trades["forced"].astype(bool)]


def _group(name: str, part: pd.DataFrame) -> dict[str, Any]:
    net = part["net_cents"]
    return {
        "name": name,
        "trades": len(part),
        "win_rate": float((net > 0).mean()),
        "per_trade_usd": float(net.mean()) / 100,
        "net_usd": int(net.sum()) / 100,
    }


def every_session(slices: pd.DataFrame, names: Sequence[str]) -> list[dict[str, Any]]:
    """One row per session, with the P&L of every policy.

    Args:
        slices: see ``eval_tools.measures.results.by_session``.
        names: of the policies, the one under test first.
    """
    subject = slices[slices["policy"] == names[0]]
    net = slices.pivot(index="slice", columns="policy", values="net_cents")[list(names)]
    return [
        {
            "slice": row.slice,
            "bars": row.bars,
            "trades": row.trades,
            "breaches": row.breaches,
            "net_usd": [int(value) / 100 for value in net.loc[row.slice]],
        }
        for row in subject.itertuples()
    ]
