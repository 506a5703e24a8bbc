"""One environment as a ``gymnasium.Env``."""

from typing import Any

import gymnasium
import numpy as np

from futures_env.adapters.actions import checked_action
from futures_env.adapters.environment import Environment
from futures_env.adapters.packing import Packed
from futures_env.adapters.spaces import box
from futures_env.adapters.stepping import reset_one, step_one
from futures_env.drawing.frames import FPS, RENDER_MODES, check_render_mode, frame
from futures_env.types import EnvParams


class GymnasiumEnv(gymnasium.Env):
    """One environment as a ``gymnasium.Env`` with NumPy values and no autoreset.

    ``action_masks()`` is what sb3-contrib's MaskablePPO asks for. Instances of one phase, window
    and feature set share what is compiled, whatever their market and parameters.
    """

    metadata = {"render_modes": RENDER_MODES, "render_fps": FPS}  # noqa: RUF012  (gymnasium's own declaration)

    def __init__(
        self, env: Environment, params: EnvParams | None = None, render_mode: str | None = None
    ) -> None:
        """Wrap ``env``.

        Args:
            env: the environment.
            params: its parameters; default: its own.
            render_mode: ``"ansi"``, ``"rgb_array"`` or None.

        Raises:
            ValueError: parameters that cannot be meant, or no such render mode.
        """
        check_render_mode(render_mode)
        self._env = env
        self._params = env.default_params if params is None else params
        env.check_params(self._params)
        self._state: Packed | None = None
        self._mask: np.ndarray | None = None
        self.render_mode = render_mode
        self.observation_space = box(env)
        self.action_space = gymnasium.spaces.Discrete(env.num_actions)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Begin an episode.

        Args:
            seed: seeds the draw of the start.
            options: ``{"params": EnvParams}`` replaces the parameters from here on.
        """
        super().reset(seed=seed)
        if options and "params" in options:
            self._env.check_params(options["params"])
            self._params = options["params"]
        drawn = np.uint32(self.np_random.integers(2**31))
        obs, mask, self._state = reset_one(self._env, drawn, self._params)
        self._mask = np.array(mask)
        return np.array(obs), {"action_mask": self.action_masks()}

    def step(self, action: int) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        """One step: (obs, reward, terminated, truncated, info with the next action mask).

        Raises:
            RuntimeError: before the first reset.
            ValueError: for an array or a code that there is no action of.
        """
        if self._state is None:
            raise RuntimeError("call reset() before step()")
        code = checked_action(self._env, action)
        obs, mask, self._state, step = step_one(self._env, self._state, code, self._params)
        self._mask = np.array(mask)
        reward, terminated, truncated, info = step.scalars()
        info["action_mask"] = self.action_masks()
        return np.array(obs), reward, terminated, truncated, info

    def action_masks(self) -> np.ndarray:
        """Legal actions now, (num_actions,) bool.

        Raises:
            RuntimeError: before the first reset.
        """
        if self._mask is None:
            raise RuntimeError("call reset() before action_masks()")
        return self._mask.copy()

    def render(self) -> str | np.ndarray | None:
        """The bar just closed: a line of text, or candles as (height, width, 3) uint8.

        None without a render mode.

        Raises:
            RuntimeError: before the first reset.
        """
        if self._state is None:
            raise RuntimeError("call reset() before render()")
        if self.render_mode is None:
            return None
        return frame(self.render_mode, self._state.scalars(), self._params)
