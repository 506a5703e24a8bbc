"""Agents of Stable-Baselines3, and of sb3-contrib where they take a mask."""

import json
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zipfile import BadZipFile, ZipFile

import numpy as np
from numpy.typing import NDArray

from eval_tools.policies.own import HostPolicy, host_policy
from futures_env import ArgumentError

_INSTALL = "install stable-baselines3 (and sb3-contrib for agents that take a mask)"


def sb3_policy(path: Path, stats: Path | None, num_columns: int, *, greedy: bool) -> HostPolicy:
    """The agent in an SB3 archive, with the frozen statistics of its ``VecNormalize``.

    SB3 unpickles both files: load only what you trust.

    Args:
        path: ``model.zip``.
        stats: file that ``VecNormalize.save`` wrote; None: observations as they are.
        num_columns: of the observation, which must be the agent's.
        greedy: deterministic actions.

    Raises:
        ArgumentError: SB3 is not installed.
        ValueError: no such archive, or another observation.
    """
    masked = _takes_mask(path)
    algorithm = _load_class("sb3_contrib", "MaskablePPO") if masked else _algorithm(path)
    model = algorithm.load(path, device="cpu")
    if (found := model.observation_space.shape) != (num_columns,):
        raise ValueError(
            f"{path}: trained on observations of shape {found}, the environment has "
            f"({num_columns},): use the phase, window and features of its training"
        )
    normalise = _normaliser(stats, model)

    def act(obs: NDArray[np.float32], mask: NDArray[np.bool_]) -> NDArray[np.int64]:
        more = {"action_masks": mask} if masked else {}
        actions, _ = model.predict(normalise(obs), deterministic=greedy, **more)
        return np.asarray(actions, np.int64)

    return host_policy(act)


def _takes_mask(path: Path) -> bool:
    return "maskable" in json.dumps(_description(path).get("policy_class", "")).lower()


def _description(path: Path) -> dict[str, Any]:
    try:
        with ZipFile(path) as archive:
            return json.loads(archive.read("data"))
    except (BadZipFile, KeyError, json.JSONDecodeError) as error:
        raise ValueError(f"{path} is no agent of Stable-Baselines3: {error}") from error


def _algorithm(path: Path) -> Any:
    """The class whose settings the archive holds: DQN, PPO or A2C act on whole numbers."""
    known = _description(path)
    if "exploration_rate" in known:
        return _load_class("stable_baselines3", "DQN")
    return _load_class("stable_baselines3", "PPO" if "clip_range" in known else "A2C")


def _load_class(module: str, name: str) -> Any:
    try:
        return getattr(import_module(module), name)
    except ImportError as error:
        raise ArgumentError(f"--sb3: {module} is not installed; {_INSTALL}") from error


def _normaliser(stats: Path | None, model: Any) -> Any:
    """Observations as ``VecNormalize`` would give them, statistics as they were saved."""
    if stats is None:
        return lambda obs: obs
    # what a VecNormalize asks of the environments it is put around
    around = SimpleNamespace(
        num_envs=1,
        render_mode=None,
        observation_space=model.observation_space,
        action_space=model.action_space,
    )
    kind = _load_class("stable_baselines3.common.vec_env", "VecNormalize")
    return kind.load(str(stats), around).normalize_obs
