"""Wrong values are errors that state the nearest valid ones."""

import dataclasses
import inspect
import re

import pytest

from ppo_agent import PPOConfig
from ppo_agent.config import STATIC, TRACED


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"num_minibatches": 5}, "num_minibatches=5 does not divide num_steps=128: "
         "nearest valid are 4 and 8"),
        ({"num_minibatches": 500}, "nearest valid are 128 and 128"),
        ({"num_devices": 3}, "num_devices=3 does not divide num_envs=256: nearest valid are 2"),
        ({"total_timesteps": 100}, "nearest valid is 32768"),
        ({"num_envs": 0}, "num_envs=0 must be a whole number: nearest valid is 1"),
        ({"num_steps": 2.5}, "num_steps=2.5 must be a whole number"),
        ({"gamma": 1.5}, r"gamma=1.5 is outside \[0, 1\]: nearest is 1"),
        ({"learning_rate": float("nan")}, "learning_rate=nan is outside"),
        ({"action_floor": -0.1}, "nearest is 0"),
        ({"activation": "swish"}, "activation='swish' is none of tanh, relu"),
        ({"hidden_sizes": ()}, "hidden_sizes needs at least one width"),
        ({"auto_adjust": True, "num_seeds": 2}, "num_seeds=1 or auto_adjust=False"),
    ],
)  # fmt: skip
def test_wrong_values_name_the_nearest_valid(changed: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        PPOConfig(**changed)


def test_all_problems_are_reported_together() -> None:
    with pytest.raises(ValueError, match=r"(?s)num_envs=0.*gamma=2"):
        PPOConfig(num_envs=0, gamma=2.0)


def test_round_trip_through_plain_values() -> None:
    config = PPOConfig(hidden_sizes=(8, 4), head_sizes=(3,), seed=7, activation="relu")
    assert PPOConfig.from_dict(config.to_dict()) == config


def test_unknown_field_is_named() -> None:
    with pytest.raises(ValueError, match="unknown field learning_rat; known: seed"):
        PPOConfig.from_dict({"learning_rat": 1.0})


def test_traced_values_do_not_reach_the_static_part() -> None:
    config = PPOConfig(learning_rate=1e-2, gamma=0.5, seed=3, num_envs=64)
    assert config.static_part() == PPOConfig(num_envs=64).static_part()
    assert not set(TRACED) & set(STATIC)


def test_every_field_has_a_docstring() -> None:
    source = inspect.getsource(PPOConfig)
    for field in dataclasses.fields(PPOConfig):
        assert re.search(rf'    {field.name}: .*\n    """\w', source), field.name
