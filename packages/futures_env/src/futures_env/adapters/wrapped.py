"""What both interfaces of gymnasium do with the environment that they wrap."""

from typing import Any

import gymnasium
import numpy as np

from futures_env.adapters.environment import Environment
from futures_env.adapters.packing import Packed, pack_params
from futures_env.params.defaults import with_dtypes_of
from futures_env.types import EnvParams


class Wrapped:
    """Environment, parameters, and after the first reset state and mask."""

    _state: Packed | None = None
    _mask: np.ndarray | None = None

    def _wrap(self, env: Environment, params: EnvParams | None, render_mode: str | None) -> None:
        """Take what the constructor was given.

        Raises:
            ValueError: parameters that cannot be meant.
        """
        self._env = env
        self.render_mode = render_mode
        self._use(env.default_params if params is None else params)

    def _use(self, params: EnvParams) -> None:
        self._env.check_params(params)
        self._params = params
        self._passed = pack_params(with_dtypes_of(self._env.default_params, params))

    def _heed(self, options: dict[str, Any] | None) -> None:
        """``{"params": EnvParams}`` replaces the parameters from here on."""
        if options and "params" in options:
            self._use(options["params"])

    def _begun(self, asked: str) -> Packed:
        """The state; ``asked`` is what was called.

        Raises:
            RuntimeError: before the first reset.
        """
        if self._state is None:
            raise RuntimeError(f"call reset() before {asked}()")
        return self._state

    def action_masks(self) -> np.ndarray:
        """Legal actions now, (num_actions,) bool, (num_envs, num_actions) of several.

        Raises:
            RuntimeError: before the first reset.
        """
        self._begun("action_masks")
        assert self._mask is not None
        return self._mask.copy()


def box(env: Environment) -> gymnasium.spaces.Box:
    """The observation space: every finite float32."""
    limit = float(np.finfo(np.float32).max)
    return gymnasium.spaces.Box(-limit, limit, (len(env.observation_layout),), np.float32)
