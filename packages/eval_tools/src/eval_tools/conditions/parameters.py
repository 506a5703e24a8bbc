"""Which parameters are in force: a rule set's, those of training, or changes of either."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from eval_tools.formats import count, words
from futures_env import ACCOUNT_RULES, account_rules
from futures_env.accounts.files import CODES
from futures_env.codes import DrawdownMode, Lock, PassTest
from futures_env.types import SCALAR_FIELDS, EnvParams
from ppo_agent.storage.fingerprint import describe_leaf

DEFAULT_RULES = "apex-legacy-50k"
"""Rule set whose account is traded where none is named."""

TRAINING_FIELDS = (
    "max_steps_in_episode",
    "start_row",
    "end_at_session_close",
    "end_on_pass",
    "forced_position_ratio",
    "pnl_scale_usd",
    "realized_weight",
    "equity_weight",
    "target_bonus",
    "stop_penalty",
    "hold_penalty",
    "entry_bonus",
    "management_bonus",
    "win_bonus",
    "loss_penalty",
    "breach_penalty",
)
"""Fields that only training uses: its episodes, given positions and rewards."""

TIER_FIELDS = ("tier_profit", "tier_max_contracts", "tier_daily_loss_limit")
TRADED_FIELDS = tuple(name for name in SCALAR_FIELDS if name not in TRAINING_FIELDS)
"""Fields that decide what is traded and when an account fails."""


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A field whose value in training, at its end, was another than the one evaluated."""

    field: str
    trained: float | bool | str | list
    evaluated: float | bool | list


def scalar_params(params: EnvParams) -> dict[str, Any]:
    """The fields of EnvParams but the market, as plain numbers, the tiers as lists of them."""
    return {name: value.tolist() for name, value in _host(params).items()}


def production_params(params: EnvParams, rules: str) -> EnvParams:
    """``params`` under the account of a rule set by its name, or one's own by its file.

    Raises:
        ValueError: for an unknown name or a wrong file, or a market that is not flat in time for
            the rule set.
    """
    return account_rules(rules).apply(params)


def trained_params(params: EnvParams, trained: Mapping[str, Any]) -> EnvParams:
    """``params`` with the traded fields of training.

    Args:
        params: defaults; what only training uses stays as it is here.
        trained: field -> value at the end of training, see ``TrainingRecord.params``.

    Raises:
        ValueError: a value is missing, or no single number.
    """
    own = {name for name in TIER_FIELDS if _unchanged(params, name, trained)}
    names = [name for name in TRADED_FIELDS if name not in own]
    wrong = [n for n in names if not isinstance(trained.get(n), int | float)]
    if wrong:
        raise ValueError(
            f"the run records no single value of {', '.join(wrong)}: name a rule set instead of "
            "evaluating as trained"
        )
    cast = {name: jnp.asarray(trained[name], getattr(params, name).dtype) for name in names}
    return replace(params, **cast)


def differences(params: EnvParams, trained: Mapping[str, Any]) -> tuple[Difference, ...]:
    """Traded fields whose recorded value is another than that of ``params``."""
    now = scalar_params(params)
    return tuple(
        Difference(field=name, trained=trained[name], evaluated=now[name])
        for name in TRADED_FIELDS
        if name in trained and not _unchanged(params, name, trained)
    )


def _unchanged(params: EnvParams, name: str, trained: Mapping[str, Any]) -> bool:
    """Whether training had the value of ``params``; of tiers a run records a hash."""
    own, recorded = getattr(params, name), trained.get(name)
    return recorded == describe_leaf(own) or _same(recorded, np.asarray(own).tolist())


def rule_set_names(params: EnvParams) -> list[str]:
    """Rule sets whose account is exactly that of ``params``; empty when it is nobody's."""
    return [name for name in ACCOUNT_RULES if _is_account_of(params, name)]


