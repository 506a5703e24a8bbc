"""What ``render()`` returns, by render mode."""

import numpy as np

from futures_env.drawing.line import bar_line
from futures_env.drawing.moment import moment
from futures_env.types import EnvParams, EnvState

RENDER_MODES = ["ansi", "rgb_array"]
FPS = 10
"""Bars a second, for videos."""


def check_render_mode(render_mode: str | None) -> None:
    """Refuse a mode that there is none of.

    Raises:
        ValueError: naming the modes.
    """
    if render_mode not in (None, *RENDER_MODES):
        raise ValueError(f"render_mode {render_mode!r}: one of {', '.join(RENDER_MODES)}, or None")


def frame(render_mode: str, state: EnvState, params: EnvParams) -> str | np.ndarray:
    """The last closed bar of ``state``: a line of text, or candles (height, width, 3) uint8."""
    seen = moment(state, params)
    if render_mode == "ansi":
        return bar_line(seen)
    from futures_env.drawing.candles import candles  # needs the pictures extra

    return candles(seen)
