"""Exact trading metrics: per-step counts and cents on the device, ratios and quality on the host.

Money is added up in whole cents, so no figure is rounded on its way. Positions that the curriculum
gives at a reset stand in no figure: their trades, their fees, and what an account that began with
one lost or broke, are left out.
"""

import math
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp

from futures_env.codes import DoneReason, ExitReason

TRADES_PER_1000_STEPS = 5.0
WIN_RATE_SPAN = 0.2

BREACHES = (DoneReason.FAILED_DRAWDOWN, DoneReason.FAILED_DAILY_LOSS, DoneReason.FAILED_TIME)
"""Ends of an episode at which the account failed."""
REDUCTIONS = {"max_drawdown_cents": "max"}
"""Metrics that are not added up."""

Figures = Mapping[str, float]
Halves = tuple[Figures, Figures] | None


def step_metrics(info: Mapping[str, Any]) -> dict[str, jax.Array]:
    """Counts and sums of one step; reduce them over steps and environments (``REDUCTIONS``).

    Args:
        info: ``info`` of ``env.step`` (any batch shape).

    Returns:
        arrays of the batch shape: int32 counts and cents, float32 terms of the reward.
    """
    own = info["trade_closed"] & ~info["forced_trade"]
    counts = _trades(info, own) | _sides(info, own) | _account(info)
    counts |= {
        "entries": info["entry_filled"],
        "illegal_actions": info["illegal_action"],
        "forced_trades": info["trade_closed"] & info["forced_trade"],
    }
    for reason in list(ExitReason)[1:]:
        counts[f"exit_{reason.name.lower()}"] = own & (info["exit_reason"] == reason)
    for done in list(DoneReason)[1:]:
        counts[f"done_{done.name.lower()}"] = info["done_reason"] == done
    terms = {f"reward_{name}": term for name, term in info["reward_terms"].items()}
    return {name: jnp.asarray(value, jnp.int32) for name, value in counts.items()} | {
        name: jnp.asarray(value, jnp.float32) for name, value in terms.items()
    }


def _trades(info: Mapping[str, Any], own: jax.Array) -> dict[str, jax.Array]:
    """Trades, what they won and lost after costs, and commissions as they are charged."""
    net = jnp.where(own, info["trade_pnl_cents"], 0)
    return {
        "trades": own,
        "wins": net > 0,
        "gross_profit_cents": jnp.maximum(net, 0),
        "gross_loss_cents": jnp.maximum(-net, 0),
        "fees_cents": jnp.where(info["forced_trade"], 0, info["fees_cents"]),
    }


def _sides(info: Mapping[str, Any], own: jax.Array) -> dict[str, jax.Array]:
    """Trades and net P&L of each side."""
    sides = {}
    for name, side in (("long", 1), ("short", -1)):
        of_side = own & (info["trade_side"] == side)
        sides[f"{name}_trades"] = of_side
        sides[f"{name}_pnl_cents"] = jnp.where(of_side, info["trade_pnl_cents"], 0)
    return sides


def _account(info: Mapping[str, Any]) -> dict[str, jax.Array]:
    """Fall from the high-water mark at the close, and accounts that failed, by kind."""
    counted = ~info["forced_episode"]
    fallen = info["high_water_mark_cents"] - info["equity_cents"]
    breaches = {
        f"breach_{kind.name.lower().removeprefix('failed_')}": counted
        & (info["done_reason"] == kind)
        for kind in BREACHES
    }
    return {"max_drawdown_cents": jnp.where(counted, fallen, 0)} | breaches


def summarize(totals: Mapping[str, float]) -> dict[str, float]:
    """Figures from reduced metrics; a ratio is NaN where there is nothing to divide by.

    Cents become USD: ``fees_cents`` is ``fees_usd``. Adds ``pnl_usd`` (after costs), ``win_rate``,
    ``profit_factor``, ``expectancy_usd``, ``long_share`` and ``breaches``.
    """

    def ratio(numerator: float, denominator: float) -> float:
        return numerator / denominator if denominator else float("nan")

    figures = {
        name.replace("_cents", "_usd"): value / 100.0 if name.endswith("_cents") else value
        for name, value in totals.items()
    }
    pnl = (totals["gross_profit_cents"] - totals["gross_loss_cents"]) / 100.0
    return figures | {
        "pnl_usd": pnl,
        "win_rate": ratio(totals["wins"], totals["trades"]),
        "profit_factor": ratio(totals["gross_profit_cents"], totals["gross_loss_cents"]),
        "expectancy_usd": ratio(pnl, totals["trades"]),
        "long_share": ratio(totals["long_trades"], totals["trades"]),
        "breaches": sum(value for name, value in totals.items() if name.startswith("breach_")),
    }


def quality_components(
    figures: Figures, halves: Halves, steps: int, target_ratio: float
) -> dict[str, tuple[float, float]]:
    """How well an agent trades: name -> (value in [0, 1], weight), each of weight 1.

        frequency    min(1, trades per 1,000 steps / 5)
        win_rate     0.5 + (win rate - break-even rate) / 0.2 within [0, 1];
                     the break-even rate of a bracket is 1 / (1 + target_ratio)
        trend        0.5 + 0.5 tanh((later - earlier) / (|later| + |earlier|)) of the P&L per trade
                     in the later and the earlier half

    Args:
        figures: of ``summarize`` what is a number; a component without its figure is left out.
        halves: the same of the earlier and the later half; None: no ``trend``.
        steps: environment steps that the figures are over.
        target_ratio: target distance / stop distance of the bracket.
    """
    values = {}
    if "trades" in figures:
        per_1000 = figures["trades"] * 1_000.0 / steps
        values["frequency"] = min(1.0, per_1000 / TRADES_PER_1000_STEPS)
    if "win_rate" in figures:
        edge = figures["win_rate"] - 1.0 / (1.0 + target_ratio)
        values["win_rate"] = min(1.0, max(0.0, 0.5 + edge / WIN_RATE_SPAN))
    if halves and "expectancy_usd" in figures:
        earlier, later = (half.get("expectancy_usd", 0.0) for half in halves)
        size = abs(earlier) + abs(later)
        values["trend"] = 0.5 + 0.5 * math.tanh((later - earlier) / size) if size else 0.5
    return {name: (value, 1.0) for name, value in values.items()}
