"""Matplotlib figures as deterministic inline SVG, without pyplot's global state."""

import io
import re
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

INK, MUTED, GRID, PAPER = "#1c2733", "#66727f", "#e4e8ec", "#ffffff"
POLICY, OTHERS = "#1f5fa8", ("#8a94a0", "#c98a2b", "#6a8f5f", "#a0628a", "#4f9aa8", "#8c6d5a")
GAIN, LOSS, PEAK = "#2e7d4f", "#c0392b", "#6a8f5f"
RISING, FALLING = "#7fae92", "#d99a92"
THEME = {
    INK: "ink",
    MUTED: "muted",
    GRID: "line",
    PAPER: "card",
    POLICY: "policy",
    GAIN: "gain",
    LOSS: "loss",
    RISING: "rising",
    FALLING: "falling",
} | {color: f"other-{place}" for place, color in enumerate(OTHERS)}
"""Colour of a picture -> the page's variable (templates/style.css) that takes its place, so that
pictures follow the reader's light or dark setting."""


@dataclass(frozen=True, kw_only=True)
class Form:
    """How a picture is drawn for one width of the page, which scales it to its own width.

    Attributes:
        name: class of the element that holds it; the page shows one form.
        width: of a full picture, in inches: the fewer, the larger its letters on the page.
        ticks: most labels of an axis of days or times.
        columns: of a legend.
    """

    name: str
    width: float
    ticks: int
    columns: int


WIDE = Form(name="wide", width=9.6, ticks=12, columns=6)
NARROW = Form(name="narrow", width=3.5, ticks=4, columns=2)

_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 9,
    "text.color": INK,
    "axes.edgecolor": GRID,
    "axes.facecolor": PAPER,
    "figure.facecolor": PAPER,
    "axes.labelcolor": MUTED,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "legend.frameon": False,
}


def picture(salt: str, draw: Callable[[Form], Figure]) -> str:
    """A figure in every form, as HTML; ``salt`` keeps its ids apart from others' in a page."""
    parts = []
    for form in (WIDE, NARROW):
        with _style(f"{salt}-{form.name}"):
            parts.append(f'<div class="{form.name}">{to_svg(draw(form))}</div>')
    return "".join(parts)


@contextmanager
def _style(salt: str) -> Generator[None]:
    """The house style; ``salt`` makes the ids inside one figure unique in a page."""
    with mpl.rc_context(_STYLE | {"svg.hashsalt": salt}):
        yield


def new_figure(
    width: float, height: float, rows: int = 1, **options: Any
) -> tuple[Figure, list[Axes]]:
    """A figure of ``width`` x ``height`` inches with ``rows`` axes one under the other."""
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.subplots(rows, 1, squeeze=False, **options)
    return figure, list(axes[:, 0])


def to_svg(figure: Figure) -> str:
    """The figure as an ``<svg>`` element: no date, no header, scaled and coloured by the page."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    return _COLOR.sub(lambda found: f"var(--{THEME[found[0]]})", text[text.index("<svg") :])


_COLOR = re.compile("|".join(THEME))


def thin(values: ArrayLike, most: int = 1500) -> NDArray[np.int64]:
    """Indices that keep the outline of a long line: the extremes of each of ``most`` / 2 runs."""
    data = np.asarray(values)
    if data.size <= most:
        return np.arange(data.size)
    runs = np.array_split(np.arange(data.size), most // 2)
    extremes = [run[[np.argmin(data[run]), np.argmax(data[run])]] for run in runs]
    return np.unique(np.concatenate([[0, data.size - 1], *extremes]))
