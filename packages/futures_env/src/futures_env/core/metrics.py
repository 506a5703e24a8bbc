"""Exact trading metrics: per-step sums on the device, ratios and quality on the host.

Forced trades are excluded from every trade metric.
"""

import math
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp

from futures_env.codes import DoneReason, ExitReason

TRADES_PER_1000_STEPS = 5.0
WIN_RATE_SPAN = 0.2

Figures = Mapping[str, float]
Halves = tuple[Figures, Figures] | None


def step_metrics(info: Mapping[str, Any]) -> dict[str, jax.Array]:
    """Counts and sums of one step; add them up over steps and environments.

    Args:
        info: ``info`` of ``env.step`` (any batch shape).

    Returns:
        float32 arrays of the batch shape; money in USD.
    """
    own = info["trade_closed"] & ~info["forced_trade"]
    net = jnp.where(own, info["trade_pnl_cents"], 0).astype(jnp.float32) / 100.0
    sums = {
        "trades": own,
        "wins": own & (info["trade_pnl_cents"] > 0),
        "gross_profit_usd": jnp.maximum(net, 0.0),
        "gross_loss_usd": jnp.maximum(-net, 0.0),
        "entries": info["entry_filled"],
        "illegal_actions": info["illegal_action"],
        "forced_trades": info["trade_closed"] & info["forced_trade"],
    }
    for reason in list(ExitReason)[1:]:
        sums[f"exit_{reason.name.lower()}"] = own & (info["exit_reason"] == reason)
    for done in list(DoneReason)[1:]:
        sums[f"done_{done.name.lower()}"] = info["done_reason"] == done
    for name, term in info["reward_terms"].items():
        sums[f"reward_{name}"] = term
    return {name: jnp.asarray(value, jnp.float32) for name, value in sums.items()}


def summarize(sums: Mapping[str, float]) -> dict[str, float]:
    """Ratios from added-up sums; NaN where there is nothing to divide by.

    Adds ``win_rate``, ``profit_factor``, ``expectancy_usd`` and ``pnl_usd`` (after costs) to
    the sums themselves.
    """

    def ratio(numerator: float, denominator: float) -> float:
        return numerator / denominator if denominator else float("nan")

    pnl = sums["gross_profit_usd"] - sums["gross_loss_usd"]
    return dict(sums) | {
        "pnl_usd": pnl,
        "win_rate": ratio(sums["wins"], sums["trades"]),
        "profit_factor": ratio(sums["gross_profit_usd"], sums["gross_loss_usd"]),
        "expectancy_usd": ratio(pnl, sums["trades"]),
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
