"""What an adapter asks of an environment: ``FuturesEnv`` and its variants have it."""

from typing import Any, Protocol

import jax

from futures_env.types import EnvParams, EnvState


class Environment(Protocol):
    """The part of ``FuturesEnv`` that adapters call; equal ones share what is compiled."""

    @property
    def num_actions(self) -> int: ...

    @property
    def action_names(self) -> tuple[str, ...]: ...

    @property
    def observation_layout(self) -> tuple[str, ...]: ...

    @property
    def default_params(self) -> EnvParams: ...

    def __hash__(self) -> int: ...

    def check_params(self, params: EnvParams) -> None: ...

    def reset(self, key: jax.Array, params: Any = None) -> tuple[jax.Array, EnvState]: ...

    def reset_env(self, key: jax.Array, params: EnvParams) -> tuple[jax.Array, EnvState]: ...

    def step(
        self, key: jax.Array, state: EnvState, action: Any, params: Any = None
    ) -> tuple[jax.Array, EnvState, jax.Array, jax.Array, jax.Array, dict[str, Any]]: ...

    def step_env(
        self, key: jax.Array, state: EnvState, action: Any, params: EnvParams
    ) -> tuple[jax.Array, EnvState, jax.Array, jax.Array, dict[str, Any]]: ...

    def is_truncated(self, state: EnvState, params: EnvParams) -> jax.Array: ...

    def action_mask(self, state: EnvState, params: EnvParams) -> jax.Array: ...
