"""The last bars as candles, with entry, stop, target and the price of the account's floor."""

import numpy as np

from futures_env.drawing.moment import BARS, SIDES, Moment

SIZE = (8.0, 4.5)
DPI = 80
RISING, FALLING = "#3a8f5c", "#c0503f"
LEVELS = {"entry": "#333333", "stop": "#c0503f", "target": "#3a8f5c", "floor": "#8a2be2"}


def candles(seen: Moment) -> np.ndarray:
    """Draw a picture, (360, 640, 3) uint8.

    Raises:
        ValueError: matplotlib is not installed.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise ValueError("pictures need matplotlib: pip install matplotlib") from None
    canvas = FigureCanvasAgg(Figure(figsize=SIZE, dpi=DPI, layout="constrained"))
    axes = canvas.figure.add_subplot()
    x = np.arange(len(seen.bars)) - len(seen.bars) + 1
    opened, high, low, close = seen.bars.T
    colors = np.where(close >= opened, RISING, FALLING).tolist()
    axes.vlines(x, low, high, colors=colors, linewidth=0.8)
    axes.vlines(x, opened, close, colors=colors, linewidth=4.0)
    margin = 0.05 * (high.max() - low.min()) + 10.0**-seen.decimals
    bottom, top = low.min() - margin, high.max() + margin
    for name, color in LEVELS.items():
        level = getattr(seen, name)
        if level == level:
            axes.hlines(level, -seen.bars_held, 1, colors=color, linewidth=1.0)
            axes.annotate(name, (1, level), color=color, va="center", annotation_clip=True)
            if name != "floor":  # it may lie far away
                bottom, top = min(bottom, level - margin), max(top, level + margin)
    axes.set_xlim(-BARS, 6)
    axes.set_ylim(bottom, top)
    axes.set_title(
        f"{seen.time:%Y-%m-%d %H:%M}  {SIDES[seen.side]} {seen.contracts or ''}  "
        f"equity {seen.equity_usd:,.0f}  floor {seen.floor_usd:,.0f}  {seen.status}",
        fontsize=9,
    )
    axes.yaxis.set_major_formatter(f"{{x:,.{seen.decimals}f}}")
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()
