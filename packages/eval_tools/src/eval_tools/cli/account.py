"""What a command's flags put a checkpoint under."""

from dataclasses import replace
from typing import Protocol

from eval_tools.conditions.parameters import (
    DEFAULT_RULES,
    TRAINING_FIELDS,
    production_params,
    trained_params,
)
from eval_tools.conditions.training import TrainingRecord
from futures_env import ArgumentError
from futures_env.env import FuturesEnv
from futures_env.types import EnvParams
from ppo_agent.cli.resolve import changed_fields, json_object


class AccountFlags(Protocol):
    """The flags of a command that choose what is traded."""

    @property
    def rules(self) -> str | None: ...

    @property
    def as_trained(self) -> bool: ...

    @property
    def env_params(self) -> str: ...


def params_in_force(
    config: AccountFlags, env: FuturesEnv, record: TrainingRecord | None
) -> EnvParams:
    """Defaults under a rule set's account, or what training ended with, then single changes."""
    if config.as_trained and record is not None:
        params = trained_params(env.default_params, record.params)
    else:
        params = _account(env.default_params, config.rules or DEFAULT_RULES)
    try:
        changes = json_object("--env-params", config.env_params)
        useless = [name for name in changes if name in TRAINING_FIELDS]
        if useless:
            raise ArgumentError(f"--env-params: {', '.join(useless)}: only training uses this")
        params = replace(params, **changed_fields(env.name, params, changes))
        env.check_params(params)
    except ValueError as error:
        raise ArgumentError(str(error)) from error
    return params


def _account(params: EnvParams, rules: str) -> EnvParams:
    try:
        return production_params(params, rules)
    except ValueError as error:  # the market is not flat in time for it
        raise ArgumentError(str(error)) from error


def checkpoint_step(text: str) -> int | str | None:
    """``--step`` as ``load_agent`` takes it."""
    return int(text) if text.isdigit() else text or None
