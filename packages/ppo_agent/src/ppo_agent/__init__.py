"""Masked-action PPO in JAX for any gymnax >= 1.0 environment with discrete actions."""

from ppo_agent.config import PPOConfig
from ppo_agent.evaluate import evaluate
from ppo_agent.policy import Policy
from ppo_agent.storage.run_directory import read_rows
from ppo_agent.train import train
from ppo_agent.transfer import transfer
from ppo_agent.types import Learned, TrainingError, TrainResult, TrainState

__all__ = [
    "Learned",
    "PPOConfig",
    "Policy",
    "TrainResult",
    "TrainState",
    "TrainingError",
    "evaluate",
    "read_rows",
    "train",
    "transfer",
]
