"""What the command line names: environments, their parameters, functions."""

import difflib
import importlib
import inspect
import json
import math
import os
import sys
from collections.abc import Callable
from dataclasses import fields, replace
from types import ModuleType
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ppo_agent.environment import Environment
from ppo_agent.types import RunError


def make_env(env: str, kwargs: str = "{}", params: str = "{}") -> tuple[Any, Any]:
    """Environment and parameters from ``module:id`` and two JSON objects.

    Raises:
        ValueError: for an unknown id, a wrong field or value, or text that is not a JSON object.
        RunError: when the environment says so of what it was told to read, see ``_at_fault``.
        ImportError: when the module cannot be imported.
    """
    import gymnax  # starts JAX's backend, behind which no cluster can be joined

    arguments, changes = json_object("--env-kwargs", kwargs), json_object("--env-params", params)
    module, _, env_id = env.rpartition(":")
    if module:
        import_module("--env", module)
    if env_id not in gymnax.registered_envs:
        near = difflib.get_close_matches(env_id, gymnax.registered_envs)
        hint = (
            f"did you mean {' or '.join(near)}?"
            if near
            else (
                f"known here: {', '.join(sorted(gymnax.registered_envs))}; "
                "others need the module that registers them, module:id"
            )
        )
        raise ValueError(f"--env {env}: no environment {env_id!r}; {hint}")
    try:
        made, env_params = gymnax.make(env_id, **arguments)
    except (TypeError, ValueError) as error:
        raise _at_fault(error)(f"--env-kwargs {kwargs}: {error}") from error
    return made, replace(env_params, **changed_fields(env_id, env_params, changes))


def _at_fault(error: Exception) -> type[ValueError]:
    """Arguments, unless an error's ``exit_code`` of 1 says that it is the data they name."""
    return RunError if getattr(error, "exit_code", 2) == 1 else ValueError


def changed_fields(env_id: str, env_params: Any, changes: dict[str, Any]) -> dict[str, jax.Array]:
    """JSON values of ``--env-params`` as the fields of ``env_params`` hold them.

    Raises:
        ValueError: for an unknown field, or a value that the field cannot hold.
    """
    known = {field.name: getattr(env_params, field.name) for field in fields(env_params)}
    unknown = [name for name in changes if name not in known]
    if unknown:
        near = difflib.get_close_matches(unknown[0], known)
        hint = f"did you mean {' or '.join(near)}?" if near else f"known: {', '.join(known)}"
        raise ValueError(f"--env-params: no field {unknown[0]!r} in {env_id}; {hint}")
    return {name: _scalar(name, known[name], value) for name, value in changes.items()}


def _scalar(name: str, default: Any, value: Any) -> jax.Array:
    """A JSON value as what the field holds by default, never cut or wrapped."""
    leaves = jax.tree.leaves(default)
    if len(leaves) != 1 or leaves[0] is not default or np.ndim(default):
        raise ValueError(f"--env-params: {name} is no single number and cannot be set as text")
    dtype = jnp.asarray(default).dtype
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if jnp.issubdtype(dtype, jnp.bool_):
        fits, wanted = isinstance(value, bool), "true or false"
    elif jnp.issubdtype(dtype, jnp.integer):
        least, most = jnp.iinfo(dtype).min, jnp.iinfo(dtype).max
        fits = number and isinstance(value, int) and least <= value <= most
        wanted = f"a whole number in [{least}, {most}]"
    else:
        most = float(jnp.finfo(dtype).max)
        fits = number and -most <= value <= most
        wanted = "a finite number"
    if not fits:
        raise ValueError(f"--env-params: {name}={json.dumps(value)} must be {wanted}")
    return jnp.asarray(value, dtype)


def json_object(flag: str, text: str) -> dict[str, Any]:
    """The object in a flag.

    Raises:
        ValueError: naming the flag.
    """
    try:
        value = json.loads(text)
    except ValueError as error:
        raise ValueError(f"{flag} {text}: not JSON ({error}), e.g. '{{\"name\": 1}}'") from error
    if not isinstance(value, dict):
        raise ValueError(f"{flag} must be a JSON object such as '{{}}', got {text}")
    return value


def import_module(flag: str, name: str) -> ModuleType:
    """Import a module of the current folder or of the installed packages.

    Raises:
        ValueError: when it is not the name of a module.
        ImportError: when there is none, or it fails, naming the flag.
    """
    if not all(part.isidentifier() for part in name.split(".")):
        raise ValueError(f"{flag}: {name!r} is not a module's full name such as package.module")
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())  # as `python -m` does; a console script does not
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name and f"{name}.".startswith(f"{error.name}."):
            raise ImportError(
                f"{flag}: no module {error.name!r} in the current folder or among the installed "
                "packages"
            ) from error
        raise ImportError(f"{flag}: {name} needs {error.name!r}, which is missing") from error
    except Exception as error:  # the module's own code may fail in any way
        reason = f"{type(error).__name__}: {error}"
        raise ImportError(f"{flag}: importing {name} failed: {reason}") from error


def load_callable(flag: str, text: str, num_arguments: int) -> Callable[..., Any] | None:
    """The callable behind ``module:name``, None without a name.

    What takes no arguments makes the callable and is called first.

    Raises:
        ValueError: when there is none, or it cannot be called with so many arguments.
        ImportError: when the module cannot be imported.
    """
    if not text:
        return None
    module, _, name = text.partition(":")
    found: Any = import_module(f"{flag} {text}", module)
    for part in name.split("."):
        if not hasattr(found, part):
            raise ValueError(f"{flag} {text}: {module} has no {name!r}; write module:name")
        found = getattr(found, part)
    if callable(found) and _accepts(found, 0):
        found = found()
    if not callable(found) or not _accepts(found, num_arguments):
        raise ValueError(f"{flag} {text}: {found!r} is not callable with {num_arguments} arguments")
    return found


def load_schedule(flag: str, text: str, env: Environment) -> Callable[..., Any] | None:
    """A schedule that the environment knows by name, or the callable behind ``module:name``.

    Raises:
        ValueError: when the environment knows no such name, listing those that it knows; and as
            ``load_callable``.
    """
    known = getattr(env, "params_schedules", {})
    if text in known:
        return known[text]
    if text and ":" not in text:
        names = ", ".join(sorted(known)) or "none"
        raise ValueError(f"{flag} {text}: give module:name, or a name that {env} knows: {names}")
    return load_callable(flag, text, 2)


def _accepts(function: Callable[..., Any], num_arguments: int) -> bool:
    try:
        inspect.signature(function).bind(*range(num_arguments))
    except TypeError:
        return False
    except ValueError:  # a builtin without a signature: calling it will tell
        return num_arguments > 0
    return True


def finite(figures: dict[str, float]) -> dict[str, float | None]:
    """Figures as JSON can hold them: None for what does not exist, such as a rate of nothing."""
    return {name: v if math.isfinite(v) else None for name, v in figures.items()}
