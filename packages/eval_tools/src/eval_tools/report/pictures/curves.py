"""How a training went: one panel a figure, over environment steps, with its sub-phases under it."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import cycle
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from eval_tools.formats import words
from eval_tools.report.pictures.svg import (
    MUTED,
    NARROW,
    OTHERS,
    POLICY,
    Form,
    new_figure,
    picture,
    thin,
)

Rows = Sequence[Mapping[str, Any]]

PANELS = {
    "return of an episode": "episode_return",
    "entropy, states with a choice": "entropy_choice",
    "KL per update": "kl",
    "explained variance": "explained_variance",
    "trades per update": "env/trades",
    "win rate": "env/win_rate",
}
"""Title of each panel, and the field of metrics.jsonl that it shows."""
TRAIN_PNL = "env/expectancy_usd"
PARAM = "param/"
CURRICULUM = ("action_floor",)
"""Scheduled values that are no field of the environment's parameters."""


@dataclass(frozen=True, kw_only=True)
class SubPhase:
    """A part of a curriculum by name; it ends where the next begins.

    Attributes:
        first_step: environment steps at its begin.
    """

    name: str
    first_step: int


def training_curves(
    rows: Rows,
    validation: Rows = (),
    *,
    salt: str,
    held: str = "score",
    sub_phases: Sequence[SubPhase] = (),
) -> str:
    """The curves of one phase, as HTML with a wide and a narrow form.

    Args:
        rows: of metrics.jsonl; a figure that no row has gets no panel.
        validation: of validation.jsonl.
        salt: keeps the ids of this picture apart from others' in a page.
        held: the field of ``validation`` that is P&L per trade on held sessions, USD.
        sub_phases: in order; none: no bands.
    """
    return picture(f"training-{salt}", partial(_curves, rows, validation, held, sub_phases))


def _curves(
    rows: Rows, validation: Rows, held: str, sub_phases: Sequence[SubPhase], form: Form
) -> Figure:
    panels: list[Callable[[Axes], None]] = [
        partial(_single, rows, title, field)
        for title, field in PANELS.items()
        if any(field in row for row in rows)
    ]
    if any(TRAIN_PNL in row for row in rows):
        panels.append(partial(_pnl, rows, validation, held))
    if _scheduled(rows):
        panels.append(partial(_curriculum, rows, form))
    labels = len(_scheduled(rows)) if form is NARROW else len(_scheduled(rows)) / 3
    height = 0.6 + 1.15 * len(panels) + 0.2 * labels
    figure, axes = new_figure(form.width, height, len(panels), sharex=True)
    for draw, one in zip(panels, axes, strict=True):
        draw(one)
        one.yaxis.set_major_locator(MaxNLocator(3))
        _bands(one, rows, sub_phases, named=one is axes[-1])
    axes[-1].xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x / 1e6:g}"))
    axes[-1].xaxis.set_major_locator(MaxNLocator(form.ticks))
    axes[-1].set_xlabel("million environment steps")
    return figure


def _single(rows: Rows, title: str, field: str, axes: Axes) -> None:
    _title(axes, title)
    _line(axes, rows, field, color=POLICY)


def _pnl(rows: Rows, validation: Rows, held: str, axes: Axes) -> None:
    _title(axes, "P&L per trade, USD")
    _line(axes, rows, TRAIN_PNL, color=POLICY, label="training")
    if any(held in row for row in validation):
        _line(axes, validation, held, color=OTHERS[1], marker="o", markersize=3, label="held")
    axes.legend(loc="best")


def _curriculum(rows: Rows, form: Form, axes: Axes) -> None:
    """Every scheduled value as a share of its largest."""
    _title(axes, "curriculum, shares of the largest value")
    for field, color in zip(_scheduled(rows), cycle((POLICY, *OTHERS)), strict=False):
        largest = max(abs(row[field]) for row in rows)
        label = f"{words(field.removeprefix(PARAM))}, at most {largest:g}"
        steps, values = _points(rows, field)
        axes.plot(steps, values / largest, color=color, linewidth=1.2, label=label)
    axes.set_ylim(-0.3, 1.08)  # the names of the sub-phases stand under the lines
    figure = axes.get_figure(root=True)
    assert figure is not None
    figure.legend(
        *axes.get_legend_handles_labels(),
        loc="outside lower left",
        ncols=1 if form is NARROW else 3,
    )


def _scheduled(rows: Rows) -> list[str]:
    """Fields of a schedule that changed during the run."""
    fields = [name for name in rows[0] if name.startswith(PARAM) or name in CURRICULUM]
    return [name for name in fields if len({row[name] for row in rows}) > 1]


def _line(axes: Axes, rows: Rows, field: str, **style: Any) -> None:
    steps, values = _points(rows, field)
    drawn: dict[str, Any] = {"linewidth": 1.2} | style
    axes.plot(steps, values, **drawn)


def _points(rows: Rows, field: str) -> tuple[np.ndarray, np.ndarray]:
    """(n,) steps and values of the rows that have the figure, thinned to its outline."""
    found = [(row["timesteps"], row[field]) for row in rows if _is_number(row.get(field))]
    steps, values = np.array(found, np.float64).reshape(-1, 2).T
    kept = thin(values, 600)
    return steps[kept], values[kept]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def _title(axes: Axes, text: str) -> None:
    axes.set_title(text, loc="left", fontsize=9, color=MUTED, pad=3)


def _bands(axes: Axes, rows: Rows, sub_phases: Sequence[SubPhase], *, named: bool) -> None:
    """Every second sub-phase is shaded; their names stand under the last panel's title."""
    last = rows[-1]["timesteps"]
    ends = [*(phase.first_step for phase in sub_phases[1:]), last]
    for place, phase in enumerate(sub_phases):
        end = ends[place]
        if place % 2:
            axes.axvspan(phase.first_step, end, color=MUTED, alpha=0.08, linewidth=0)
        if named and phase.first_step < last:
            axes.annotate(
                phase.name,
                (phase.first_step, 0.02),
                xycoords=("data", "axes fraction"),
                color=MUTED,
                xytext=(2, 0),
                textcoords="offset points",
            )
