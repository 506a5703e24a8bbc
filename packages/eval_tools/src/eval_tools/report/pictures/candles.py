"""One day on candles with what the policy did: entries, exits, stops and targets."""

from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from eval_tools.measures.clock import new_york_time
from eval_tools.measures.results import PolicyResult
from eval_tools.report.pictures.svg import (
    FALLING,
    GAIN,
    INK,
    LOSS,
    MUTED,
    RISING,
    Form,
    new_figure,
    picture,
)
from eval_tools.rollout.episode import Episode
from futures_env.market.table import MarketData


def notable_days(result: PolicyResult) -> dict[str, Episode]:
    """Best, median and worst day that saw a trade, by name; fewer when there are fewer."""
    traded = [episode for episode in result.sessions if episode.steps["trade_closed"].any()]
    order = sorted(traded, key=lambda episode: episode.net_cents)
    if not order:
        return {}
    picks = {"best day": order[-1], "median day": order[len(order) // 2], "worst day": order[0]}
    seen: dict[int, str] = {}
    for name, episode in picks.items():
        seen.setdefault(id(episode), name)
    return {name: picks[name] for name in seen.values()}


def day_chart(episode: Episode, trades: pd.DataFrame, market: MarketData) -> str:
    """Candles of the slice's rows with the trades of ``trades`` that belong to it."""
    return picture(f"day-{episode.slice.name}", partial(_day, episode, trades, market))


def _day(episode: Episode, trades: pd.DataFrame, market: MarketData, form: Form) -> Figure:
    first, last = episode.slice.first_row, episode.slice.last_row
    rows = np.arange(first, last + 1)
    own = trades[trades["slice"] == episode.slice.name]
    figure, (axes,) = new_figure(form.width, 4.2)
    tick = float(np.asarray(market.contract_table.tick_size)[int(market.market[first])])
    _draw_candles(axes, rows, market, tick)
    for trade in own.itertuples():
        _draw_trade(axes, trade, episode.steps, tick)
    axes.set_xlim(first - 2, last + 2)
    clock = new_york_time(np.asarray(market.minute)[rows])
    places = rows[:: max(1, len(rows) // form.ticks)]
    axes.set_xticks(places, [f"{clock[place - first]:%H:%M}" for place in places])
    axes.yaxis.set_major_formatter("{x:,.2f}")
    return figure


def _draw_candles(axes: Axes, rows: np.ndarray, market: MarketData, tick: float) -> None:
    opens, highs, lows, closes = (
        np.asarray(getattr(market, name))[rows] * tick for name in ("open", "high", "low", "close")
    )
    up = closes >= opens
    for mask, color in ((up, RISING), (~up, FALLING)):
        wicks = np.stack([np.c_[rows, lows][mask], np.c_[rows, highs][mask]], axis=1)
        bodies = np.stack([np.c_[rows, opens][mask], np.c_[rows, closes][mask]], axis=1)
        axes.add_collection(LineCollection(list(wicks), colors=color, linewidths=0.5))
        axes.add_collection(LineCollection(list(bodies), colors=color, linewidths=1.4))
    axes.set_ylim(lows.min() - 8 * tick, highs.max() + 8 * tick)


def _draw_trade(axes: Axes, trade: Any, steps: pd.DataFrame, tick: float) -> None:
    """Entry, exit, the stop as it was moved, and the target of one row of the trade table."""
    rows = [trade.entry_row, trade.exit_row]
    held = steps[steps["row"].between(*rows, inclusive="left") & (steps["side"] != 0)]
    first_stop = trade.entry_price - trade.side * trade.stop_ticks * tick
    target = trade.entry_price + trade.side * trade.target_ticks * tick
    stops = np.r_[first_stop, held["stop_price"].to_numpy() * tick]
    at = np.r_[trade.entry_row, held["row"].to_numpy(), trade.exit_row]
    axes.step(at, np.r_[stops, stops[-1]], where="post", color=LOSS, linewidth=0.9)
    axes.plot(rows, [target, target], color=GAIN, linewidth=0.8, linestyle=":")
    axes.plot(rows, [trade.entry_price, trade.exit_price], color=MUTED, linewidth=0.7)
    arrow, color = "^" if trade.side > 0 else "v", GAIN if trade.net_cents > 0 else LOSS
    axes.plot(rows[0], trade.entry_price, arrow, color=INK, markersize=5)
    axes.plot(rows[1], trade.exit_price, "X", color=color, markersize=5, markeredgewidth=0.3)
