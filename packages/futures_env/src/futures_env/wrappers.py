"""The environments behind other interfaces: five-value step, Gymnasium, gymnax's own wrappers."""

import copyreg
from typing import Any

import gymnasium
import jax
import numpy as np
from gymnax.wrappers import (
    FlattenObservationWrapper,
    LegacyStepAPIWrapper,
    LogWrapper,
    StickyActionWrapper,
)

from futures_env.env import FuturesEnv
from futures_env.types import EnvParams, EnvState


class LegacyStepEnv:
    """Five values per step, ``(obs, state, reward, done, info)``, for libraries that expect them.

    ``done`` is terminated or truncated; both stay in ``info``, with ``final_observation``. Equal
    environments stay equal and hash alike; copies and pickles are safe.
    """

    def __init__(self, env: FuturesEnv) -> None:
        """Wrap ``env``."""
        self._env = env

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name == "_env":
            raise AttributeError(name)
        return getattr(self._env, name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LegacyStepEnv) and self._env == other._env

    def __hash__(self) -> int:
        return hash((LegacyStepEnv, self._env))

    def reset(self, key: jax.Array, params: EnvParams | None = None) -> tuple[jax.Array, EnvState]:
        """Begin an episode: (obs, state)."""
        return self._env.reset(key, params)

    def step(
        self,
        key: jax.Array,
        state: EnvState,
        action: int | jax.Array,
        params: EnvParams | None = None,
    ) -> tuple[jax.Array, EnvState, jax.Array, jax.Array, dict[str, Any]]:
        """Step with autoreset: (obs, state, reward, done, info)."""
        obs, state, reward, terminated, truncated, info = self._env.step(key, state, action, params)
        return obs, state, reward, terminated | truncated, info


class GymnasiumEnv(gymnasium.Env):
    """One environment as a ``gymnasium.Env`` with NumPy values and no autoreset.

    ``action_masks()`` is what sb3-contrib's MaskablePPO asks for.
    """

    metadata = {"render_modes": []}  # noqa: RUF012  (gymnasium's own declaration)

    def __init__(self, env: FuturesEnv, params: EnvParams | None = None) -> None:
        """Wrap ``env`` with ``params`` (default: its own)."""
        self._env = env
        self._params = env.default_params if params is None else params
        env.check_params(self._params)
        self._state: EnvState | None = None
        self._step = jax.jit(self._step_pure)
        self._mask = jax.jit(env.action_mask)
        shape = env.observation_space(self._params).shape
        limit = float(np.finfo(np.float32).max)
        self.observation_space = gymnasium.spaces.Box(-limit, limit, shape, np.float32)
        self.action_space = gymnasium.spaces.Discrete(env.num_actions)

    def _step_pure(self, state: EnvState, action: jax.Array, params: EnvParams) -> Any:
        obs, state, reward, terminated, info = self._env.step_env(
            jax.random.key(0), state, action, params
        )
        return obs, state, reward, terminated, self._env.is_truncated(state, params), info

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
        key = jax.random.key(int(self.np_random.integers(2**31)))
        obs, self._state = self._env.reset(key, self._params)
        return np.asarray(obs), {"action_mask": self.action_masks()}

    def step(self, action: int) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        """One step: (obs, reward, terminated, truncated, info with the next action mask).

        Raises:
            RuntimeError: before the first reset.
        """
        if self._state is None:
            raise RuntimeError("call reset() before step()")
        obs, self._state, reward, terminated, truncated, info = self._step(
            self._state, np.int32(action), self._params
        )
        host = jax.tree.map(lambda leaf: leaf.item(), info)
        host["action_mask"] = self.action_masks()
        return np.asarray(obs), float(reward), bool(terminated), bool(truncated), host

    def action_masks(self) -> np.ndarray:
        """Legal actions now, (num_actions,) bool.

        Raises:
            RuntimeError: before the first reset.
        """
        if self._state is None:
            raise RuntimeError("call reset() before action_masks()")
        return np.asarray(self._mask(self._state, self._params))


def _rebuild(kind: type, attributes: dict[str, Any]) -> Any:
    wrapper = object.__new__(kind)
    wrapper.__dict__.update(attributes)
    return wrapper


def _reduce(wrapper: Any) -> tuple[Any, ...]:
    return _rebuild, (type(wrapper), dict(wrapper.__dict__))


def make_gymnax_wrappers_copyable() -> None:
    """Let ``copy.deepcopy`` and ``pickle`` handle gymnax's wrappers.

    Their ``__getattr__`` looks itself up forever on an instance without attributes, which is what
    both protocols make first; building the instance with its attributes avoids the question.
    """
    for kind in (
        FlattenObservationWrapper,
        LegacyStepAPIWrapper,
        LogWrapper,
        StickyActionWrapper,
    ):
        copyreg.pickle(kind, _reduce)
