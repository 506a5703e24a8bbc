"""Pictures of attempts and sweeps."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from eval_tools.report.pictures.svg import (
    GAIN,
    INK,
    LOSS,
    MUTED,
    NARROW,
    Form,
    new_figure,
    picture,
    thin,
)
from eval_tools.report.rows import Fan, SweepRow

MOST_PATHS = 80
"""Equity paths drawn; of more, every so many."""


def odds_chart(rows: Sequence[Mapping[str, Any]]) -> str:
    """P(pass) with its interval per rule set and size, and under it that of the null."""
    return picture("odds", partial(_odds, rows))


def fan_chart(fan: Fan, place: int) -> str:
    """Equity of the attempts by day between floor and target; ``place`` among the fans."""
    return picture(f"fan-{place}", partial(_fan, fan))


def sweep_chart(rows: Sequence[SweepRow]) -> str:
    """Mean daily P&L and interval by checkpoint."""
    return picture("sweep", partial(_sweep, rows))


def _odds(rows: Sequence[Mapping[str, Any]], form: Form) -> Figure:
    narrow = form is NARROW
    figure, (axes,) = new_figure(form.width, 0.9 + (0.5 if narrow else 0.4) * len(rows))
    for at, row in enumerate(rows):
        one, null = row["passing"], row["driftless"]
        better = null is not None and one["low"] > null["high"]
        worse = null is not None and one["high"] < null["low"]
        color = GAIN if better else LOSS if worse else MUTED
        axes.plot([one["low"], one["high"]], [at, at], color=color, linewidth=3, alpha=0.55)
        axes.plot(one["share"], at, "o", color=color, markersize=5)
        if null is not None:
            axes.plot([null["low"], null["high"]], [at + 0.25] * 2, color=INK, linewidth=1.2)
            axes.plot(null["share"], at + 0.25, "|", color=INK, markersize=8)
    names = [f"{row['rules']}, {row['size']}" for row in rows]
    axes.set_yticks(range(len(rows)), ["\n".join(n.split(", ")) if narrow else n for n in names])
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
    if narrow:
        axes.locator_params(axis="x", nbins=form.ticks)
    axes.set_xlabel("P(pass); thin, below: without an edge")
    return figure


def _fan(fan: Fan, form: Form) -> Figure:
    figure, (axes,) = new_figure(form.width, 3.4)
    step = -(-len(fan.paths) // MOST_PATHS) or 1
    drawn = list(zip(fan.paths, fan.passed, strict=True))[::step]
    for outcome, color in ((True, GAIN), (False, LOSS)):
        lines = [_line(path) for path, passed in drawn if passed is outcome]
        axes.add_collection(LineCollection(lines, colors=color, linewidths=0.7, alpha=0.4))
    floors = [_line(floor) for floor in fan.floors[::step]]
    axes.add_collection(LineCollection(floors, colors=INK, linewidths=0.5, alpha=0.25))
    axes.axhline(fan.target, color=GAIN, linewidth=1.2, linestyle="--")
    axes.axhline(0, color=MUTED, linewidth=0.8)
    axes.autoscale_view()
    axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.xaxis.set_major_locator(MaxNLocator(form.ticks, integer=True))
    axes.set_xlabel("trading days")
    axes.set_ylabel("USD from the start")
    return figure


def _line(path: NDArray[np.float64]) -> NDArray[np.float64]:
    kept = thin(path, 60)
    return np.column_stack([kept, np.asarray(path)[kept]]).astype(np.float64)


def _sweep(rows: Sequence[SweepRow], form: Form) -> Figure:
    figure, (axes,) = new_figure(form.width, 2.8)
    steps = [row.step for row in rows]
    axes.fill_between(
        steps, [r.low for r in rows], [r.high for r in rows], color=MUTED, alpha=0.25, linewidth=0
    )
    axes.plot(steps, [row.mean_usd for row in rows], color=MUTED, linewidth=1.2, marker=".")
    for row in rows:
        if row.chosen:
            axes.plot(row.step, row.mean_usd, "o", color=GAIN, markersize=7)
    axes.axhline(0, color=INK, linewidth=0.8)
    axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.locator_params(axis="x", nbins=form.ticks)
    axes.set_xlabel("updates")
    axes.set_ylabel("USD per day")
    return figure
