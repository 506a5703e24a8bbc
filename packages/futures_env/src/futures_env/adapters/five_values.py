"""The environments with five values per step, for libraries that expect them."""

from typing import Any

import jax

from futures_env.adapters.environment import Environment
from futures_env.types import EnvParams, EnvState


class LegacyStepEnv:
    """Five values per step, ``(obs, state, reward, done, info)``, for libraries that expect them.

    ``done`` is terminated or truncated; both stay in ``info``, with ``final_observation`` unless
    it is dropped. Equal environments stay equal and hash alike; copies and pickles are safe.
    """

    def __init__(self, env: Environment, *, final_observation: bool = True) -> None:
        """Wrap ``env``.

        Args:
            env: the environment.
            final_observation: keep the observation before the reset in ``info``. A learner that
                stacks ``info`` over a rollout holds all of them: 1 GB per million steps.
        """
        self._env = env
        self._final_observation = final_observation

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name in ("_env", "_final_observation"):
            raise AttributeError(name)
        return getattr(self._env, name)

    @property
    def _identity(self) -> tuple[type, Environment, bool]:
        return LegacyStepEnv, self._env, self._final_observation

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LegacyStepEnv) and self._identity == other._identity

    def __hash__(self) -> int:
        return hash(self._identity)

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
        if not self._final_observation:
            info = {name: value for name, value in info.items() if name != "final_observation"}
        return obs, state, reward, terminated | truncated, info
