"""Rule sets that cannot be meant are refused, field by field."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from futures_env.accounts.money import Fees, PayoutRules
from futures_env.codes import DrawdownMode, Lock, PassTest

LARGEST_USD = 10_000_000
MOST_TIERS = 6
"""The first tier and the rows of the tier leaves of EnvParams."""
EFFECTS = ("blocks_pass", "raises_target", "blocks_payout")

Check = tuple[str, Callable[[Any], bool]]


def _number(value: object, low: float, high: float) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and low <= value <= high


def _whole(low: int, high: int) -> Check:
    return (
        f"a whole number from {low:,} to {high:,}",
        lambda x: _number(x, low, high) and isinstance(x, int),
    )


def _optional(check: Check) -> Check:
    text, holds = check
    return f"{text}, or left out where not known", lambda x: x is None or holds(x)


def is_date(value: object) -> bool:
    """Whether ``value`` is an ISO date in text."""
    try:
        return isinstance(value, str) and bool(date.fromisoformat(value))
    except ValueError:
        return False


_USD: Check = (f"USD from 0 to {LARGEST_USD:,}", lambda x: _number(x, 0, LARGEST_USD))
_SOME_USD: Check = (
    f"USD above 0, at most {LARGEST_USD:,}",
    lambda x: _number(x, 0.01, LARGEST_USD),
)
_SHARE: Check = ("a share from 0 to 1", lambda x: _number(x, 0, 1))
_FLAG: Check = ("true or false", lambda x: isinstance(x, bool))
_TEXT: Check = ("text that is not empty", lambda x: isinstance(x, str) and x != "")
_DATE: Check = ("an ISO date such as 2026-09-24", is_date)
_TIME: Check = (
    "a New York time such as 16:10",
    lambda x: isinstance(x, str) and bool(re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", x)),
)


def _is_tiers(value: object) -> bool:
    if not isinstance(value, tuple) or len(value) > MOST_TIERS:
        return False
    shapes = all(
        isinstance(row, tuple) and len(row) == 3 and all(_number(x, 0, LARGEST_USD) for x in row)
        and isinstance(row[1], int) and row[1] >= 1 for row in value
    )  # fmt: skip
    if not shapes:
        return False
    profits = [row[0] for row in value]
    return profits == sorted(set(profits)) and profits[:1] in ([], [0])


CHECKS: dict[str, Check] = {
    "name": _TEXT,
    "start_balance": _SOME_USD,
    "profit_target": _USD,
    "drawdown": _SOME_USD,
    "drawdown_mode": (
        ", ".join(code.name.lower() for code in DrawdownMode),
        lambda x: isinstance(x, DrawdownMode),
    ),
    "lock": (", ".join(code.name.lower() for code in Lock), lambda x: isinstance(x, Lock)),
    "max_contracts_mini": _whole(0, 10_000),
    "micro_ratio": _whole(1, 100),
    "daily_loss_limit": _USD,
    "daily_loss_hard": _FLAG,
    "min_days": _whole(0, 1_000),
    "max_days": _whole(0, 10_000),
    "best_day_share": _SHARE,
    "best_day_may_equal": _FLAG,
    "best_day_effect": (
        f"{', '.join(EFFECTS)}, or left out",
        lambda x: x in ("", *EFFECTS),
    ),
    "flat_by": _TIME,
    "pass_test": (
        ", ".join(code.name.lower() for code in PassTest),
        lambda x: isinstance(x, PassTest),
    ),
    "tiers": (
        f"at most {MOST_TIERS} rows [profit from, contracts, daily loss limit], the first from 0, "
        "profits ascending",
        _is_tiers,
    ),
    "safety_net": _USD,
    "mae_share": _SHARE,
    "mae_share_raised": _SHARE,
    "max_stop_to_target": ("a number from 0 to 1,000", lambda x: _number(x, 0, 1_000)),
    "automation_banned": _optional(_FLAG),
    "source": _TEXT,
    "verified_on": _DATE,
}
"""What each plain field must be."""

PAYOUT_CHECKS: dict[str, Check] = {
    "qualifying_days": _whole(0, 1_000),
    "qualifying_day_profit": _USD,
    "request_balance": _USD,
    "caps": (
        "a list of USD amounts, one per payout",
        lambda x: isinstance(x, tuple) and all(_number(cap, 0.01, LARGEST_USD) for cap in x),
    ),
    "max_payouts": _optional(_whole(1, 1_000)),
    "split": _optional(_SHARE),
}
FEE_CHECKS: dict[str, Check] = {
    "evaluation": _optional(_USD),
    "reset": _optional(_USD),
    "activation": _optional(_USD),
    "verified_on": (f"{_DATE[0]}, or left out", lambda x: x == "" or is_date(x)),
    "source": ("text", lambda x: isinstance(x, str)),
}


def problems_of(values: Mapping[str, Any]) -> list[str]:
    """One line per field of a rule set that cannot be meant; empty where all can."""
    problems = _failed(values, CHECKS)
    payouts, fees = values["payouts"], values["fees"]
    if isinstance(payouts, PayoutRules):
        problems += _failed(vars(payouts), PAYOUT_CHECKS, "payouts.")
    if isinstance(fees, Fees):
        problems += _failed(vars(fees), FEE_CHECKS, "fees.")
    return problems or _contradictions(values)


def _failed(values: Mapping[str, Any], checks: dict[str, Check], prefix: str = "") -> list[str]:
    return [
        f"{prefix}{name} is {_show(values[name])}: must be {text}"
        for name, (text, holds) in checks.items()
        if not holds(values[name])
    ]


def _show(value: object) -> str:
    return repr(value)


def _contradictions(values: Mapping[str, Any]) -> list[str]:
    found, fees, payouts = [], values["fees"], values["payouts"]
    if values["drawdown"] >= values["start_balance"]:
        found.append(
            f"drawdown is {values['drawdown']:,}: must be below start_balance "
            f"{values['start_balance']:,}"
        )
    if bool(values["best_day_share"]) != bool(values["best_day_effect"]):
        found.append(
            f"best_day_share is {values['best_day_share']} and best_day_effect "
            f"{values['best_day_effect']!r}: give both or none"
        )
    if values["lock"] == Lock.TARGET_BALANCE and not values["profit_target"]:
        found.append("lock is target_balance: needs a profit_target above 0")
    if values["daily_loss_hard"] and not values["daily_loss_limit"]:
        found.append("daily_loss_hard is true: needs a daily_loss_limit above 0")
    if 0 < values["max_days"] < values["min_days"]:
        found.append(f"min_days is {values['min_days']}: above max_days {values['max_days']}")
    first = (0, values["max_contracts_mini"], values["daily_loss_limit"])
    if values["tiers"] and values["tiers"][0] != first:
        found.append(
            f"tiers begins with {list(values['tiers'][0])}: must be {list(first)}, that is 0, "
            "max_contracts_mini and daily_loss_limit"
        )
    known = [name for name in ("evaluation", "reset", "activation") if getattr(fees, name)]
    if known and not fees.verified_on:
        found.append(f"fees.{known[0]} is given: fees.verified_on must say of which day")
    if payouts and payouts.caps and payouts.max_payouts not in (None, len(payouts.caps)):
        found.append(
            f"payouts.caps holds {len(payouts.caps)} amounts: must be payouts.max_payouts, "
            f"{payouts.max_payouts}"
        )
    if values["funded"] is not None and values["funded"].profit_target:
        found.append(
            f"funded.profit_target is {values['funded'].profit_target:,}: a funded account does "
            "not pass, leave it out"
        )
    return found
