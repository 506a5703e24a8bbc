"""Pytrees of the learner. T steps, E environments, A actions, D observation columns."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jax
from flax import struct

PyTree = Any
"""Any nest of arrays."""

Row = dict[str, Any]
"""Plain values by name, as a line of JSON holds them."""


class RunError(ValueError):
    """A run's folder, a file in it or what its environment reads cannot be used."""


class TrainingError(RuntimeError):
    """Training cannot go on; the message names update, field and the last good checkpoint."""


@struct.dataclass(kw_only=True)
class Moments:
    """Running mean and variance of a stream, per column."""

    count: jax.Array  # (...,) float32, samples seen, with a prior of one
    mean: jax.Array  # (...,) float32
    var: jax.Array  # (...,) float32, population variance


@struct.dataclass(kw_only=True)
class Hyper:
    """Hyper-parameters as traced scalars; the meaning is in ``PPOConfig``."""

    learning_rate: jax.Array  # () float32
    learning_rate_final: jax.Array  # () float32
    gamma: jax.Array  # () float32
    gae_lambda: jax.Array  # () float32
    clip_range: jax.Array  # () float32
    vf_coef: jax.Array  # () float32
    ent_coef: jax.Array  # () float32
    ent_coef_decay: jax.Array  # () float32
    max_grad_norm: jax.Array  # () float32
    adam_eps: jax.Array  # () float32
    action_floor: jax.Array  # () float32
    resting_logit: jax.Array  # () float32
    resting_logit_growth: jax.Array  # () float32
    recency_half_life: jax.Array  # () float32
    num_updates: jax.Array  # () int32, updates of the whole run


@struct.dataclass(kw_only=True)
class Learned:
    """What acting needs and what transfer carries over."""

    params: PyTree  # network parameters
    obs_stats: Moments  # (D,)
    input_weights: jax.Array  # (D,) float32, factors on the standardised observation
    return_stats: Moments  # ()


@struct.dataclass(kw_only=True)
class Workers:
    """The environments between two steps; every leaf leads with E."""

    env_state: PyTree
    obs: jax.Array  # (E, D) float32, raw
    discounted_return: jax.Array  # (E,) float32, running discounted sum of raw rewards
    episode_return: jax.Array  # (E,) float32
    episode_length: jax.Array  # (E,) int32


@struct.dataclass(kw_only=True)
class TrainState:
    """Everything a run needs to continue bit for bit."""

    learned: Learned
    opt_state: PyTree
    hyper: Hyper
    workers: Workers
    key: jax.Array  # (2,) uint32
    update: jax.Array  # () int32, updates done
    optimizer_steps: jax.Array  # () int32


@struct.dataclass(kw_only=True)
class Rollout:
    """One batch of experience in the order it was collected."""

    obs: jax.Array  # (T, E, D) standardised, float32 or bfloat16
    mask: jax.Array  # (T, E, A) bool, legal actions when the action was drawn
    action: jax.Array  # (T, E) int32
    log_prob: jax.Array  # (T, E) float32, under the behaviour distribution
    value: jax.Array  # (T, E) float32, scaled returns
    reward: jax.Array  # (T, E) float32, raw
    terminated: jax.Array  # (T, E) bool
    done: jax.Array  # (T, E) bool, terminated or truncated
    next_value: jax.Array  # (T, E) float32, value of the true next observation
    discounted_return: jax.Array  # (T, E) float32


@struct.dataclass(kw_only=True)
class Minibatch:
    """What the loss reads; leading axes are free."""

    obs: jax.Array  # (..., D)
    mask: jax.Array  # (..., A) bool
    action: jax.Array  # (...,) int32
    log_prob: jax.Array  # (...,) float32
    value: jax.Array  # (...,) float32, at collection
    advantage: jax.Array  # (...,) float32
    target: jax.Array  # (...,) float32, value target


@dataclass(kw_only=True)
class Timing:
    """Wall time of a run, compile time apart."""

    compile_seconds: float = 0.0
    train_seconds: float = 0.0
    steps: int = 0

    @property
    def steps_per_second(self) -> float:
        """Steady environment steps per second, compile time excluded."""
        return self.steps / self.train_seconds if self.train_seconds else 0.0


@dataclass(kw_only=True)
class TrainResult:
    """What ``train`` returns."""

    train_state: TrainState
    metrics: list[dict[str, Any]]
    checkpoint: Path | None
    timing: Timing
    stopped_by: str = "finished"
    validation: list[dict[str, Any]] = field(default_factory=list)
    adjustments: list[dict[str, Any]] = field(default_factory=list)
