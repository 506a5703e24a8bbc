"""Curricula: parameters and action floor as pure functions of training progress, with presets.

progress = (u - 1) / num_updates for update u = 1, 2, ..., num_updates; it is traced, so that a
curriculum never recompiles. Presets shorten proportionally to any number of timesteps; their
numbers stand in docs/training.md, Curricula.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from futures_env.params.defaults import REWARD_PRESETS
from futures_env.types import SCALAR_FIELDS, EnvParams

Schedule = Callable[[jax.Array], jax.Array]
"""progress () float32 -> value () float32."""

PHASE1_TIMESTEPS = 20_000_000
PHASE1_BONUS_TIMESTEPS = 8_000_000
TIMESTEPS_PER_UPDATE = 256 * 128
PHASE2_STAGES = ((0.0, "2A"), (0.2, "2B"), (0.8, "2C"))
"""Boot camp, integrated, production."""


def piecewise_linear(*points: tuple[float, float]) -> Schedule:
    """Linear interpolation through (progress, value) points, constant outside.

    Two points at the same progress make a jump; the value there is the later one.
    """
    xs = jnp.asarray([x for x, _ in points], jnp.float32)
    ys = jnp.asarray([y for _, y in points], jnp.float32)

    def schedule(progress: jax.Array) -> jax.Array:
        progress = jnp.asarray(progress, jnp.float32)
        right = jnp.clip(jnp.searchsorted(xs, progress, side="right"), 1, len(points) - 1)
        x0, x1, y0, y1 = xs[right - 1], xs[right], ys[right - 1], ys[right]
        share = jnp.clip((progress - x0) / jnp.where(x1 > x0, x1 - x0, 1.0), 0.0, 1.0)
        return jnp.where(progress >= x1, y1, y0 + (y1 - y0) * share)

    return schedule


@dataclass(frozen=True, kw_only=True, eq=False)  # hashed by identity: a static argument of jit
class Curriculum:
    """Schedules of EnvParams fields, and of the agent's action floor.

    Attributes:
        name: preset name.
        fields: EnvParams field name -> schedule.
        constants: EnvParams fields set once, before training.
        action_floor: probability every legal action keeps.
        stages: (first progress, name) of each stage, ascending from 0; empty: no names.
    """

    name: str
    fields: Mapping[str, Schedule]
    constants: Mapping[str, float] = field(default_factory=dict)
    action_floor: Schedule = field(default_factory=lambda: piecewise_linear((0, 0), (1, 0)))
    stages: tuple[tuple[float, str], ...] = ()

    def __post_init__(self) -> None:
        unknown = sorted({*self.fields, *self.constants} - set(SCALAR_FIELDS))
        if unknown:
            raise ValueError(f"curriculum {self.name!r}: no such EnvParams field: "
                             f"{', '.join(unknown)}")  # fmt: skip

    def stage(self, progress: float) -> str:
        """Name of the stage at ``progress``, on the host; empty where there are no names.

        Compared in float32, as the schedules are, so that a stage begins where its values do.
        """
        begun = [name for first, name in self.stages if np.float32(progress) >= np.float32(first)]
        return begun[-1] if begun else ""

    def prepare(self, params: EnvParams) -> EnvParams:
        """Parameters with the constants set, before training."""
        return replace(params, **_cast(params, self.constants))

    def __call__(self, params: EnvParams, progress: jax.Array) -> EnvParams:
        """Parameters in force at ``progress``; the ``params_schedule`` hook of ppo_agent."""
        values = {name: schedule(progress) for name, schedule in self.fields.items()}
        return replace(params, **_cast(params, values))


def _cast(params: EnvParams, values: Mapping[str, Any]) -> dict[str, jax.Array]:
    """Values in the dtype and batch shape of the fields they replace; integers are rounded."""
    cast = {}
    for name, value in values.items():
        old = jnp.asarray(getattr(params, name))
        value = jnp.asarray(value)
        if jnp.issubdtype(old.dtype, jnp.integer):
            value = jnp.round(value)
        cast[name] = jnp.broadcast_to(value.astype(old.dtype), old.shape)
    return cast


def phase1_seed() -> Curriculum:
    """Phase 1: cheap and rewarded entries first, real costs from the middle on.

    Commission 1.00 -> 2.50 USD per side over the first half; entry bonus 400 USD and action floor
    8 % fall to 0 over the first 8,000,000 of 20,000,000 timesteps (610 updates).
    """
    num_updates = PHASE1_TIMESTEPS // TIMESTEPS_PER_UPDATE
    bonus_ends = PHASE1_BONUS_TIMESTEPS / (num_updates * TIMESTEPS_PER_UPDATE)
    return Curriculum(
        name="phase1-seed",
        fields={
            "commission_usd": piecewise_linear((0.0, 1.0), (0.5, 2.5)),
            "entry_bonus": piecewise_linear((0.0, 400.0), (bonus_ends, 0.0)),
        },
        constants=REWARD_PRESETS["seed"],
        action_floor=piecewise_linear((0.0, 0.08), (bonus_ends, 0.0)),
    )


def phase1_tightening() -> Curriculum:
    """Phase 1 with the drawdown tightened 15,000 -> 5,000 -> 2,500 USD and the stop 2.0 -> 1.5."""
    base = phase1_seed()
    return Curriculum(
        name="phase1-tightening",
        fields={
            **base.fields,
            "drawdown": piecewise_linear((0.0, 15_000.0), (0.5, 5_000.0), (1.0, 2_500.0)),
            "stop_atr_multiple": piecewise_linear((0.0, 2.0), (1.0, 1.5)),
        },
        constants=base.constants,
        action_floor=base.action_floor,
    )


def _phase2(name: str, end_of_integration: Mapping[str, float]) -> Curriculum:
    """Boot camp to p = 0.2, integrated to 0.8 ending at the given values, then production."""
    start = {
        "forced_position_ratio": 0.5,
        "entry_bonus": 300.0,
        "management_bonus": 400.0,
        "commission_usd": 0.25,
    }
    production = dict.fromkeys(start, 0.0) | {"commission_usd": 2.5}
    return Curriculum(
        name=name,
        fields={
            key: piecewise_linear(
                (0.0, first), (0.2, first), (0.8, end_of_integration[key]), (0.8, production[key])
            )
            for key, first in start.items()
        },
        constants=REWARD_PRESETS["seed"],
        stages=PHASE2_STAGES,
    )


def phase2_seed() -> Curriculum:
    """Phase 2 with a jump to the production values at p = 0.8."""
    return _phase2(
        "phase2-seed",
        {
            "forced_position_ratio": 0.10,
            "entry_bonus": 150.0,
            "management_bonus": 100.0,
            "commission_usd": 2.0,
        },
    )


def phase2_seed_continuous() -> Curriculum:
    """Phase 2 reaching the production values at p = 0.8 without a jump."""
    return _phase2(
        "phase2-seed-continuous",
        {
            "forced_position_ratio": 0.0,
            "entry_bonus": 0.0,
            "management_bonus": 0.0,
            "commission_usd": 2.5,
        },
    )


CURRICULA: dict[str, Callable[[], Curriculum]] = {
    "phase1-seed": phase1_seed,
    "phase1-tightening": phase1_tightening,
    "phase2-seed": phase2_seed,
    "phase2-seed-continuous": phase2_seed_continuous,
}
"""Presets by name."""


def curriculum(name: str) -> Curriculum:
    """Build a preset.

    Raises:
        ValueError: for an unknown name, naming the known ones.
    """
    if name not in CURRICULA:
        raise ValueError(f"no curriculum {name!r}; known presets: {', '.join(CURRICULA)}")
    return CURRICULA[name]()
