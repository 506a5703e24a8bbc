"""Quality score and automatic adjustment, between chunks, from the metrics of a window of updates.

Both are pure functions of logged rows and current settings, so a resumed run decides the same.
Components that the environment offers no figures for are left out of the score.

    entropy      min(1, H / target), H the entropy over states with a choice
    balance      entropy of the mean action distribution over such states / log A
    frequency    min(1, trades per 1,000 steps / 5)
    win_rate     0.5 + (win rate - break-even rate) / 0.2 within [0, 1];
                 the break-even rate of a bracket is 1 / (1 + target_ratio)
    trend        0.5 + 0.5 tanh((later - earlier) / (|later| + |earlier|)) of the P&L per trade in
                 the later and the earlier half of the window

The score is their mean.
"""

import math

import numpy as np

from ppo_agent.config import PPOConfig
from ppo_agent.environment import Environment
from ppo_agent.training.metrics_rows import over_rows
from ppo_agent.types import Row

TRADES_PER_1000_STEPS = 5.0
WIN_RATE_SPAN = 0.2
ENTROPY_UP, ENTROPY_DOWN = 1.5, 1.25
FLOOR_STEP = 0.01


def quality(
    env: Environment, window: list[Row], target_ratio: float | None, config: PPOConfig
) -> Row:
    """Score in [0, 1] and its components.

    Args:
        env: for its ``summarize_metrics``; trading components need ``trades``, ``win_rate`` and
            ``expectancy_usd`` in it.
        window: rows of consecutive updates.
        target_ratio: target distance / stop distance of the bracket; None: no such thing.
        config: for ``entropy_target``.
    """
    whole = over_rows(env, window)
    entropy = float(np.mean([row["entropy_choice"] for row in window]))
    parts = {
        "entropy": min(1.0, entropy / config.entropy_target),
        "balance": _balance(window),
    }
    trades = whole.get("env/trades")
    if trades is not None:
        steps = len(window) * config.steps_per_update
        parts["frequency"] = min(1.0, trades * 1_000.0 / steps / TRADES_PER_1000_STEPS)
    if "env/win_rate" in whole and target_ratio is not None:
        edge = whole["env/win_rate"] - 1.0 / (1.0 + target_ratio)
        parts["win_rate"] = min(1.0, max(0.0, 0.5 + edge / WIN_RATE_SPAN))
    half = len(window) // 2
    if half and "env/expectancy_usd" in whole:
        earlier, later = (
            over_rows(env, rows).get("env/expectancy_usd", 0.0)
            for rows in (window[:half], window[half:])
        )
        size = abs(earlier) + abs(later)
        parts["trend"] = 0.5 + 0.5 * math.tanh((later - earlier) / size) if size else 0.5
    return {"score": float(np.mean(list(parts.values())))} | parts


def _balance(window: list[Row]) -> float:
    names = [name for name in window[0] if name.startswith("action_choice/")]
    shares = np.asarray([np.mean([row[name] for row in window]) for name in names])
    used = shares[shares > 0.0]
    if len(names) < 2 or not used.size:
        return 0.0
    return float(-np.sum(used * np.log(used)) / math.log(len(names)))


def adjust(
    env: Environment, window: list[Row], current: dict[str, float], config: PPOConfig
) -> list[Row]:
    """Changes of traced hyper-parameters, each with its reason.

    Args:
        env: for its ``summarize_metrics``.
        window: rows of consecutive updates.
        current: ``ent_coef`` and ``action_floor`` as they are.
        config: targets, bounds and the configured floor.

    Returns:
        rows of ``field``, ``old``, ``new``, ``reason``; empty when nothing is to change.
    """
    changes = [
        _entropy_rule(window, current["ent_coef"], config),
        _floor_rule(over_rows(env, window), current["action_floor"], config),
    ]
    return [c for c in changes if c and np.float32(c["new"]) != np.float32(c["old"])]


def _entropy_rule(window: list[Row], old: float, config: PPOConfig) -> Row | None:
    """Multiply the entropy coefficient up under 0.8 target, down over 1.25 target."""
    if not any(row["choice_states"] for row in window):
        return None
    entropy = float(np.mean([row["entropy_choice"] for row in window]))
    target = config.entropy_target
    # a coefficient set outside the bounds is never moved against the rule
    if entropy < 0.8 * target:
        raised = min(max(old, config.ent_coef_min) * ENTROPY_UP, config.ent_coef_max)
        new, relation = max(old, raised), "under"
    elif entropy > 1.25 * target:
        new, relation = min(old, max(old / ENTROPY_DOWN, config.ent_coef_min)), "over"
    else:
        return None
    reason = f"entropy {entropy:.4f} is {relation} the target {target:g}"
    return {"field": "ent_coef", "old": old, "new": float(np.float32(new)), "reason": reason}


def _floor_rule(whole: Row, old: float, config: PPOConfig) -> Row | None:
    """Raise the action floor while no trade happens, and halve it once trades are back."""
    trades = whole.get("env/trades")
    if trades is None:
        return None
    if trades == 0:
        new, reason = min(max(2.0 * old, FLOOR_STEP), config.action_floor_max), "no trades"
    else:
        new = old / 2.0 if old / 2.0 >= FLOOR_STEP / 2.0 else 0.0
        new, reason = max(new, config.action_floor), f"{trades:.0f} trades"
    new = float(np.float32(max(new, config.action_floor)))
    reason = f"{reason} in the last {config.adjust_every} updates"
    return {"field": "action_floor", "old": old, "new": new, "reason": reason}