def describe_params(params: EnvParams, rules: str = "") -> dict[str, str]:
    """Rule set, account, costs, bracket and sizing in words.

    Args:
        params: those in force.
        rules: what they were asked for by: a name, or the file of a rule set of one's own.
    """
    p = _host(params)
    own = [rules] if rules and rules not in ACCOUNT_RULES and _is_account_of(params, rules) else []
    return {
        "rule set": ", ".join([*own, *rule_set_names(params)]) or "none of the named ones",
        "account": _account(p),
        "costs": _costs(p),
        "bracket": _bracket(p),
        "sizing": _sizing(p),
    }


def _account(p: Mapping[str, Any]) -> str:
    target = f"target {p['profit_target']:,.0f}" if p["profit_target"] else "no target"
    days = f"at least {count(p['min_days'], 'day')}" if p["min_days"] else "no least number of days"
    limit = f", at most {p['max_days']} calendar days" if p["max_days"] else ""
    daily = "no daily limit"
    if p["daily_loss_limit"]:
        effect = "fails the account" if p["daily_loss_hard"] else "pauses entries"
        daily = f"daily loss limit {p['daily_loss_limit']:,.0f}, which {effect}"
    return (
        f"{p['start_balance']:,.0f} USD, {target} at {_word(PassTest, p['pass_test'])}, "
        f"drawdown {p['drawdown']:,.0f} {_word(DrawdownMode, p['drawdown_mode'])}, "
        f"lock {_word(Lock, p['lock'])}, {daily}, {days}{limit}{_tiers(p)}"
    )


def _tiers(p: Mapping[str, Any]) -> str:
    rows = zip(*(p[name] for name in TIER_FIELDS), strict=True)
    told = [
        f"from {profit:,.0f} {count(contracts, 'contract')} and a daily limit of {limit:,.0f}"
        for profit, contracts, limit in rows
        if profit >= 0
    ]
    return f"; tiers by profit: {'; '.join(told)}" if told else ""


def _costs(p: Mapping[str, Any]) -> str:
    if p["commission_usd"] < 0:
        return "commission and slippage of each market's contract"
    return (
        f"commission {p['commission_usd']:,.2f} USD a side and contract; slippage "
        f"{count(p['slippage_ticks'], 'tick')}, at stops {count(p['stop_slippage_ticks'], 'tick')}"
        f"; targets fill {count(p['target_through_ticks'], 'tick')} beyond"
    )


def _bracket(p: Mapping[str, Any]) -> str:
    cap = f", at most {p['max_stop_usd']:,.0f} USD a contract" if p["max_stop_usd"] else ""
    return (
        f"stop {p['stop_atr_multiple']:g} ATR{cap}; target {p['target_ratio']:g} times the stop; "
        f"trailing stop {p['trail_atr_multiple']:g} ATR"
    )


def _sizing(p: Mapping[str, Any]) -> str:
    if p["risk_per_trade_usd"]:
        size = f"{p['risk_per_trade_usd']:,.0f} USD at risk a trade"
    else:
        size = count(p["contracts"], "contract")
    return f"{size}, at most {count(p['max_contracts'], 'contract')}"


def _word(codes: Any, value: Any) -> str:
    return words(codes(int(value)).name.lower())


def value_in_words(field: str, value: float | bool | str | list) -> str:
    """A field's value as a reader sees it: codes as words, thousands in groups."""
    if field in CODES and isinstance(value, int):
        return _word(CODES[field], value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,.6g}" if isinstance(value, int | float) else str(value)


def _is_account_of(params: EnvParams, name: str) -> bool:
    try:
        wanted = production_params(params, name)
    except ValueError:
        return False  # this market is not flat in time for it
    pairs = [(getattr(params, field), getattr(wanted, field)) for field in TRADED_FIELDS]
    return all(a is b or np.allclose(a, b, rtol=1e-6, atol=0) for a, b in pairs)


def _same(one: Any, other: Any) -> bool:
    numbers = isinstance(one, int | float) and isinstance(other, int | float)
    return bool(np.isclose(one, other, rtol=1e-6, atol=0)) if numbers else one == other


def _host(params: EnvParams) -> dict[str, np.ndarray]:
    return jax.device_get({name: getattr(params, name) for name in SCALAR_FIELDS})
