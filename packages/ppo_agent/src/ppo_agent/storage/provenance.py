"""What a run records about itself."""

import json
import platform
import subprocess
from collections.abc import Mapping, Sequence
from importlib import metadata as packages
from pathlib import Path
from typing import Any

import jax

from ppo_agent import environment
from ppo_agent.algorithm.run_description import RunDescription, first_params
from ppo_agent.config import PPOConfig
from ppo_agent.environment import Environment
from ppo_agent.storage.fingerprint import Schedules, describe_inputs
from ppo_agent.types import Learned, PyTree, Row

RESERVED = frozenset({"update", "best_value", "step", "member", "curriculum"})
"""Names that a run or a policy adds later."""

_PACKAGES = ("ppo-agent", "gymnax", "jax", "flax", "optax", "distrax", "orbax-checkpoint")


def describe_run(
    run: RunDescription,
    env_params: PyTree,
    config: PPOConfig,
    *,
    schedules: Schedules = (None, None),
    members: Sequence[Row] = (),
    initial: Learned | None = None,
    extra: Mapping[str, Any] | None = None,
) -> Row:
    """Config, environment, inputs, versions, git revision and hardware, as JSON holds them.

    Args:
        run: static description; of its environment the name and, where it has them, the version of
            its rules and what ``describe_params`` says.
        env_params: parameters of all environments.
        config: the whole configuration, of which the run holds the static part.
        schedules: of the parameters and of the action floor, as the caller gave them.
        members: seed and sweep point of each run trained side by side, empty for one.
        initial: what training starts from.
        extra: what the caller adds, e.g. a data content hash; it must not reuse a name.

    Raises:
        ValueError: when ``extra`` reuses a name.
        TypeError: naming what JSON cannot hold.
    """
    env, one = run.env, first_params(env_params, run.param_axes)
    known = {
        "env": environment.environment_name(env),
        "rules_version": getattr(env, "rules_version", None),
        "observation_layout": list(environment.observation_layout(env, one)),
        "action_names": list(environment.action_names(env)),
        "environment_facts": environment.describe_params(env, one),
        "config": config.to_dict(),
        "num_members": run.num_members,
        "members": list(members),
        "inputs": describe_inputs(env, env_params, run.param_axes, schedules, initial),
        "versions": {"python": platform.python_version()} | _versions(env),
        "git_revision": git_revision(),
        "hardware": hardware(),
    }
    clash = sorted((RESERVED | set(known)) & set(extra or {}))
    if clash:
        raise ValueError(f"metadata may not set {', '.join(clash)}: the run records them itself")
    return json_ready(known | dict(extra or {}))


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


def _versions(env: Environment) -> dict[str, str]:
    """Of the packages that the numbers depend on, that of the environment among them."""
    found = {}
    for name in (*_PACKAGES, type(env).__module__.partition(".")[0]):
        try:
            installed = packages.distribution(name)
        except packages.PackageNotFoundError:
            continue
        found[installed.name] = installed.version
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
