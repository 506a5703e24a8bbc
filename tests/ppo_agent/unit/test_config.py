"""Wrong values are errors that state the nearest valid ones."""

import dataclasses
import inspect
import re

import pytest

from ppo_agent import PPOConfig
from ppo_agent.config import FINE_TUNING, Settings, fields_marked, typed_values
from ppo_agent.config_checks import Marks
from ppo_agent.types import Hyper


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"num_minibatches": 5}, "num_minibatches=5 does not divide num_steps=128: "
         "nearest valid are 4 and 8"),
        ({"num_minibatches": 500}, "nearest valid is 128$"),
        ({"num_devices": 3}, "num_devices=3 does not divide num_envs=256: nearest valid are 2"),
        ({"total_timesteps": 100}, "nearest valid is 32768"),
        ({"total_timesteps": 10**16}, r"more than 2147483647 .*: nearest valid is 4398046478336$"),
        ({"num_envs": 0}, r"num_envs=0 is outside \[1, 2147483647\]: nearest valid is 1$"),
        ({"num_steps": 2.5}, "num_steps=2.5 must be a whole number"),
        ({"num_steps": True}, "num_steps=True must be a whole number"),
        ({"seed": -1}, "nearest valid is 0$"),
        ({"seed": 2**32}, "seed=4294967296 is outside .*: nearest valid is 4294967295$"),
        ({"seed": 10**400}, "nearest valid is 4294967295$"),
        ({"seed": 2**32 - 2, "num_seeds": 3}, "nearest valid is seed=4294967293$"),
        ({"gamma": 1.5}, r"gamma=1.5 is outside \[0, 1\]: nearest valid is 1$"),
        ({"gamma": True}, "gamma=True must be a number$"),
        ({"gamma": "high"}, "gamma='high' must be a number$"),
        ({"learning_rate": float("nan")}, "learning_rate=nan is not a number: the default is 0.0"),
        ({"action_floor": -0.1}, "nearest valid is 0$"),
        ({"activation": "swish"}, "activation='swish' must be one of tanh, relu"),
        ({"clip_value": "no"}, "clip_value='no' must be true or false"),
        ({"remat": None}, "remat=None must be true or false"),
        ({"best_metric": 3}, "best_metric=3 must be a text"),
        ({"hidden_sizes": ()}, "hidden_sizes needs at least one width"),
        ({"hidden_sizes": 64}, "hidden_sizes=64 must be a tuple"),
        ({"hidden_sizes": ("a",)}, "hidden_sizes=.* must be a tuple"),
        ({"head_sizes": (16.5,)}, "head_sizes=.* of whole numbers"),
        ({"head_sizes": (0,)}, r"head_sizes=\(0,\): nearest valid for a width is 1"),
        ({"auto_adjust": True, "num_seeds": 2}, "num_seeds=1 or auto_adjust=False"),
        ({"ent_coef_min": 0.5, "ent_coef_max": 0.1}, "ent_coef_min=0.5 is over ent_coef_max=0.1"),
        ({"auto_adjust": True, "action_floor": 0.2}, "action_floor=0.2 is over action_floor_max"),
    ],
)  # fmt: skip
def test_wrong_values_name_the_nearest_valid(changed: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        PPOConfig(**changed)


def test_the_last_seed_and_the_longest_run_are_valid() -> None:
    PPOConfig(seed=2**32 - 3, num_seeds=3)
    PPOConfig(total_timesteps=4398046478336)


def test_large_updates_have_a_static_part() -> None:
    config = PPOConfig(num_envs=16_384, num_steps=128, total_timesteps=10**8)
    assert config.static_part().num_envs == 16_384


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([1], r"needs an object of fields and values, got \[1\]"),
        (None, "needs an object"),
        ({"hidden_sizes": 64}, "hidden_sizes=64 must be a tuple .in a file: a list. of whole"),
        ({"gamma": "high", "remat": 1}, r"(?s)gamma='high'.*remat=1"),
    ],
)
def test_values_of_a_file_have_the_annotated_types(values: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        typed_values(values)


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
    assert not set(fields_marked("traced")) & set(fields_marked("static"))


def test_traced_fields_are_the_floats_that_the_update_takes() -> None:
    hyper = {field.name for field in dataclasses.fields(Hyper)}
    assert {*fields_marked("traced"), "num_updates"} == hyper


def test_fields_declare_only_known_marks_and_every_number_has_bounds() -> None:
    for field in dataclasses.fields(Settings):
        assert set(field.metadata) <= {"bounds", *Marks.__annotations__}, field.name
        assert (field.type in (int, float)) == ("bounds" in field.metadata), field.name


def test_fine_tuning_is_a_valid_change_of_traced_floats() -> None:
    assert FINE_TUNING == {"learning_rate": 1e-3, "learning_rate_final": 1e-4}
    assert set(FINE_TUNING) <= set(fields_marked("traced"))
    PPOConfig(**FINE_TUNING)


def test_every_field_has_a_docstring() -> None:
    source = inspect.getsource(Settings)
    for field in dataclasses.fields(PPOConfig):
        assert re.search(rf'    {field.name}: .*\n    """\w', source), field.name
