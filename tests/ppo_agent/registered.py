"""The corridor under an id, with functions for the flags of the command line."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import gymnax
import jax
import jax.numpy as jnp

from ppo_agent import Policy
from tests.ppo_agent.corridor import Corridor, CorridorParams

if "Corridor-test" not in gymnax.registered_envs:
    gymnax.register("Corridor-test", Corridor)

ENV = f"{__name__}:Corridor-test"

FLAGS = [
    "--num-envs", "8", "--num-steps", "8", "--num-minibatches", "2", "--num-epochs", "2",
    "--resting-logit", "0",
    "--hidden-sizes", "16", "--updates-per-chunk", "3", "--no-tensorboard", "--quiet",
]  # fmt: skip

NOT_CALLABLE = "text"


class Ratio(Corridor):
    """With a figure that does not exist."""

    def summarize_metrics(self, sums: dict[str, float]) -> dict[str, float]:
        return {"profit_factor": float("nan")}


if "Ratio-test" not in gymnax.registered_envs:
    gymnax.register("Ratio-test", Ratio)


class DamagedError(ValueError):
    """What an environment says of a file it was told to read."""

    exit_code = 1


def reading(table: str) -> Corridor:
    """An environment that reads a file, which is damaged."""
    raise DamagedError(f"{table}: no table")


if "Reading-test" not in gymnax.registered_envs:
    gymnax.register("Reading-test", reading)


def written(table: str) -> Corridor:
    """An environment that is made from a file."""
    assert Path(table).is_file()
    return Corridor()


if "Written-test" not in gymnax.registered_envs:
    gymnax.register("Written-test", written)


def schedule(params: CorridorParams, progress: jax.Array) -> CorridorParams:
    """A curriculum."""
    return replace(params, goal_reward=3.0)


def scores() -> Callable[[Policy], dict[str, float]]:
    """A validation: `first` is best early, `last` late."""
    return lambda policy: {
        "first": -float(policy.metadata["step"]),
        "last": float(policy.metadata["step"]),
    }


def value_of(policy: Policy) -> dict[str, Any]:
    """A validation without a factory."""
    return {"score": float(policy.value(jnp.ones(2)))}
