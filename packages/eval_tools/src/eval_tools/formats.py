"""How numbers look: in the verdict, on the console and on the page."""

from collections.abc import Sequence
from datetime import timedelta

UNDEFINED = "-"


def usd(value: float | None, digits: int = 2) -> str:
    """Signed dollars with thousands separators."""
    return UNDEFINED if value is None else f"{value:+,.{digits}f}" if value else f"{0:.{digits}f}"


def number(value: float | None, digits: int = 2) -> str:
    """A plain number."""
    return UNDEFINED if value is None else f"{value:,.{digits}f}"


def figure(value: float | None) -> str:
    """A number of unknown kind, to six digits."""
    return UNDEFINED if value is None else f"{value:,.6g}"


def percent(value: float | None, digits: int = 1) -> str:
    """A share in percent."""
    return UNDEFINED if value is None else f"{value:.{digits}%}"


def count(number: int, what: str) -> str:
    """``1 tick``, ``2 ticks``."""
    return f"{number:,} {what}" + ("s" if number != 1 else "")


def time_left(elapsed: float, share: float) -> str:
    """How long the rest takes at the pace so far; ``share`` is done, above 0."""
    return f"{timedelta(seconds=round(elapsed * (1.0 - share) / share))} left"


def bounds(low: float, high: float) -> str:
    """``[-12.30, +4.56] USD``."""
    return f"[{low:+,.2f}, {high:+,.2f}] USD"


def sign(value: float) -> str:
    """``"gain"``, ``"loss"`` or nothing."""
    return "gain" if value > 0 else "loss" if value < 0 else ""


def words(name: str) -> str:
    """A name in code as a reader sees it."""
    return name.replace("_", " ")


def aligned(rows: Sequence[Sequence[str]], left: Sequence[bool] = ()) -> list[str]:
    """Lines of a table, two spaces before and between columns.

    Args:
        rows: cells as text, all rows of one length.
        left: whether a column is set to the left; empty: the first one only.
    """
    columns = list(zip(*rows, strict=True))
    widths = [max(len(cell) for cell in column) for column in columns]
    to_left = left or [place == 0 for place in range(len(columns))]
    return [
        "  "
        + "  ".join(
            cell.ljust(width) if first else cell.rjust(width)
            for cell, width, first in zip(row, widths, to_left, strict=True)
        )
        for row in rows
    ]
