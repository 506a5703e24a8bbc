"""Whether an agent and an environment mean the same by their columns and actions."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ppo_agent import environment
from ppo_agent.environment import Environment
from ppo_agent.types import PyTree

LAYOUT, ACTIONS = "observation_layout", "action_names"

_INDEX = re.compile(r"(obs\[\d+\]|\d+)")


def check_meaning(source: Mapping[str, Any], what: str, target_env: Environment) -> None:
    """Names that only count columns or actions mean nothing in another environment.

    Args:
        source: metadata of the agent: its environment's name and names of columns and actions.
        what: ``LAYOUT`` or ``ACTIONS``.
        target_env: the environment that is to understand them.

    Raises:
        ValueError: with the remedy, when names are indices and the environments differ.
    """
    names, trained_on = source[what], source.get("env", "an unnamed environment")
    target = environment.environment_name(target_env)
    if trained_on == target or not all(_INDEX.fullmatch(name) for name in names):
        return
    raise ValueError(
        f"the agent was trained on {trained_on}, this is {target}, and {what} of the agent are "
        f"only indices ({names[0]}, ...): nothing says that they mean the same here. Give both "
        f"environments {what}, or say what the agent's are: transfer(..., source_layout=..., "
        "source_actions=...)"
    )


def check_same_names(agent: Mapping[str, Any], env: Environment, env_params: PyTree) -> None:
    """An agent plays only where columns and actions are the ones it was trained with, in order.

    Args:
        agent: metadata of the agent; without names nothing is compared.
        env: environment to play in.
        env_params: its parameters.

    Raises:
        ValueError: listing what differs.
    """
    here = {
        LAYOUT: environment.observation_layout(env, env_params),
        ACTIONS: environment.action_names(env),
    }
    lines = [
        f"{what}: {difference}"
        for what, names in here.items()
        if what in agent and (difference := _difference(agent[what], names))
    ]
    if lines:
        raise ValueError(
            f"the agent does not fit {environment.environment_name(env)}:\n  " + "\n  ".join(lines)
        )
    for what in here:
        if what in agent:
            check_meaning(agent, what, env)


def _difference(agent: Sequence[str], env: Sequence[str]) -> str:
    """What differs in words, empty when nothing does."""
    if list(agent) == list(env):
        return ""
    parts = [f"the agent has {len(agent)}, the environment {len(env)}"]
    for owner, mine, other in (("agent", agent, env), ("environment", env, agent)):
        alone = [name for name in mine if name not in set(other)]
        if alone:
            parts.append(f"only the {owner} has {shortened(alone)}")
    if len(parts) == 1:
        at = next(i for i, (a, b) in enumerate(zip(agent, env, strict=True)) if a != b)
        parts.append(f"another order from position {at} on: {agent[at]} against {env[at]}")
    return "; ".join(parts)


def shortened(names: Sequence[str], most: int = 10) -> str:
    """The first names, and that there are more."""
    return ", ".join(names[:most]) + (", ..." if len(names) > most else "")
