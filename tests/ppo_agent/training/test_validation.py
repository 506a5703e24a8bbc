"""What ``validate_fn`` returns is checked before it counts."""

import math
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

from ppo_agent import train
from ppo_agent.training.validation import Validator
from tests.ppo_agent.conftest import small_config
from tests.ppo_agent.corridor import Corridor, CorridorParams


def validate_with(corridor: Corridor, result: Any, **changed: Any) -> list[dict[str, Any]]:
    config = small_config(total_timesteps=64 * 3, **changed)
    return train(
        corridor,
        CorridorParams(),
        config,
        validate_fn=lambda policy: result,
        validate_every=3,
        progress=False,
    ).validation


@pytest.mark.parametrize(
    ("result", "message"),
    [
        (None, r"validate_fn returned None: it must return a dict .* \{'score': 0.5\}"),
        (0.5, "validate_fn returned 0.5: it must return a dict"),
        ({"score": 1.0, "verdict": "ok"}, "returned 'ok' for 'verdict': figures must be numbers"),
        ({"score": [1.0, 2.0]}, r"returned \[1.0, 2.0\] for 'score'"),
        ({3: 1.0}, "returned 1.0 for 3"),
    ],
)
def test_what_is_no_figure_is_named(result: Any, message: str, corridor: Corridor) -> None:
    with pytest.raises(TypeError, match=message):
        validate_with(corridor, result)


def test_a_ranking_figure_that_is_not_returned_is_named_with_those_that_are(
    corridor: Corridor,
) -> None:
    figures = {"score": 1.0, "sharpe": 2.0}
    with pytest.raises(ValueError, match=r"best_metric='scroe' .* validate_fn: score, sharpe;"):
        validate_with(corridor, figures, best_metric="scroe")
    unranked = validate_with(corridor, figures, best_metric="scroe", keep_best=0)
    assert unranked[0]["sharpe"] == 2.0


def test_numbers_of_any_library_count_and_missing_ones_are_left_out(corridor: Corridor) -> None:
    figures = {"score": jnp.float32(0.5), "trades": np.int64(3), "won": True, "edge": math.nan}
    row = validate_with(corridor, figures)[0]
    assert row == {"update": 3, "timesteps": 192, "score": 0.5, "trades": 3.0, "won": 1.0}


@pytest.mark.parametrize("every", [0, -3])
def test_function_and_period_come_together(every: int) -> None:
    config = small_config()
    with pytest.raises(ValueError, match=f"validate_every={every} with .*nearest valid is 1"):
        Validator(lambda policy: {"score": 1.0}, every, config, 0)
    with pytest.raises(ValueError, match="validate_every=3 needs a validate_fn"):
        Validator(None, 3, config, 0)
