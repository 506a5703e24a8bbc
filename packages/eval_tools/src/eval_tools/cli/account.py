"""What a command's flags put a checkpoint under."""

from dataclasses import dataclass, replace
from typing import Annotated

from tyro.conf import arg

from eval_tools.cli.checks import rule_sets
from eval_tools.conditions.parameters import (
    DEFAULT_RULES,
    TRAINING_FIELDS,
    production_params,
    trained_params,
)
from eval_tools.conditions.training import TrainingRecord
from futures_env import ACCOUNT_RULES, ArgumentError
from futures_env.env import FuturesEnv
from futures_env.types import EnvParams
from ppo_agent.cli.resolve import changed_fields, json_object


@dataclass(frozen=True, kw_only=True)
class AccountFlags:
    """The account that is traded: a rule set's, or that of training, and single changes."""

    rules: Annotated[
        str | None,
        arg(
            help=f"Rule set whose account is traded; without it {DEFAULT_RULES}. A .toml file of "
            f"your own, or one of: {', '.join(ACCOUNT_RULES)}."
        ),
    ] = None
    as_trained: bool = False
    """Trade the account, costs and orders that training ended with, in place of a rule set."""
    env_params: str = "{}"
    """Changes of single parameters as a JSON object, e.g. '{"contracts": 2}'. What only training
    uses cannot be set."""

    def check(self) -> None:
        """Refuse what contradicts itself or is not there, before anything else is read.

        Raises:
            ArgumentError: naming both flags, or the known rule sets.
            ValueError, OSError: a file of rules that cannot be used.
        """
        if self.as_trained and self.rules is not None:
            raise ArgumentError(f"--as-trained and --rules {self.rules}: choose one account")
        if self.rules is not None:
            rule_sets([self.rules])

    @property
    def evaluated_rules(self) -> str:
        """Name or file of the rule set in force; empty: that of training is."""
        return "" if self.as_trained else self.rules or DEFAULT_RULES


def params_in_force(
    flags: AccountFlags, env: FuturesEnv, record: TrainingRecord | None
) -> EnvParams:
    """Defaults under a rule set's account, or what training ended with, then single changes."""
    if flags.as_trained and record is not None:
        params = trained_params(env.default_params, record.params)
    else:
        params = _account(env.default_params, flags.rules or DEFAULT_RULES)
    try:
        changes = json_object("--env-params", flags.env_params)
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
