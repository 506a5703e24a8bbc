"""The pictures of the report, one function each, returning inline SVG."""

from collections.abc import Mapping
from functools import partial
from itertools import cycle
from typing import Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from eval_tools.accounts.path import AccountPath
from eval_tools.formats import words
from eval_tools.measures.bootstrap import Interval
from eval_tools.report.pictures.svg import (
    GAIN,
    INK,
    LOSS,
    MUTED,
    NARROW,
    OTHERS,
    PAPER,
    PEAK,
    POLICY,
    Form,
    new_figure,
    picture,
    thin,
)
from eval_tools.rollout.episode import Episode
from futures_env.market.table import MarketData

USD = "{x:,.0f}"


def interval_chart(rows: Mapping[str, Interval], salt: str = "intervals") -> str:
    """Mean and interval per row against 0; ``salt`` names the picture, once a page."""
    return picture(salt, partial(_intervals, rows))


def account_chart(episode: Episode, market: MarketData) -> str:
    """Equity, high-water mark and floor of one account by bar, and its drawdown from the peak."""
    steps = episode.steps
    marks = steps[["equity_cents", "high_water_mark_cents", "floor_cents"]].to_numpy() / 100
    dates = np.asarray(market.date)[steps["row"]]
    return picture(f"account-{episode.slice.name}", partial(_account, marks, dates))


def path_chart(path: AccountPath, place: int) -> str:
    """As ``account_chart``, of a path; ``place`` among the accounts of the page."""
    marks = np.stack([path.equity, path.high_water_mark, path.floor], axis=1) / 100
    return picture(f"path-{place}", partial(_account, marks, path.date))


def daily_chart(daily: Mapping[str, pd.Series]) -> str:
    """P&L of the first by day, and the sum over the days for all, by name."""
    return picture("daily", partial(_daily, daily))


def share_chart(shares: Mapping[str, float], salt: str, unit: str) -> str:
    """Horizontal bars of a distribution, half as wide as the page."""
    return picture(salt, partial(_shares, shares, unit))


def _intervals(rows: Mapping[str, Interval], form: Form) -> Figure:
    narrow = form is NARROW
    figure, (axes,) = new_figure(form.width, 0.55 + (0.42 if narrow else 0.36) * len(rows))
    axes.axvline(0, color=INK, linewidth=0.9)
    for place, (name, one) in enumerate(rows.items()):
        color = GAIN if one.low > 0 else LOSS if one.high < 0 else MUTED
        axes.plot([one.low, one.high], [place, place], color=color, linewidth=3, alpha=0.55)
        axes.plot(one.mean, place, "o", color=color, markersize=5, label=name)
        if narrow:  # beside the bars the names would leave no room for them
            axes.annotate(
                name,
                (0, place - 0.3),
                xycoords=("axes fraction", "data"),
                va="bottom",
                color=INK,
                bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 0.5},
            )
    axes.set_yticks(range(len(rows)), [] if narrow else list(rows), color=INK)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(rows) - 0.5, -0.95 if narrow else -0.5)
    axes.grid(axis="y", visible=False)
    _usd_axis(axes, "x", form)
    axes.set_xlabel("USD per day")
    return figure


def _account(marks: NDArray[np.float64], dates: np.ndarray, form: Form) -> Figure:
    """Of (n, 3) equity, peak and floor in USD, and the (n,) days of their bars."""
    equity, peak, floor = marks.T
    figure, (top, low) = new_figure(form.width, 4.6, 2, sharex=True, height_ratios=[3, 1])
    kept = thin(equity)
    top.plot(kept, peak[kept], color=PEAK, linewidth=1, label="high-water mark")
    top.plot(kept, equity[kept], color=POLICY, linewidth=1.2, label="equity at the close")
    top.plot(kept, floor[kept], color=LOSS, linewidth=1, label="floor")
    _legend(figure, top, form)
    _usd_axis(top, "y", form)
    fall = equity - peak
    kept = thin(fall)
    low.fill_between(kept, fall[kept], 0, color=LOSS, alpha=0.35, linewidth=0)
    _usd_axis(low, "y", form)
    low.set_ylabel("drawdown")
    _date_ticks(low, dates, form.ticks)
    return figure


def _daily(daily: Mapping[str, pd.Series], form: Form) -> Figure:
    figure, (top, low) = new_figure(form.width, 4.6, 2, sharex=True, height_ratios=[1, 1.4])
    (subject, own), *others = daily.items()
    places, values = np.arange(len(own)), own.to_numpy()
    top.bar(places, values, color=np.where(values < 0, LOSS, GAIN), width=0.7)
    top.set_ylabel("by day")
    for (name, other), color in zip(others, cycle(OTHERS), strict=False):
        low.plot(places, other.cumsum(), color=color, linewidth=1.1, label=name)
    low.plot(places, np.cumsum(values), color=POLICY, linewidth=1.8, label=subject)
    low.set_ylabel("summed")
    _legend(figure, low, form)
    for axes in (top, low):
        axes.axhline(0, color=INK, linewidth=0.8)
        _usd_axis(axes, "y", form)
    days = own.index
    step = -(-len(days) // form.ticks)
    low.set_xticks(places[::step], [f"{day:%m-%d}" for day in days[::step]])
    return figure


def _shares(shares: Mapping[str, float], unit: str, form: Form) -> Figure:
    width = form.width if form is NARROW else form.width / 2
    figure, (axes,) = new_figure(width, 0.4 + 0.3 * max(1, len(shares)))
    names = [words(name) for name in shares]
    bars = axes.barh(names, list(shares.values()), color=POLICY, height=0.6)
    axes.bar_label(bars, fmt=unit, padding=4, color=MUTED)
    axes.invert_yaxis()
    axes.margins(x=0.12 if form is not NARROW else 0.25)
    axes.grid(axis="y", visible=False)
    axes.tick_params(axis="y", colors=INK)
    axes.set_xticks([])
    if not shares:
        axes.set_yticks([])
        axes.text(0.5, 0.5, "none", transform=axes.transAxes, ha="center", color=MUTED)
    return figure


def _usd_axis(axes: Axes, name: Literal["x", "y"], form: Form) -> None:
    axis = axes.xaxis if name == "x" else axes.yaxis
    axis.set_major_formatter(USD)
    if form is NARROW:
        axis.set_major_locator(MaxNLocator(form.ticks))


def _legend(figure: Figure, axes: Axes, form: Form) -> None:
    """Outside of the axes, so that it hides no line."""
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper left", ncols=form.columns)


def _date_ticks(axes: Axes, dates: np.ndarray, most: int) -> None:
    """A tick at the first bar of up to ``most`` days."""
    firsts = np.flatnonzero(np.r_[True, dates[1:] != dates[:-1]])
    chosen = firsts[:: -(-len(firsts) // most)]
    labels = dates[chosen].astype("datetime64[D]").astype(str)
    axes.set_xticks(chosen, [label[5:] for label in labels])
