"""Calling ``validate_fn`` and checking what it returns."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ppo_agent.config import PPOConfig
from ppo_agent.policy import Policy
from ppo_agent.training.held import beside
from ppo_agent.types import Row, TrainState

ValidateFn = Callable[[Policy], dict[str, float]]

Figures = dict[str, float]


class Validator:
    """Validates every so many updates; never without a function.

    Args:
        validate_fn: figures by name for a policy, of each member where there are several; a figure
            that does not exist yet is nan.
        every: updates between validations, 0 without a function.
        config: names the figure that ranks checkpoints.
        num_members: runs trained side by side, 0 for one.

    Raises:
        ValueError: when only one of function and period is given.
    """

    def __init__(
        self, validate_fn: ValidateFn | None, every: int, config: PPOConfig, num_members: int
    ) -> None:
        if validate_fn is not None and every < 1:
            raise ValueError(f"validate_every={every} with a validate_fn: nearest valid is 1")
        if validate_fn is None and every:
            raise ValueError(f"validate_every={every} needs a validate_fn")
        self.every = every
        self._validate_fn, self._config, self._num_members = validate_fn, config, num_members

    def validate(
        self,
        state: TrainState,
        done: int,
        described: dict[str, Any],
        training: Callable[[], Row],
    ) -> Row | None:
        """Means over members of the figures that are finite; None when none is due.

        Args:
            state: what is validated.
            done: updates done.
            described: metadata of the run.
            training: gives the figures of the updates since the validation before; those that
                belong to a held figure stand beside it, see ``held.beside``.

        Raises:
            TypeError: what was returned is not a number by name.
            ValueError: the figure that ranks checkpoints is not among them.
        """
        if self._validate_fn is None or done % self.every:
            return None
        policy = Policy.from_train_state(state, self._config, described | {"step": done})
        members = range(self._num_members)
        policies = [policy.member(i) for i in members] if members else [policy]
        results = [self._checked(self._validate_fn(one)) for one in policies]
        names = [name for name in results[0] if all(name in result for result in results)]
        means = {name: float(np.mean([result[name] for result in results])) for name in names}
        row: Row = {"update": done, "timesteps": done * self._config.steps_per_update}
        figures = {name: value for name, value in means.items() if math.isfinite(value)}
        row |= figures | beside(figures, training())
        if members:
            row["members"] = [
                {name: value if math.isfinite(value) else None for name, value in result.items()}
                for result in results
            ]
        return row

    def _checked(self, result: Any) -> Figures:
        if not isinstance(result, Mapping):
            raise TypeError(
                f"validate_fn returned {result!r}: it must return a dict of figures by name, such "
                f"as {{{self._config.best_metric!r}: 0.5}}"
            )
        figures = {name: _number(name, value) for name, value in result.items()}
        best = self._config.best_metric
        if self._config.keep_best and best not in figures:
            raise ValueError(
                f"best_metric={best!r} ranks checkpoints and is not among the figures of "
                f"validate_fn: {', '.join(figures) or 'none'}; set best_metric to one of them, or "
                "keep_best=0"
            )
        return figures


def _number(name: Any, value: Any) -> float:
    held = np.asarray(value)
    if not isinstance(name, str) or held.ndim or held.dtype.kind not in "biuf":
        raise TypeError(f"validate_fn returned {value!r} for {name!r}: figures must be numbers")
    return float(held)
