"""All hyper-parameters in one frozen dataclass, checked when it is made."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ppo_agent import config_checks
from ppo_agent.config_checks import LARGEST, NUM_SEEDS, marked, setting


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The fields of ``PPOConfig`` before they are checked together.

    Each is the one home of its hyper-parameter: default, bounds, marks (``Marks``) and meaning. The
    command line merges defaults, a file and flags in one of these, so that only what comes out has
    to be valid.
    """

    seed: int = setting(0, 0, NUM_SEEDS - 1)
    """Seed of all randomness of the run; the same seed prints the same numbers on a CPU."""
    num_seeds: int = setting(1, 1, LARGEST)
    """Runs trained side by side by vmap, with seeds `seed`, `seed` + 1, ..."""
    total_timesteps: int = setting(1_000_000, 1, 2**63 - 1)
    """Environment steps over all environments, rounded down to whole updates."""
    num_envs: int = setting(256, 1, LARGEST, static=True)
    """Environments stepped side by side."""
    num_steps: int = setting(128, 1, LARGEST, static=True)
    """Steps per environment and update."""
    num_epochs: int = setting(4, 1, 10_000, static=True)
    """Passes over each rollout."""
    num_minibatches: int = setting(4, 1, LARGEST, static=True)
    """Minibatches per pass; must divide `num_steps`."""
    learning_rate: float = setting(3e-3, 0.0, 1.0, traced=True, fine_tuning=1e-3)
    """Adam step size at the first optimizer step."""
    learning_rate_final: float = setting(3e-4, 0.0, 1.0, traced=True, fine_tuning=1e-4)
    """Adam step size reached linearly, in optimizer steps, at the end of the run."""
    gamma: float = setting(0.99, 0.0, 1.0, traced=True)
    """Discount per step."""
    gae_lambda: float = setting(0.95, 0.0, 1.0, traced=True)
    """Decay of the advantage estimator."""
    clip_range: float = setting(0.2, 1e-6, 10.0, traced=True)
    """Clip of the probability ratio, and of the value step when `clip_value` is on."""
    clip_value: bool = setting(True, static=True)
    """Clip the value step around the value at collection."""
    vf_coef: float = setting(0.5, 0.0, 1e3, traced=True)
    """Weight of the value loss."""
    ent_coef: float = setting(0.02, 0.0, 1e3, traced=True)
    """Weight of the KL divergence from the prior policy, which is the entropy bonus where the prior
    is uniform."""
    ent_coef_decay: float = setting(0.75, 0.0, 1.0, traced=True)
    """Share of `ent_coef` that is gone at the end of the run, taken away linearly in updates."""
    resting_logit: float = setting(2.0, -100.0, 100.0, traced=True)
    """Logit, in the prior policy, of the action that the environment names as `resting_action`; the
    others have 0. Training starts from the prior."""
    resting_logit_growth: float = setting(1.0, -1.0, 100.0, traced=True)
    """Share of `resting_logit` that is added to it by the end of the run, linearly in updates."""
    recency_half_life: float = setting(1.0, 0.0, 1e6, traced=True)
    """Steps back after which an input counts half, where the environment tells the
    `observation_ages` of its columns; 0: all inputs count alike."""
    max_grad_norm: float = setting(0.5, 1e-6, 1e6, traced=True)
    """Gradients are clipped to this global norm."""
    adam_eps: float = setting(1e-5, 1e-12, 1.0, traced=True)
    """Epsilon in Adam's denominator."""
    action_floor: float = setting(0.0, 0.0, 0.5, traced=True)
    """Least probability of every legal action; the larger of this and the schedule holds."""
    hidden_sizes: tuple[int, ...] = setting((64, 64), static=True, kept_at_transfer=True)
    """Widths of the shared trunk."""
    head_sizes: tuple[int, ...] = setting((), static=True, kept_at_transfer=True)
    """Widths of separate actor and critic heads behind the trunk; empty: outputs on the trunk."""
    activation: Literal["tanh", "relu"] = setting("tanh", static=True, kept_at_transfer=True)
    """Nonlinearity of the hidden layers."""
    layer_norm: bool = setting(False, static=True, kept_at_transfer=True)
    """Normalise every hidden layer before its nonlinearity."""
    normalize_observations: bool = setting(True, static=True, kept_at_transfer=True)
    """Standardise observations by running moments kept in the train state."""
    observation_clip: float = setting(10.0, 1e-3, 1e6, static=True, kept_at_transfer=True)
    """Bound on standardised observations."""
    scale_returns: bool = setting(True, static=True, kept_at_transfer=True)
    """Divide rewards by the running standard deviation of discounted returns."""
    normalize_advantages: bool = setting(True, static=True)
    """Standardise advantages within each minibatch."""
    observation_dtype: Literal["float32", "bfloat16"] = setting("float32", static=True)
    """Type of the observations in the rollout buffer; bfloat16 halves its memory."""
    remat: bool = setting(False, static=True)
    """Recompute activations in the backward pass (jax.checkpoint) to save memory."""
    num_devices: int = setting(1, 0, LARGEST, resumable=True)
    """Devices the environments are spread over; must divide `num_envs`. 0: all there are."""
    updates_per_chunk: int = setting(10, 1, LARGEST, static=True)
    """Updates per jitted call; logs, checkpoints and controllers act between calls."""
    checkpoint_every: int = setting(50, 0, LARGEST, resumable=True)
    """Updates between checkpoints; 0: only at the end and when stopped."""
    keep_last: int = setting(3, 1, LARGEST, resumable=True)
    """Newest checkpoints kept."""
    keep_every: int = setting(0, 0, LARGEST, resumable=True)
    """Every so many updates a checkpoint is written and kept for good; 0: none is."""
    keep_best: int = setting(1, 0, LARGEST, resumable=True)
    """Best checkpoints by the validation metric kept besides the newest."""
    best_metric: str = setting("score")
    """Name of the validation metric that ranks checkpoints; larger is better."""
    max_minutes: float = setting(0.0, 0.0, 1e6, resumable=True)
    """Stop with a checkpoint after this wall time, compiling included; 0: no limit."""
    tensorboard: bool = setting(True, resumable=True)
    """Write TensorBoard scalars into the run folder; left out where tensorboardX is missing."""
    entropy_warning: float = setting(0.05, 0.0, 100.0)
    """Warn when the entropy over states with a choice falls under this."""
    auto_adjust: bool = setting(False)
    """Let the controllers change `ent_coef` and `action_floor` during the run."""
    adjust_every: int = setting(20, 1, LARGEST)
    """Updates between quality scores and adjustments."""
    entropy_target: float = setting(0.3, 1e-3, 100.0)
    """Entropy in nats over states with a choice that quality and adjustments aim at."""
    ent_coef_min: float = setting(1e-3, 1e-9, 1e3)
    """Least `ent_coef` that adjustments may set."""
    ent_coef_max: float = setting(0.2, 1e-9, 1e3)
    """Largest `ent_coef` that adjustments may set."""
    action_floor_max: float = setting(0.05, 0.0, 0.5)
    """Largest `action_floor` that adjustments may set."""


