"""Gymnasium's spaces of an environment."""

import gymnasium
import numpy as np

from futures_env.adapters.environment import Environment


def box(env: Environment) -> gymnasium.spaces.Box:
    """The observation space: every finite float32."""
    limit = float(np.finfo(np.float32).max)
    return gymnasium.spaces.Box(-limit, limit, (len(env.observation_layout),), np.float32)
