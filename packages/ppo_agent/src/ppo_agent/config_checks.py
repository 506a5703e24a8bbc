"""Declaring hyper-parameters, and what is wrong with them: a sentence each, with the nearest value.

Everything takes a dataclass whose fields are made by ``setting``, or an instance of one.
"""

import dataclasses
import math
import typing
from collections.abc import Mapping
from functools import cache
from typing import Any, TypedDict, Unpack

LARGEST = 2**31 - 1
"""Largest counter: the train state counts updates and optimizer steps in int32."""

NUM_SEEDS = 2**32
"""Different seeds of a JAX key; a larger seed would repeat an earlier one."""


class Marks(TypedDict, total=False):
    """What a field may say about its hyper-parameter; silence is False."""

    traced: bool  # a float that reaches the compiled update as an argument
    static: bool  # the compiled update is specialised on it
    resumable: bool  # it may differ between a run and its continuation
    kept_at_transfer: bool  # it gives parameters their meaning: both sides of a transfer share it
    fine_tuning: float  # default of a run that starts from a transferred agent


def setting(
    default: Any, low: float | None = None, high: float | None = None, **marks: Unpack[Marks]
) -> Any:
    """A dataclass field that declares a hyper-parameter: default, bounds of a number, marks."""
    bounds = {} if low is None else {"bounds": (low, high)}
    return dataclasses.field(default=default, metadata=bounds | marks)


def marked(cls: Any, mark: str) -> dict[str, Any]:
    """Field -> what it says under ``mark``, for the fields of a dataclass that say it."""
    fields = cls.__dataclass_fields__.values()
    return {field.name: field.metadata[mark] for field in fields if mark in field.metadata}


def problems(config: Any) -> list[str]:
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


def _bound_problems(config: Any) -> list[str]:
    found = []
    for name, (low, high) in marked(type(config), "bounds").items():
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


def _size_problems(config: Any) -> list[str]:
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


def _division_problem(name: str, value: int, whole_name: str, config: Any) -> list[str]:
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


def _count_problems(config: Any) -> list[str]:
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


def _adjustment_problems(config: Any) -> list[str]:
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
