"""One environment as a ``gymnasium.Env``."""

from typing import Any

import gymnasium
import numpy as np

from futures_env.adapters.actions import checked_action
from futures_env.adapters.environment import Environment
from futures_env.adapters.stepping import reset_one, step_one
from futures_env.adapters.wrapped import Wrapped, box
from futures_env.drawing.frames import FPS, RENDER_MODES, check_render_mode, frame
from futures_env.types import EnvParams


class GymnasiumEnv(Wrapped, gymnasium.Env):
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
        self._wrap(env, params, render_mode)
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
        self._heed(options)
        drawn = np.uint32(self.np_random.integers(2**31))
        self._state, seen = reset_one(self._env, drawn, self._passed)
        obs, self._mask = seen.values()
        return obs, {"action_mask": self.action_masks()}

    def step(self, action: int) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        """One step: (obs, reward, terminated, truncated, info with the next action mask).

        Raises:
            RuntimeError: before the first reset.
            ValueError: for an array or a code that there is no action of.
        """
        state = self._begun("step")
        code = checked_action(self._env, action)
        self._state, told = step_one(self._env, state, code, self._passed)
        stepped, self._mask = told.values()
        stepped[-1]["action_mask"] = self.action_masks()
        return stepped

    def render(self) -> str | np.ndarray | None:
        """The bar just closed: a line of text, or candles as (height, width, 3) uint8.

        None without a render mode.

        Raises:
            RuntimeError: before the first reset.
        """
        state = self._begun("render")
        if self.render_mode is None:
            return None
        return frame(self.render_mode, state.values(), self._params)
