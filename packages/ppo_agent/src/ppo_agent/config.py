"""All hyper-parameters in one frozen dataclass, checked when it is made."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ppo_agent import config_checks

Activation = Literal["tanh", "relu"]
StoredDtype = Literal["float32", "bfloat16"]

FINE_TUNING = {"learning_rate": 5e-5, "learning_rate_final": 5e-5, "ent_coef": 0.05}
"""Defaults of a run that starts from a transferred agent."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The fields of ``PPOConfig`` before they are checked together.

    The command line merges defaults, a file and flags in one of these, so that only what comes out
    has to be valid.
    """

    seed: int = 0
    """Seed of all randomness of the run; the same seed prints the same numbers on a CPU."""
    num_seeds: int = 1
    """Runs trained side by side by vmap, with seeds `seed`, `seed` + 1, ..."""
    total_timesteps: int = 1_000_000
    """Environment steps over all environments, rounded down to whole updates."""
    num_envs: int = 256
    """Environments stepped side by side."""
    num_steps: int = 128
    """Steps per environment and update."""
    num_epochs: int = 4
    """Passes over each rollout."""
    num_minibatches: int = 4
    """Minibatches per pass; must divide `num_steps`."""
    learning_rate: float = 3e-3
    """Adam step size at the first optimizer step."""
    learning_rate_final: float = 3e-4
    """Adam step size reached linearly, in optimizer steps, at the end of the run."""
    gamma: float = 0.99
    """Discount per step."""
    gae_lambda: float = 0.95
    """Decay of the advantage estimator."""
    clip_range: float = 0.2
    """Clip of the probability ratio, and of the value step when `clip_value` is on."""
    clip_value: bool = True
    """Clip the value step around the value at collection."""
    vf_coef: float = 0.5
    """Weight of the value loss."""
    ent_coef: float = 0.05
    """Weight of the KL divergence from the prior policy, which is the entropy bonus where the prior
    is uniform."""
    resting_logit: float = 3.0
    """Logit, in the prior policy, of the action that the environment names as `resting_action`; the
    others have 0. Training starts from the prior."""
    recency_half_life: float = 2.0
    """Steps back after which an input counts half, where the environment tells the
    `observation_ages` of its columns; 0: all inputs count alike."""
    max_grad_norm: float = 0.5
    """Gradients are clipped to this global norm."""
    adam_eps: float = 1e-5
    """Epsilon in Adam's denominator."""
    action_floor: float = 0.0
    """Least probability of every legal action; the larger of this and the schedule holds."""
    hidden_sizes: tuple[int, ...] = (64, 64)
    """Widths of the shared trunk."""
    head_sizes: tuple[int, ...] = ()
    """Widths of separate actor and critic heads behind the trunk; empty: outputs on the trunk."""
    activation: Activation = "tanh"
    """Nonlinearity of the hidden layers."""
    layer_norm: bool = False
    """Normalise every hidden layer before its nonlinearity."""
    normalize_observations: bool = True
    """Standardise observations by running moments kept in the train state."""
    observation_clip: float = 10.0
    """Bound on standardised observations."""
    scale_returns: bool = True
    """Divide rewards by the running standard deviation of discounted returns."""
    normalize_advantages: bool = True
    """Standardise advantages within each minibatch."""
    observation_dtype: StoredDtype = "float32"
    """Type of the observations in the rollout buffer; bfloat16 halves its memory."""
    remat: bool = False
    """Recompute activations in the backward pass (jax.checkpoint) to save memory."""
    num_devices: int = 1
    """Devices the environments are spread over; must divide `num_envs`. 0: all there are."""
    updates_per_chunk: int = 10
    """Updates per jitted call; logs, checkpoints and controllers act between calls."""
    checkpoint_every: int = 50
    """Updates between checkpoints; 0: only at the end and when stopped."""
    keep_last: int = 3
    """Newest checkpoints kept."""
    keep_best: int = 1
    """Best checkpoints by the validation metric kept besides the newest."""
    best_metric: str = "score"
    """Name of the validation metric that ranks checkpoints; larger is better."""
    max_minutes: float = 0.0
    """Stop with a checkpoint after this wall time, compiling included; 0: no limit."""
    tensorboard: bool = True
    """Write TensorBoard scalars into the run folder; left out where tensorboardX is missing."""
    entropy_warning: float = 0.05
    """Warn when the entropy over states with a choice falls under this."""
    auto_adjust: bool = False
    """Let the controllers change `ent_coef` and `action_floor` during the run."""
    adjust_every: int = 20
    """Updates between quality scores and adjustments."""
    entropy_target: float = 0.3
    """Entropy in nats over states with a choice that quality and adjustments aim at."""
    ent_coef_min: float = 1e-3
    """Least `ent_coef` that adjustments may set."""
    ent_coef_max: float = 0.2
    """Largest `ent_coef` that adjustments may set."""
    action_floor_max: float = 0.05
    """Largest `action_floor` that adjustments may set."""


@dataclass(frozen=True, kw_only=True)
class PPOConfig(Settings):
    """Hyper-parameters of one training run; each field is a flag of the command line.

    Floats listed in ``TRACED`` are arguments of the compiled update: changing or sweeping them
    never recompiles. Every field changes some output (``test_dead_fields.py``).

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
        kept = {name: getattr(self, name) for name in STATIC}
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


TRACED = (
    "learning_rate",
    "learning_rate_final",
    "gamma",
    "gae_lambda",
    "clip_range",
    "vf_coef",
    "ent_coef",
    "max_grad_norm",
    "adam_eps",
    "action_floor",
    "resting_logit",
    "recency_half_life",
)
"""Floats that reach the compiled update as arguments."""

STATIC = (
    "num_envs",
    "num_steps",
    "num_epochs",
    "num_minibatches",
    "clip_value",
    "hidden_sizes",
    "head_sizes",
    "activation",
    "layer_norm",
    "normalize_observations",
    "observation_clip",
    "scale_returns",
    "normalize_advantages",
    "observation_dtype",
    "remat",
    "updates_per_chunk",
)
"""Fields that shape the compiled update."""
