"""Descriptions are the same for the same thing in every process, and differ for another."""

from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ppo_agent.storage.fingerprint import describe_env, describe_params, digest, name_of
from ppo_agent.storage.same_run import differences


def step(progress: jax.Array, height: float) -> jax.Array:
    return progress * height


@dataclass(frozen=True)
class Ramp:
    height: float
    shape: Any = field(default_factory=object)

    def __call__(self, progress: jax.Array) -> jax.Array:
        return progress * self.height


def test_names_say_what_is_held_and_no_address() -> None:
    here = __name__
    assert name_of(step) == f"{here}:step"
    assert name_of(partial(step, height=2.0)) == f"partial({here}:step, height=2.0)"
    assert name_of(Ramp(2.0)) == f"{here}:Ramp Ramp(height=2.0, shape=<object object>)"
    assert name_of(Ramp(2.0).__call__).endswith("Ramp(height=2.0, shape=<object object>)")
    assert name_of(Ramp(2.0)) == name_of(Ramp(2.0)) != name_of(Ramp(3.0))


class Room:
    def __init__(self, width: int) -> None:
        self.width = width
        self.plan = Ramp(1.0)
        self.doors = np.arange(width)
        self._market = object()
        self.opened = object()

    @cached_property
    def area(self) -> int:
        return self.width**2


def test_environments_are_known_by_their_public_plain_attributes() -> None:
    room = Room(3)
    described = describe_env(room)
    assert list(described) == ["class", "width", "plan", "doors"]
    assert described["class"].endswith(":Room")
    assert room.area == 9
    assert describe_env(room) == described, "a cache is no argument"
    assert differences(described, describe_env(Room(4)))[0] == "width: run has 3, asked 4"


def test_parameters_are_equal_by_value_and_not_by_container() -> None:
    plain = describe_params({"a": 1, "b": 0.5, "c": jnp.arange(3), "d": True}, (None,) * 4)
    arrays = {"a": jnp.int32(1), "b": np.float64(0.5), "c": np.arange(3), "d": np.bool_(True)}
    assert describe_params(arrays, (None,) * 4) == plain
    assert (plain["a"], plain["b"], plain["d"]) == (1, 0.5, True)
    assert describe_params({"c": jnp.arange(3)}, (0,))["c"] == f"{plain['c']} per environment"
    assert describe_params({"c": jnp.float32(jnp.inf)}, (None,))["c"].startswith("float32[]")


def test_digests_see_names_types_shapes_and_values() -> None:
    base = {"a": jnp.arange(4)}
    others = [
        {"b": jnp.arange(4)},
        {"a": jnp.arange(4, dtype=jnp.uint32)},
        {"a": jnp.arange(4).reshape(2, 2)},
        {"a": jnp.arange(4).at[3].set(4)},
    ]
    digests = [digest(tree) for tree in (base, *others)]
    assert len(set(digests)) == 5
    assert digest({"a": np.arange(4)}) == digests[0]


def test_differences_name_each_value_and_forgive_rounding() -> None:
    before = {"a": [1.0, {"b": 2}], "c": "x", "d": 0.1, "e": 1}
    now = {"a": [1.0 + 1e-9, {"b": 3}], "c": "x", "d": float(np.float32(0.1)), "f": None}
    assert differences(before, now) == ["a[1].b: run has 2, asked 3", "e: run has 1, asked None"]
    assert differences({"a": [1]}, {"a": [1, 2]}) == ["a: run has [1], asked [1, 2]"]
