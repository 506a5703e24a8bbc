"""What several commands refuse before anything is read."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from futures_env import ACCOUNT_RULES, ArgumentError, account_rules
from futures_env.accounts.rules import AccountRules


def check_level(level: float) -> None:
    """Refuse an interval that covers nothing or everything.

    Raises:
        ArgumentError: naming the value.
    """
    if not 0 < level < 1:
        raise ArgumentError(f"--level must lie between 0 and 1, got {level}")


def check_dates(start: date | None, end: date | None) -> None:
    """Refuse a range that ends before it begins.

    Raises:
        ArgumentError: naming both days.
    """
    if start is not None and end is not None and start > end:
        raise ArgumentError(f"--start {start} lies behind --end {end}")


def check_files(*files: Path | None) -> None:
    """Refuse files that are not there, before anything is read.

    Raises:
        FileNotFoundError: naming the first one.
    """
    for file in files:
        if file is not None and not file.is_file():
            raise FileNotFoundError(f"{file}: no such file")


def rule_sets(names: Sequence[str]) -> list[AccountRules]:
    """Rule sets by name, or one's own by their files.

    Raises:
        ArgumentError: no such name, listing those that there are.
        ValueError, OSError: a file that cannot be used.
    """
    for name in names:
        if name not in ACCOUNT_RULES and not name.endswith(".toml"):
            raise ArgumentError(
                f"--rules {name}: no such rule set; a .toml file of your own, or one of "
                f"{', '.join(ACCOUNT_RULES)}"
            )
    return [account_rules(name) for name in names]
