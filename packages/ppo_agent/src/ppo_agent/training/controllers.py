"""Quality score and automatic adjustment, between chunks, from the metrics of a window of updates.

Both are pure functions of logged rows and current settings, so a resumed run decides the same. The
score is the weighted mean of components: two of every policy, with weight 1, and those that the
environment offers (``quality_components``).

    entropy      min(1, H / target), H the entropy over states with a choice
    balance      entropy of the mean action distribution over such states / log A
"""

import math

import numpy as np

from ppo_agent import environment
from ppo_agent.algorithm.schedules import PARAM
from ppo_agent.config import PPOConfig
from ppo_agent.environment import Environment
from ppo_agent.training.metrics_rows import env_figures
from ppo_agent.types import PyTree, Row

ENTROPY_UP, ENTROPY_DOWN = 1.5, 1.25
FLOOR_STEP = 0.01


def quality(env: Environment, window: list[Row], env_params: PyTree, config: PPOConfig) -> Row:
    """Score in [0, 1] and its components.

    Args:
        env: for its ``summarize_metrics`` and ``quality_components``.
        window: rows of consecutive updates.
        env_params: parameters of the environments as the run was given them.
        config: for ``entropy_target``.
    """
    entropy = float(np.mean([row["entropy_choice"] for row in window]))
    components = {
        "entropy": (min(1.0, entropy / config.entropy_target), 1.0),
        "balance": (_balance(window), 1.0),
    } | _own_components(env, window, env_params, config)
    values = {name: value for name, (value, _) in components.items()}
    weights = [weight for _, weight in components.values()]
    return {"score": float(np.average(list(values.values()), weights=weights))} | values


def _own_components(
    env: Environment, window: list[Row], env_params: PyTree, config: PPOConfig
) -> dict[str, tuple[float, float]]:
    half = len(window) // 2
    parts = (window[:half], window[half:])
    return environment.quality_components(
        env,
        env_figures(env, window),
        (env_figures(env, parts[0]), env_figures(env, parts[1])) if half else None,
        len(window) * config.steps_per_update,
        env_params,
        {n.removeprefix(PARAM): v for n, v in window[-1].items() if n.startswith(PARAM)},
    )


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
        env: for its ``summarize_metrics`` and ``activity_metric``.
        window: rows of consecutive updates.
        current: ``ent_coef`` and ``action_floor`` as they are.
        config: targets, bounds and the configured floor.

    Returns:
        rows of ``field``, ``old``, ``new``, ``reason``; empty when nothing is to change.
    """
    changes = [
        _entropy_rule(window, current["ent_coef"], config),
        _floor_rule(env, window, current["action_floor"], config),
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


def _floor_rule(env: Environment, window: list[Row], old: float, config: PPOConfig) -> Row | None:
    """Raise the action floor while the agent does nothing, and halve it once it acts again."""
    name = environment.activity_metric(env)
    activity = env_figures(env, window).get(name) if name else None
    if activity is None:
        return None
    if activity == 0:
        new, reason = min(max(2.0 * old, FLOOR_STEP), config.action_floor_max), f"no {name}"
    else:
        new = old / 2.0 if old / 2.0 >= FLOOR_STEP / 2.0 else 0.0
        new, reason = max(new, config.action_floor), f"{activity:.0f} {name}"
    new = float(np.float32(max(new, config.action_floor)))
    reason = f"{reason} in the last {config.adjust_every} updates"
    return {"field": "action_floor", "old": old, "new": new, "reason": reason}
