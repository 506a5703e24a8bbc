"""Many environments in one compiled step, as a ``gymnasium.vector.VectorEnv``."""

from typing import Any

import gymnasium
import jax
import numpy as np
from gymnasium.vector import AutoresetMode
from gymnasium.vector.utils import batch_space

from futures_env.adapters.actions import checked_actions
from futures_env.adapters.environment import Environment
from futures_env.adapters.stepping import reset_many, step_many
from futures_env.adapters.wrapped import Wrapped, box
from futures_env.drawing.frames import FPS, RENDER_MODES, check_render_mode, frame
from futures_env.types import EnvParams


class FuturesVectorEnv(Wrapped, gymnasium.vector.VectorEnv):
    """``num_envs`` environments of one market, stepped together; NumPy values.

    Autoreset is ``SAME_STEP``: where an episode ends, the observation returned is the first of
    the next one, ``infos["final_obs"]`` holds the last of the old one. ``infos`` has what the
    environment tells of the step, a (num_envs,) array each with gymnasium's ``_name`` beside it,
    and ``infos["action_mask"]``, (num_envs, num_actions) bool, of the observation returned.
    """

    metadata = {  # noqa: RUF012  (gymnasium's own declaration)
        "autoreset_mode": AutoresetMode.SAME_STEP,
        "render_modes": RENDER_MODES,
        "render_fps": FPS,
    }

    def __init__(
        self,
        env: Environment,
        num_envs: int,
        params: EnvParams | None = None,
        render_mode: str | None = None,
    ) -> None:
        """Wrap ``num_envs`` of ``env``.

        Args:
            env: the environment.
            num_envs: how many, at least 1.
            params: the parameters of all of them; default: those of ``env``.
            render_mode: ``"ansi"``, ``"rgb_array"`` or None.

        Raises:
            ValueError: no environment, parameters that cannot be meant, or no such render mode.
        """
        if num_envs < 1:
            raise ValueError(f"num_envs must be at least 1, not {num_envs}")
        check_render_mode(render_mode)
        self._wrap(env, params, render_mode)
        self._key: np.ndarray | jax.Array = np.zeros(2, np.uint32)
        self._all = np.ones(num_envs, np.bool_)
        self.num_envs = num_envs
        self.single_observation_space = box(env)
        self.single_action_space = gymnasium.spaces.Discrete(env.num_actions)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Begin an episode in each: (obs (num_envs, N) float32, infos).

        Args:
            seed: seeds every draw until the next seed, those of autoreset included.
            options: ``{"params": EnvParams}`` replaces the parameters from here on.
        """
        super().reset(seed=seed)
        self._heed(options)
        first, self._key = self.np_random.integers(2**32, size=(2, 2), dtype=np.uint32)
        obs, mask, self._state = reset_many(self._env, self.num_envs, first, self._passed)
        self._mask = np.array(mask)
        return np.array(obs), self._marked({"action_mask": self.action_masks()}, self._all)

    def step(
        self, actions: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        """One step of each: (obs, rewards, terminations, truncations, infos).

        Args:
            actions: (num_envs,) whole numbers.

        Raises:
            RuntimeError: before the first reset.
            ValueError: for another shape or a code that there is no action of.
        """
        state = self._begun("step")
        codes = checked_actions(self._env, self.num_envs, actions)
        stepped, final, self._key, _ = step_many(self._env, self._key, state, codes, self._passed)
        obs, mask, self._state, ended, told = stepped
        self._mask = np.array(mask)
        rewards, terminations, truncations = map(np.array, ended)
        info = told.arrays()
        infos = self._marked(info | {"action_mask": self.action_masks()}, self._all)
        done = terminations | truncations
        if done.any():
            infos |= self._ended(info, np.asarray(final), done)
        return np.array(obs), rewards, terminations, truncations, infos

    def render(self) -> tuple[str | np.ndarray, ...] | None:
        """The bar just closed in each, see ``GymnasiumEnv.render``; None without a render mode.

        Raises:
            RuntimeError: before the first reset.
        """
        state = self._begun("render")
        if self.render_mode is None:
            return None
        states = state.arrays()
        lanes = [jax.tree.map(lambda leaf, i=i: leaf[i], states) for i in range(self.num_envs)]
        return tuple(frame(self.render_mode, lane, self._params) for lane in lanes)

    def _ended(self, info: dict[str, Any], final: np.ndarray, done: np.ndarray) -> dict[str, Any]:
        """What gymnasium asks for beside the observations of the next episodes."""
        observations = np.full(self.num_envs, None, dtype=object)
        for lane in np.flatnonzero(done):
            observations[lane] = final[lane].copy()
        last = {"final_obs": observations, "final_info": self._marked(info, done)}
        return last | {"_final_obs": done, "_final_info": done}

    def _marked(self, info: dict[str, Any], present: np.ndarray) -> dict[str, Any]:
        """``info`` with gymnasium's ``_name`` beside every name: which environments have it."""
        marked: dict[str, Any] = {}
        for name, value in info.items():
            marked[name] = self._marked(value, present) if isinstance(value, dict) else value
            marked[f"_{name}"] = present
        return marked