@dataclass(frozen=True, kw_only=True)
class PPOConfig(Settings):
    """Hyper-parameters of one training run; each field is a flag of the command line.

    Floats marked ``traced`` are arguments of the compiled update: changing or sweeping them never
    recompiles. Every field changes some output (``test_dead_fields.py``).

    Raises:
        ValueError: naming each wrong field with the nearest valid values.
    """

    def __post_init__(self) -> None:
        problems = config_checks.problems(self)
        if problems:
            raise ValueError("wrong configuration:\n  " + "\n  ".join(problems))

    @property
    def steps_per_update(self) -> int:
        """Environment steps of one update."""
        return self.num_envs * self.num_steps

    @property
    def num_updates(self) -> int:
        """Updates of the whole run."""
        return self.total_timesteps // self.steps_per_update

    def to_dict(self) -> dict[str, Any]:
        """The fields as JSON-ready values."""
        values = dataclasses.asdict(self)
        return {k: list(v) if isinstance(v, tuple) else v for k, v in values.items()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "PPOConfig":
        """Build a config from ``to_dict`` or a parsed file.

        Raises:
            ValueError: on an unknown field or a value of another type, naming it.
        """
        return cls(**typed_values(values))

    def static_part(self) -> "PPOConfig":
        """This config with everything that the compiled update does not depend on at default."""
        kept = {name: getattr(self, name) for name in fields_marked("static")}
        return PPOConfig(total_timesteps=self.steps_per_update, **kept)


def typed_values(values: Any) -> dict[str, Any]:
    """Fields of ``Settings`` from the content of a file: names and types are right, lists tuples.

    Raises:
        ValueError: naming what is wrong.
    """
    if not isinstance(values, Mapping):
        raise ValueError(f"needs an object of fields and values, got {values!r}")
    known = [field.name for field in dataclasses.fields(Settings)]
    unknown = sorted(str(name) for name in set(values) - set(known))
    if unknown:
        raise ValueError(f"unknown field {', '.join(unknown)}; known: {', '.join(known)}")
    found = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
    wrong = config_checks.type_problems(Settings, found)
    if wrong:
        raise ValueError("wrong values:\n  " + "\n  ".join(wrong))
    return found


def fields_marked(mark: str) -> tuple[str, ...]:
    """Names of the hyper-parameters with a mark, in the order of their declaration."""
    return tuple(marked(Settings, mark))


FINE_TUNING: dict[str, float] = marked(Settings, "fine_tuning")
"""Defaults of a run that starts from a transferred agent."""
