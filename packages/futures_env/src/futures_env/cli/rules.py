"""``futures-env rules list | show | check``: rule sets on the command line."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from enum import IntEnum
from pathlib import Path

from tyro.conf import Positional

from futures_env.accounts.catalogue import account_rules
from futures_env.accounts.files import load_rules
from futures_env.accounts.firms import ACCOUNT_RULES
from futures_env.accounts.money import Fees, PayoutRules
from futures_env.accounts.rules import AccountRules
from futures_env.market.info import ArgumentError

BAN = "the firm prohibits automated trading on this account: this is research software"


@dataclass(kw_only=True)
class List:
    """List the shipped rule sets."""

    def __call__(self) -> None:
        """Run."""
        width = max(map(len, ACCOUNT_RULES))
        heads = ("target", "drawdown", "floor", "minis", "flat by", "verified on")
        print("  ".join([f"{'name':{width}}", *(f"{head:>11}" for head in heads)]))
        for row in ACCOUNT_RULES.values():
            cells = (
                f"{row.profit_target:,}" if row.profit_target else "funded",
                f"{row.drawdown:,}",
                row.drawdown_mode.name.lower(),
                str(max([row.max_contracts_mini, *(tier[1] for tier in row.tiers)])),
                row.flat_by,
                row.verified_on,
            )
            print("  ".join([f"{row.name:{width}}", *(f"{cell:>11}" for cell in cells)]))


@dataclass(kw_only=True)
class Show:
    """Show one rule set, field by field, as a file of one's own would say it."""

    name: Positional[str]
    """A shipped name, or a .toml file."""

    def __call__(self) -> None:
        """Run."""
        if not self.name.endswith(".toml") and self.name not in ACCOUNT_RULES:
            raise ArgumentError(f"no rule set {self.name!r}: futures-env rules list names them")
        print(in_words(account_rules(self.name)))


@dataclass(kw_only=True)
class Check:
    """Check a rule set of one's own."""

    file: Positional[Path]
    """A .toml file."""

    def __call__(self) -> None:
        """Run."""
        rules = load_rules(self.file)
        funded = f", leads to {rules.funded.name}" if rules.funded else ""
        print(f"{self.file}: {rules.name} is a rule set{funded}")


COMMANDS: dict[str, Callable[..., Callable[[], None]]] = {
    "list": List,
    "show": Show,
    "check": Check,
}


def in_words(rules: AccountRules) -> str:
    """A rule set as TOML; what is not known stands in a comment."""
    lines = [f"# {BAN}"] if rules.automation_banned else []
    lines += _lines(rules)
    for name, part in (("payouts", rules.payouts), ("fees", rules.fees)):
        lines += (
            ["", f"[{name}]", *_lines(part)]
            if part not in (None, Fees())
            else ["", f"# {name}: not known"]
        )
    if rules.funded:
        lines += ["", f"# a pass leads to {rules.funded.name}"]
    return "\n".join(lines)


def _lines(part: AccountRules | PayoutRules | Fees) -> list[str]:
    values = {one.name: getattr(part, one.name) for one in fields(part)}
    return [
        f"# {name}: not known" if value is None or value == "" else f"{name} = {_toml(value)}"
        for name, value in values.items()
        if name not in ("payouts", "fees", "funded") and (name, value) != ("best_day_effect", "")
    ]


def _toml(value: object) -> str:
    if isinstance(value, IntEnum):
        return f'"{value.name.lower()}"'
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml, value))}]"
    return f'"{value}"' if isinstance(value, str) else str(value)
