"""``ppo_agent`` is generic: no word of markets in its code, comments, docstrings and README."""

import re
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "packages" / "ppo_agent"
WORDS = (
    "trade", "trading", "win_rate", "expectancy", "profit", "pnl", "p&l", "usd", "bracket",
    "target_ratio", "stop_loss", "futures", "market", "drawdown", "slippage", "commission",
)  # fmt: skip
FOREIGN = re.compile("|".join(map(re.escape, WORDS)), re.IGNORECASE)
EXCEPTIONS = {
    "README.md": re.compile(r"futures_env:FuturesNQ-Phase[12]"),
}
"""Text with another meaning, by file: the README shows commands for the sibling package."""


def foreign_words(text: str, allowed: re.Pattern[str] | None = None) -> list[str]:
    """``line: word`` for each word of markets outside what is allowed."""
    kept = allowed.sub("", text) if allowed else text
    lines = enumerate(kept.splitlines(), 1)
    return [f"{number}: {found}" for number, line in lines for found in FOREIGN.findall(line)]


def files() -> list[Path]:
    sources = sorted((PACKAGE / "src").rglob("*.py"))
    return [*sources, PACKAGE / "README.md", PACKAGE / "pyproject.toml"]


@pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_word_of_markets(path: Path) -> None:
    name = str(path.relative_to(PACKAGE))
    assert foreign_words(path.read_text(encoding="utf-8"), EXCEPTIONS.get(name)) == []


def test_every_exception_is_needed() -> None:
    for name, allowed in EXCEPTIONS.items():
        assert allowed.search((PACKAGE / name).read_text(encoding="utf-8")), name


@pytest.mark.parametrize(
    "line", ["num_trades = 1", "# a MarketData", "the P&L", "pnl_usd", "Brackets"]
)
def test_words_are_found_inside_others(line: str) -> None:
    assert foreign_words(line) != []
