"""Policies of one's own: pure JAX functions, and host functions on batches of NumPy arrays."""

import inspect
import re
from collections.abc import Callable
from importlib import import_module
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import struct
from numpy.typing import NDArray

from eval_tools.policies.policy import Context, Policy
from futures_env import ArgumentError


class HostPolicyError(ValueError):
    """A host policy raised an error, or did not return one whole number for each row."""


@struct.dataclass
class JaxPolicy:
    """A pure JAX function of one environment: ``(obs, mask, key[, context])``.

    Attributes:
        function: returns a () int32 action; shapes as in ``eval_tools.policies.policy.Policy``.
        takes_context: whether it has the fourth argument.
    """

    function: Callable[..., Any] = struct.field(pytree_node=False)
    takes_context: bool = struct.field(pytree_node=False)

    def __call__(
        self, obs: jax.Array, mask: jax.Array, key: jax.Array, context: Context
    ) -> jax.Array:
        """See ``eval_tools.policies.policy.Policy``."""
        more = (context,) if self.takes_context else ()
        return jnp.asarray(self.function(obs, mask, key, *more), jnp.int32)


@struct.dataclass
class HostPolicy:
    """A function on batches of NumPy arrays, called once a bar for all accounts side by side.

    Attributes:
        function: ``(obs, mask)`` or ``(obs, mask, draws)`` -> (B,) whole numbers, of (B, D)
            float32, (B, A) bool and (B,) float32 uniform in [0, 1), the same whatever the batch.
        takes_draws: whether it has the third argument.
    """

    function: Callable[..., Any] = struct.field(pytree_node=False)
    takes_draws: bool = struct.field(pytree_node=False)

    def __call__(
        self, obs: jax.Array, mask: jax.Array, key: jax.Array, context: Context
    ) -> jax.Array:
        """See ``eval_tools.policies.policy.Policy``."""
        del context
        action = jax.ShapeDtypeStruct((), jnp.int32)
        draw = jax.random.uniform(key)
        return jax.pure_callback(self._act, action, obs, mask, draw, vmap_method="broadcast_all")

    def _act(self, obs: Any, mask: Any, draw: Any) -> NDArray[np.int32]:
        batch = np.shape(draw)
        rows = [
            np.asarray(one).reshape(-1, *np.shape(one)[len(batch) :]) for one in (obs, mask, draw)
        ]
        try:
            actions = np.asarray(self.function(*rows[: 3 if self.takes_draws else 2]))
        except Exception as error:
            what = f"{type(error).__name__}: {error}"
            raise HostPolicyError(f"<{_name(self.function)}: {what}>") from error
        if actions.shape != rows[2].shape or not np.issubdtype(actions.dtype, np.integer):
            raise HostPolicyError(
                f"<{_name(self.function)}: must return {len(rows[2])} whole numbers, one for each "
                f"row, but returned {actions.dtype} of shape {actions.shape}>"
            )
        return actions.reshape(batch).astype(np.int32)


def jax_policy(function: Callable[..., Any]) -> JaxPolicy:
    """Declare a pure JAX function ``(obs, mask, key[, context]) -> action`` a policy."""
    return JaxPolicy(function, _count(function, (3, 4), "(obs, mask, key[, context])") == 4)


def host_policy(function: Callable[..., Any]) -> HostPolicy:
    """Declare a function ``(obs, mask[, draws]) -> actions`` on NumPy batches a policy."""
    return HostPolicy(function, _count(function, (2, 3), "(obs, mask[, draws])") == 3)


def host_failure(error: Exception) -> HostPolicyError | None:
    """What a host policy did wrong, out of the error that the compiled program raised; or None."""
    found = re.search(r"HostPolicyError: <(.*?)>$", str(error), re.DOTALL | re.MULTILINE)
    return HostPolicyError(found[1]) if found else None


def load_policy(name: str, num_columns: int, num_actions: int) -> Policy:
    """The policy called ``module:name``; a plain function is taken as a JAX one.

    Args:
        name: where it is; the module is imported.
        num_columns: of the observation.
        num_actions: of the environment.

    Raises:
        ArgumentError: it is not there, or a plain function that JAX cannot trace.
    """
    module, _, attribute = name.partition(":")
    try:
        found = getattr(import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise ArgumentError(f"--policy {name}: give module:callable; {error}") from error
    if isinstance(found, JaxPolicy | HostPolicy) or dataclass_policy(found):
        return found
    if not callable(found):
        raise ArgumentError(f"--policy {name}: {type(found).__name__} cannot be called")
    policy = jax_policy(found)
    _try(name, policy, num_columns, num_actions)
    return policy


def dataclass_policy(found: Any) -> bool:
    """Whether it is a policy that is a pytree of numbers, as the evaluation's own ones are."""
    return callable(found) and not inspect.isroutine(found) and not isinstance(found, type)


def _try(name: str, policy: JaxPolicy, num_columns: int, num_actions: int) -> None:
    """Trace a plain function without context, whose first call then is no surprise."""
    if policy.takes_context:
        return
    obs, mask = jnp.zeros(num_columns), jnp.ones(num_actions, bool)
    try:
        jax.eval_shape(lambda: policy(obs, mask, jax.random.key(0), Context(None, None)))  # ty: ignore
    except Exception as error:
        raise ArgumentError(
            f"--policy {name}: JAX cannot trace it ({type(error).__name__}). A function on NumPy "
            "arrays is declared with @eval_tools.host_policy: (obs, mask[, draws]) -> actions of "
            "a batch; a pure JAX one with @eval_tools.jax_policy"
        ) from error


def _count(function: Callable[..., Any], allowed: tuple[int, ...], wanted: str) -> int:
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    parameters = inspect.signature(function).parameters.values()
    needed = [one for one in parameters if one.kind in kinds and one.default is one.empty]
    if len(needed) not in allowed:
        raise ArgumentError(
            f"{_name(function)} takes {len(needed)} arguments, a policy takes {wanted}"
        )
    return len(needed)


def _name(function: Callable[..., Any]) -> str:
    return f"{function.__module__}:{getattr(function, '__qualname__', type(function).__name__)}"
