"""Parameters that cannot be meant are refused before anything runs."""

from collections.abc import Callable

import jax
import numpy as np
from jax.core import Tracer

from futures_env.codes import DrawdownMode, Lock, PassTest
from futures_env.types import TIERS, EnvParams

LARGEST_USD = 10_000_000.0
"""Amounts beyond this leave no room in int32 cents."""

LARGEST_UNIT_CENTS = 100_000
"""Cents per tick of a position: beyond, 20,000 ticks do not fit into int32 cents."""

Rule = tuple[str, Callable[[np.ndarray], np.ndarray]]

_POSITIVE: Rule = ("must be above 0", lambda x: x > 0)
_NOT_NEGATIVE: Rule = ("must not be negative", lambda x: x >= 0)
_AT_LEAST_ONE: Rule = ("must be at least 1", lambda x: x >= 1)
_FLAG: Rule = ("must be True or False", lambda x: (x == 0) | (x == 1))
_SHARE: Rule = ("must lie between 0 and 1", lambda x: (x >= 0) & (x <= 1))


def _code(codes: type) -> Rule:
    values = [int(code) for code in codes]  # ty: ignore[not-iterable]
    return f"must be one of {values}, a {codes.__name__}", lambda x: np.isin(x, values)


RULES: dict[str, Rule] = {
    "max_steps_in_episode": _AT_LEAST_ONE,
    "target_through_ticks": _NOT_NEGATIVE,
    "stop_atr_multiple": _POSITIVE,
    "target_ratio": _POSITIVE,
    "max_stop_usd": _NOT_NEGATIVE,
    "contracts": _NOT_NEGATIVE,
    "max_contracts": _NOT_NEGATIVE,
    "risk_per_trade_usd": _NOT_NEGATIVE,
    "break_even_min_profit_atr": _NOT_NEGATIVE,
    "trail_activation_r": _NOT_NEGATIVE,
    "trail_atr_multiple": _POSITIVE,
    "start_balance": _POSITIVE,
    "profit_target": _NOT_NEGATIVE,
    "drawdown": _POSITIVE,
    "drawdown_mode": _code(DrawdownMode),
    "lock": _code(Lock),
    "daily_loss_limit": _NOT_NEGATIVE,
    "min_days": _NOT_NEGATIVE,
    "max_days": _NOT_NEGATIVE,
    "pass_test": _code(PassTest),
    "tier_max_contracts": _AT_LEAST_ONE,
    "tier_daily_loss_limit": _NOT_NEGATIVE,
    "forced_position_ratio": _SHARE,
    "pnl_scale_usd": _POSITIVE,
    "end_at_session_close": _FLAG,
    "end_on_pass": _FLAG,
    "daily_loss_hard": _FLAG,
}
"""What each field must satisfy besides being finite."""

_WHOLE = ("max_steps_in_episode", "start_row", "slippage_ticks", "stop_slippage_ticks",
          "target_through_ticks", "contracts", "max_contracts", "drawdown_mode", "lock",
          "min_days", "max_days", "pass_test", "tier_max_contracts")  # fmt: skip

_USD_FIELDS = ("start_balance", "profit_target", "drawdown", "daily_loss_limit", "max_stop_usd",
               "risk_per_trade_usd", "commission_usd", "tier_profit",
               "tier_daily_loss_limit")  # fmt: skip


def is_concrete(params: EnvParams) -> bool:
    """Whether the values are there to be looked at, outside of ``jax.jit`` and ``jax.vmap``."""
    return not any(isinstance(leaf, Tracer) for leaf in jax.tree.leaves(params))


def check_params(params: EnvParams) -> None:
    """Refuse parameters that are not finite, out of range or contradictory.

    Args:
        params: concrete parameters, with or without batch axes.

    Raises:
        ValueError: one line per problem, naming the field, what it holds and what it must be.
    """
    values = {name: np.asarray(value) for name, value in params.__dict__.items()
              if name != "market"}  # fmt: skip
    problems = [
        f"{name} is {_show(value)}: must be finite"
        for name, value in values.items()
        if not np.isfinite(value).all()
    ]
    problems += [
        f"{name} is {_show(values[name])}: {text}"
        for name, (text, holds) in RULES.items()
        if not holds(values[name]).all()
    ]
    problems += [
        f"{name} is {_show(values[name])}: at most {LARGEST_USD:,.0f} USD fits into whole cents"
        for name in _USD_FIELDS
        if (np.abs(values[name]) > LARGEST_USD).any()
    ]
    problems += [
        f"{name} is {_show(values[name])}: must be a whole number"
        for name in _WHOLE
        if (values[name] != np.floor(values[name])).any()
    ]
    problems += _tier_problems(values) or _contradictions(params, values)
    if problems:
        raise ValueError("these parameters cannot be used:\n  " + "\n  ".join(problems))


def _tier_problems(values: dict[str, np.ndarray]) -> list[str]:
    """Tier leaves of another length, or rows out of order."""
    names = ("tier_profit", "tier_max_contracts", "tier_daily_loss_limit")
    short = [name for name in names if values[name].shape[-1:] != (TIERS,)]
    if short:
        return [f"{name} has shape {values[name].shape}: the last axis must hold {TIERS} tiers, "
                "unused ones with a negative tier_profit" for name in short]  # fmt: skip
    profit = values["tier_profit"]
    used, following = profit[..., :-1], profit[..., 1:]
    in_order = np.where(used < 0, following < 0, (following < 0) | (following > used))
    if in_order.all():
        return []
    return [f"tier_profit is {profit.tolist()}: profits must ascend, unused rows (-1) stand last"]


def _contradictions(params: EnvParams, values: dict[str, np.ndarray]) -> list[str]:
    num_bars = params.market.num_bars
    tick_value = int(np.asarray(params.market.contract_table.tick_value_cents).max())
    most = int(max(values["max_contracts"].max(), values["tier_max_contracts"].max()))
    found = []
    if most * tick_value > LARGEST_UNIT_CENTS:
        found.append(
            f"max_contracts or a tier's is {most}: with {tick_value} cents a tick, at most "
            f"{LARGEST_UNIT_CENTS // tick_value} contracts keep a day's P&L within whole cents"
        )
    if ((values["max_contracts"] < 1) & (values["tier_profit"] >= 0).any(-1)).any():
        found.append("max_contracts is 0 in the first tier: with tiers it must be at least 1")
    if (values["start_row"] >= num_bars - 1).any():
        found.append(
            f"start_row is {_show(values['start_row'])}: the market has {num_bars} bars, the last "
            f"usable start is {num_bars - 2}; -1 draws one"
        )
    if (values["daily_loss_hard"] & (values["daily_loss_limit"] == 0)).any():
        found.append("daily_loss_hard needs a daily_loss_limit above 0")
    if ((values["max_days"] > 0) & (values["min_days"] > values["max_days"])).any():
        found.append("min_days is above max_days: such an account cannot pass")
    return found


def _show(value: np.ndarray) -> str:
    return str(value.item()) if value.ndim == 0 else f"{value.min()} .. {value.max()}"
