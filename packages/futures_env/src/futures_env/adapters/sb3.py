"""Many environments in one compiled step, as a ``VecEnv`` of Stable-Baselines3."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from stable_baselines3.common.vec_env import VecEnv

from futures_env.adapters.vector import FuturesVectorEnv

Indices = None | int | Iterable[int]


class SB3VecEnv(VecEnv):
    """A ``FuturesVectorEnv`` for the learners of Stable-Baselines3 and sb3-contrib.

    ``infos`` is filled where an episode ended: ``terminal_observation``, ``TimeLimit.truncated``,
    ``episode`` with return ``r`` and length ``l`` as ``VecMonitor`` gives them, and what the
    environment told of the last step. Elsewhere it is empty. ``env_method("action_masks")`` is
    what MaskablePPO asks for.
    """

    def __init__(self, env: FuturesVectorEnv) -> None:
        """Wrap ``env``."""
        self.env = env
        self._actions = np.zeros(env.num_envs, np.int64)
        self._returns = np.zeros(env.num_envs)
        self._lengths = np.zeros(env.num_envs, np.int64)
        super().__init__(env.num_envs, env.single_observation_space, env.single_action_space)

    def reset(self) -> np.ndarray:
        """Begin an episode in each: (num_envs, N) float32."""
        options = next((one for one in self._options if one), None)
        obs, _ = self.env.reset(seed=self._seeds[0], options=options)
        self._reset_seeds()
        self._reset_options()
        self._returns[:], self._lengths[:] = 0.0, 0
        return obs

    def step_async(self, actions: np.ndarray) -> None:
        """Keep the actions for ``step_wait``."""
        self._actions = actions

    def step_wait(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[dict[str, Any]]]:
        """One step of each: (obs, rewards, dones, infos)."""
        obs, rewards, terminations, truncations, told = self.env.step(self._actions)
        self._returns += rewards
        self._lengths += 1
        dones = terminations | truncations
        infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        for lane in np.flatnonzero(dones):
            infos[lane] = _told_of(told["final_info"], lane) | {
                "terminal_observation": told["final_obs"][lane],
                "TimeLimit.truncated": bool(truncations[lane] and not terminations[lane]),
                "episode": {"r": float(self._returns[lane]), "l": int(self._lengths[lane])},
            }
        self._returns[dones], self._lengths[dones] = 0.0, 0
        return obs, rewards, dones, infos

    def close(self) -> None:
        """Close the environments."""
        self.env.close()

    def get_attr(self, attr_name: str, indices: Indices = None) -> list[Any]:
        """An attribute, the same for each of ``indices``."""
        return [getattr(self.env, attr_name)] * len(self._chosen(indices))

    def set_attr(self, attr_name: str, value: Any, indices: Indices = None) -> None:
        """Set an attribute of all environments.

        Raises:
            ValueError: for some of them only.
        """
        if len(self._chosen(indices)) < self.num_envs:
            raise ValueError("the environments share their attributes: leave indices out")
        setattr(self.env, attr_name, value)

    def env_method(
        self, method_name: str, *method_args: Any, indices: Indices = None, **method_kwargs: Any
    ) -> list[Any]:
        """The rows of what a batched method returns, e.g. ``action_masks`` or ``render``."""
        rows = getattr(self.env, method_name)(*method_args, **method_kwargs)
        return [rows[lane] for lane in self._chosen(indices)]

    def env_is_wrapped(self, wrapper_class: type, indices: Indices = None) -> list[bool]:
        """Whether a wrapper lies around each: episodes are counted here as ``Monitor`` does."""
        from stable_baselines3.common.monitor import Monitor

        return [wrapper_class is Monitor] * len(self._chosen(indices))

    def get_images(self) -> Sequence[np.ndarray | None]:
        """A picture of each, with render mode ``rgb_array``."""
        return [one for one in self.env.render() or () if isinstance(one, np.ndarray)]

    def _chosen(self, indices: Indices) -> Sequence[int]:
        return list(self._get_indices(indices))


def _told_of(info: dict[str, Any], lane: int) -> dict[str, Any]:
    """One environment's share of ``info``, as Python numbers."""
    return {
        name: _told_of(value, lane) if isinstance(value, dict) else value[lane].item()
        for name, value in info.items()
        if not name.startswith("_")
    }
