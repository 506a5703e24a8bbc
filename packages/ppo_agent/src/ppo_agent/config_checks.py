"""What is wrong with hyper-parameters: one sentence per field, with the nearest valid values."""

import math
import typing
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ppo_agent.config import PPOConfig

LARGEST = 2**31 - 1
"""Largest counter: the train state counts updates and optimizer steps in int32."""

NUM_SEEDS = 2**32
"""Different seeds of a JAX key; a larger seed would repeat an earlier one."""

_BOUNDS: dict[str, tuple[float, float]] = {
    "seed": (0, NUM_SEEDS - 1),
    "num_seeds": (1, LARGEST),
    "total_timesteps": (1, 2**63 - 1),
    "num_envs": (1, LARGEST),
    "num_steps": (1, LARGEST),
    "num_epochs": (1, 10_000),
    "num_minibatches": (1, LARGEST),
    "learning_rate": (0.0, 1.0),
    "learning_rate_final": (0.0, 1.0),
    "gamma": (0.0, 1.0),
    "gae_lambda": (0.0, 1.0),
    "clip_range": (1e-6, 10.0),
    "vf_coef": (0.0, 1e3),
    "ent_coef": (0.0, 1e3),
    "max_grad_norm": (1e-6, 1e6),
    "adam_eps": (1e-12, 1.0),
    "action_floor": (0.0, 0.5),
    "resting_logit": (-100.0, 100.0),
    "recency_half_life": (0.0, 1e6),
    "observation_clip": (1e-3, 1e6),
    "num_devices": (0, LARGEST),
    "updates_per_chunk": (1, LARGEST),
    "checkpoint_every": (0, LARGEST),
    "keep_last": (1, LARGEST),
    "keep_best": (0, LARGEST),
    "max_minutes": (0.0, 1e6),
    "entropy_warning": (0.0, 100.0),
    "adjust_every": (1, LARGEST),
    "entropy_target": (1e-3, 100.0),
    "ent_coef_min": (1e-9, 1e3),
    "ent_coef_max": (1e-9, 1e3),
    "action_floor_max": (0.0, 0.5),
}


def problems(config: "PPOConfig") -> list[str]:
    """One sentence per wrong field; relations between fields when each is right by itself."""
    values = vars(config)
    return (
        type_problems(type(config), values)
        or _bound_problems(config)
        or [*_size_problems(config), *_count_problems(config), *_adjustment_problems(config)]
    )


def type_problems(cls: type, values: Mapping[str, Any]) -> list[str]:
    """Values that do not have the annotated type of their field."""
    wanted = {name: _wanted(hint) for name, hint in _hints(cls).items()}
    return [
        f"{name}={value!r} must be {wanted[name]}"
        for name, value in values.items()
        if not _has_type(value, _hints(cls)[name])
    ]


@cache
def _hints(cls: type) -> dict[str, Any]:
    return typing.get_type_hints(cls)


def _wanted(hint: Any) -> str:
    if typing.get_origin(hint) is typing.Literal:
        return "one of " + ", ".join(typing.get_args(hint))
    if typing.get_origin(hint) is tuple:
        return "a tuple (in a file: a list) of whole numbers"
    return {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}[hint]


def _has_type(value: Any, hint: Any) -> bool:
    if typing.get_origin(hint) is typing.Literal:
        return isinstance(value, str) and value in typing.get_args(hint)
    if typing.get_origin(hint) is tuple:
        return isinstance(value, tuple) and all(_has_type(v, int) for v in value)
    if isinstance(value, bool):  # a bool is an int to Python
        return hint is bool
    return isinstance(value, int | float) if hint is float else isinstance(value, hint)


def _bound_problems(config: "PPOConfig") -> list[str]:
    found = []
    for name, (low, high) in _BOUNDS.items():
        value = getattr(config, name)
        if value != value:  # nan; math.isnan refuses very large whole numbers
            default = type(config).__dataclass_fields__[name].default
            found.append(f"{name}=nan is not a number: the default is {default}")
        elif not low <= value <= high:
            nearest = low if value < low else high
            found.append(
                f"{name}={value} is outside [{_plain(low)}, {_plain(high)}]: "
                f"nearest valid is {_plain(nearest)}"
            )
    return found


def _plain(number: float) -> str:
    return str(number) if isinstance(number, int) else f"{number:g}"


def _size_problems(config: "PPOConfig") -> list[str]:
    found = []
    if not config.hidden_sizes:
        found.append("hidden_sizes needs at least one width, e.g. 256")
    found += [
        f"{name}={getattr(config, name)}: nearest valid for a width is 1"
        for name in ("hidden_sizes", "head_sizes")
        if min(getattr(config, name), default=1) < 1
    ]
    found += _division_problem("num_minibatches", config.num_minibatches, "num_steps", config)
    if config.num_devices > 1:
        found += _division_problem("num_devices", config.num_devices, "num_envs", config)
    return found


def _division_problem(name: str, value: int, whole_name: str, config: "PPOConfig") -> list[str]:
    whole = getattr(config, whole_name)
    if whole % value == 0:
        return []
    return [
        f"{name}={value} does not divide {whole_name}={whole}: {nearest_divisors(whole, value)}"
    ]


def nearest_divisors(whole: int, value: int, largest: int = LARGEST) -> str:
    """The divisors of ``whole`` next to ``value``, none above ``largest``, in words."""
    low = [d for d in range(1, math.isqrt(whole) + 1) if whole % d == 0]
    divisors = sorted(d for d in {*low, *(whole // d for d in low)} if d <= largest)
    below, above = [d for d in divisors if d <= value][-1:], [d for d in divisors if d > value][:1]
    nearest = [str(d) for d in below + above]
    return f"nearest valid {'is' if len(nearest) == 1 else 'are'} {' and '.join(nearest)}"


def _count_problems(config: "PPOConfig") -> list[str]:
    found = []
    if config.seed + config.num_seeds > NUM_SEEDS:
        found.append(
            f"seed={config.seed} with num_seeds={config.num_seeds} runs past the last seed: "
            f"nearest valid is seed={NUM_SEEDS - config.num_seeds}"
        )
    size, per_update = config.steps_per_update, config.num_epochs * config.num_minibatches
    if config.num_updates < 1:
        found.append(
            f"total_timesteps={config.total_timesteps} is less than one update of num_envs x "
            f"num_steps = {size}: nearest valid is {size}"
        )
    elif config.num_updates * per_update > LARGEST:
        found.append(
            f"total_timesteps={config.total_timesteps} needs more than {LARGEST} optimizer steps: "
            f"nearest valid is {LARGEST // per_update * size}"
        )
    return found


def _adjustment_problems(config: "PPOConfig") -> list[str]:
    found = []
    if config.ent_coef_min > config.ent_coef_max:
        found.append(
            f"ent_coef_min={config.ent_coef_min} is over ent_coef_max={config.ent_coef_max}: "
            f"nearest valid is {config.ent_coef_max}"
        )
    if config.auto_adjust and config.action_floor > config.action_floor_max:
        found.append(
            f"action_floor={config.action_floor} is over action_floor_max="
            f"{config.action_floor_max}, which auto_adjust may not exceed: nearest valid is "
            f"{config.action_floor_max}"
        )
    if config.auto_adjust and config.num_seeds > 1:
        found.append("auto_adjust works on one run: set num_seeds=1 or auto_adjust=False")
    return found
