"""Exact trading metrics: per-step sums on the device, ratios on the host.

Forced trades are excluded from every trade metric.
"""

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp

from futures_env.codes import DoneReason, ExitReason


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
