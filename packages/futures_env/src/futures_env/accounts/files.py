"""A rule set from a TOML file: fields of ``AccountRules`` by name, codes and tables in words."""

import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from futures_env.accounts.money import Fees, PayoutRules
from futures_env.accounts.rules import AccountRules
from futures_env.codes import DrawdownMode, Lock, PassTest

CODES = {"drawdown_mode": DrawdownMode, "lock": Lock, "pass_test": PassTest}
TABLES = {"payouts": PayoutRules, "fees": Fees}
FUNDED = "funded"
NOT_OF_FUNDED = ("profit_target", "min_days", "max_days", "pass_test", "best_day_share",
                 "best_day_may_equal", "best_day_effect", "tiers", "payouts", "lock")  # fmt: skip
"""What a funded account does not take over from its evaluation."""


def load_rules(path: str | Path) -> AccountRules:
    """Read one firm's rule set; a table ``[funded]`` holds what its funded account does otherwise.

    Raises:
        ValueError: naming the file and, line by line, each field, its value and what is allowed.
        OSError: the file cannot be read.
    """
    path = Path(path)
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: not a TOML file: {error}") from None
    try:
        return _rules(table)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def _rules(table: Mapping[str, Any]) -> AccountRules:
    own = {name: value for name, value in table.items() if name != FUNDED}
    funded = None
    if FUNDED in table:
        inherited = {name: value for name, value in own.items() if name not in NOT_OF_FUNDED}
        named = {"name": f"{own.get('name', '')}-funded", "profit_target": 0}
        try:
            funded = _row(inherited | named | _table(table[FUNDED], FUNDED))
        except ValueError as error:
            raise ValueError(f"[{FUNDED}] {error}") from None
    return _row(own, funded=funded)


def _row(table: Mapping[str, Any], **more: Any) -> AccountRules:
    """One rule set from plain TOML values."""
    _check_names(table, AccountRules)
    values = {name: _value(name, value) for name, value in table.items()}
    return AccountRules(**values, **more)


def _value(name: str, value: Any) -> Any:
    if name in CODES:
        return _code(name, value)
    if name in TABLES:
        inner = _table(value, name)
        _check_names(inner, TABLES[name], f"{name}.")
        return TABLES[name](**{key: _frozen(item) for key, item in inner.items()})
    return _frozen(value)


def _frozen(value: Any) -> Any:
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value


def _table(value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{name} is {value!r}: must be a table, [{name}]")
    return value


def _code(name: str, value: Any) -> Any:
    words = {code.name.lower(): code for code in CODES[name]}
    if value not in words:
        raise ValueError(f"{name} is {value!r}: must be one of {', '.join(words)}")
    return words[value]


def _check_names(
    table: Mapping[str, Any], kind: type[AccountRules | PayoutRules | Fees], prefix: str = ""
) -> None:
    """Refuse unknown and missing fields."""
    known = {one.name: one for one in fields(kind) if one.name != FUNDED}
    missing = [name for name, one in known.items() if _required(one) and name not in table]
    problems = [f"{prefix}{name} is missing" for name in missing]
    for name in table:
        if name not in known:
            near = get_close_matches(name, known, 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            problems.append(f"{prefix}{name}: no such field{hint} (fields: {', '.join(known)})")
    if problems:
        raise ValueError("\n  ".join(problems))


def _required(one: Field[Any]) -> bool:
    return one.default is MISSING and one.default_factory is MISSING
