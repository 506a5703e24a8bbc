"""What a run records about itself."""

import json
import platform
import subprocess
from importlib import metadata as packages
from pathlib import Path
from typing import Any

import jax

from ppo_agent import environment
from ppo_agent.config import PPOConfig
from ppo_agent.types import PyTree

RESERVED = frozenset({"inputs", "members", "update", "best_value", "step", "member"})
"""Names that a run or a policy adds later."""

_PACKAGES = ("ppo-agent", "futures-env", "gymnax", "jax", "flax", "optax", "orbax-checkpoint")


def describe_run(
    env: Any, env_params: PyTree, config: PPOConfig, num_members: int, extra: dict[str, Any] | None
) -> dict[str, Any]:
    """Config, environment, versions, git revision and hardware, JSON-ready.

    Args:
        env: the environment; ``env.name`` and, where it has one, ``env.rules_version``.
        env_params: parameters of one environment.
        config: the configuration.
        num_members: runs trained side by side, 0 for one.
        extra: what the caller adds, e.g. a data content hash; it must not reuse a name.
    """
    known = {
        "env": environment.environment_name(env),
        "rules_version": getattr(env, "rules_version", None),
        "observation_layout": list(environment.observation_layout(env, env_params)),
        "action_names": list(environment.action_names(env)),
        "config": config.to_dict(),
        "num_members": num_members,
        "versions": {"python": platform.python_version()} | _versions(),
        "git_revision": git_revision(),
        "hardware": hardware(),
    }
    clash = sorted((RESERVED | set(known)) & set(extra or {}))
    if clash:
        raise ValueError(f"metadata may not set {', '.join(clash)}: the run records them itself")
    return known | (extra or {})


def json_ready(described: dict[str, Any]) -> dict[str, Any]:
    """The same as it will be read back.

    Raises:
        TypeError: naming what JSON cannot hold.
    """
    for name, value in described.items():
        try:
            json.dumps(value)
        except (TypeError, ValueError) as error:
            raise TypeError(f"metadata {name!r} cannot be written as JSON: {error}") from error
    return json.loads(json.dumps(described))


def _versions() -> dict[str, str]:
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = packages.version(name)
        except packages.PackageNotFoundError:
            continue
    return found


def git_revision() -> str | None:
    """Commit of the checkout this package runs from, ``-dirty`` when changed, None outside git."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        done = subprocess.run(
            command, cwd=Path(__file__).parent, capture_output=True, text=True, timeout=10
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None


def hardware() -> dict[str, Any]:
    """Device kind and counts."""
    return {
        "backend": jax.default_backend(),
        "device_kind": jax.devices()[0].device_kind,
        "devices": jax.device_count(),
        "processes": jax.process_count(),
        "machine": platform.machine(),
    }
