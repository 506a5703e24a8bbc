"""One small configuration for the learner's tests, so that compiled chunks are shared."""

from typing import Any

import pytest

from ppo_agent import PPOConfig
from tests.ppo_agent.corridor import Corridor, CorridorParams

SMALL: dict[str, Any] = {
    "num_envs": 8,
    "num_steps": 8,
    "num_minibatches": 2,
    "num_epochs": 2,
    "total_timesteps": 8 * 8 * 12,
    "hidden_sizes": (16,),
    "updates_per_chunk": 3,
    "checkpoint_every": 4,
    "adjust_every": 6,
    "learning_rate": 3e-3,
    "learning_rate_final": 1e-4,
    "resting_logit": 0.0,
    "ent_coef": 0.05,
    "ent_coef_decay": 0.9,
    "tensorboard": False,
}


def small_config(**changed: Any) -> PPOConfig:
    """12 updates of 64 steps."""
    return PPOConfig(**(SMALL | changed))


@pytest.fixture(scope="session")
def corridor() -> Corridor:
    """One instance for all tests."""
    return Corridor()


@pytest.fixture(scope="session")
def corridor_params() -> CorridorParams:
    """Default parameters."""
    return CorridorParams()
