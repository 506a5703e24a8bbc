"""From recorded bars to account paths, and accounts played from where a payout left them."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from eval_tools.accounts.checker import require_agreement
from eval_tools.accounts.path import AccountPath, Opening, Play, Terms, opening_of
from eval_tools.policies.policy import Policy
from eval_tools.rollout.episode import Episode
from eval_tools.rollout.ranges import Step, TradingEnv, evaluation_params, step_bar
from futures_env.accounts.rules import RULE_FIELDS, AccountRules
from futures_env.codes import DrawdownMode, Lock, PassTest
from futures_env.core.rules import rules_of, tier_of
from futures_env.market.instruments import is_micro
from futures_env.types import EnvParams

_BARS = ("open", "high", "low", "close", "extreme_order", "date", "session")
_STEPS = {
    "entry_side": "entry_side",
    "entry_price": "entry_price",
    "entry_contracts": "entry_contracts",
    "entry_stop": "entry_stop_ticks",
    "entry_target": "entry_target_ticks",
    "stop_price": "stop_in_force",
    "exit_reason": "exit_reason",
    "exit_price": "exit_price",
    "balance": "balance_cents",
    "equity": "equity_cents",
    "high_water_mark": "high_water_mark_cents",
    "floor": "floor_cents",
    "status": "account_status",
}
"""Field of ``AccountPath`` -> column of the recorded steps."""


def terms_of(params: EnvParams, row: int) -> Terms:
    """What trading costs at bar ``row`` under ``params``; negative costs are the market's own."""
    market = params.market
    contract = int(np.asarray(market.market)[row])
    table = {name: np.asarray(leaf)[contract] for name, leaf in vars(market.contract_table).items()}
    commission, slippage = float(params.commission_usd), int(params.slippage_ticks)
    stop_slippage = int(params.stop_slippage_ticks)
    own = int(table["slippage_ticks"])
    return Terms(
        tick_value_cents=int(table["tick_value_cents"]),
        commission_cents=int(table["commission_cents"])
        if commission < 0
        else int(np.floor(commission * 100 + 0.5)),
        slippage_ticks=own if slippage < 0 else slippage,
        stop_slippage_ticks=own if stop_slippage < 0 else stop_slippage,
        target_through_ticks=int(params.target_through_ticks),
        micro=is_micro(float(table["tick_size"]), int(table["tick_value_cents"])),
    )


def account_path(steps: pd.DataFrame, params: EnvParams, opening: Opening) -> AccountPath:
    """The path of one account (one attempt) from its recorded steps.

    Args:
        steps: columns as in ``eval_tools.rollout.ranges.Step``, without forced trades.
        params: what it was traded under, with the market.
        opening: the account before the first of them.
    """
    row = steps["row"].to_numpy().astype(np.int64)
    market = params.market
    bars = {name: np.asarray(getattr(market, name))[row].astype(np.int64) for name in _BARS}
    recorded = {name: steps[column].to_numpy().astype(np.int64) for name, column in _STEPS.items()}
    return AccountPath(
        terms=terms_of(params, int(row[0])),
        opening=opening,
        first_date=int(np.asarray(market.date)[row[0] - 1]),
        session_last=np.asarray(market.session_last)[row],
        **bars,
        **recorded,
    )


def check_episodes(episodes: Sequence[Episode], params: EnvParams) -> None:
    """Recompute every account of ``episodes`` from its path; accounts with a forced trade are left.

    Raises:
        CheckError: naming the slice, the account, the bar and what differs.
    """
    rules = rules_of_params(params)
    for episode in episodes:
        for attempt, steps in episode.steps.groupby("attempt", sort=True):
            if not steps["forced_trade"].any():
                path = account_path(steps, params, opening_of(rules))
                require_agreement(path, rules, f"slice {episode.slice.name}, account {attempt}")


def rules_of_params(params: EnvParams) -> AccountRules:
    """The account rules that parameters amount to; contracts are counted as they are."""
    values = {name: np.asarray(getattr(params, name)).tolist() for name in RULE_FIELDS}
    names = ("tier_profit", "tier_max_contracts", "tier_daily_loss_limit")
    above = [row for row in zip(*(values[name] for name in names), strict=True) if row[0] >= 0]
    first = (0, values["max_contracts"], values["daily_loss_limit"])
    tiers = tuple(above if above and above[0][0] == 0 else [first, *above])
    has_target = values["profit_target"] > 0
    lock = Lock(values["lock"])
    return AccountRules(
        name="parameters",
        drawdown_mode=DrawdownMode(values["drawdown_mode"]),
        # without a target its balance is the start
        lock=Lock.START if lock == Lock.TARGET_BALANCE and not has_target else lock,
        max_contracts_mini=tiers[0][1],
        micro_ratio=1,
        daily_loss_limit=tiers[0][2],
        pass_test=PassTest(values["pass_test"]),
        tiers=tiers if above else (),
        source="EnvParams",
        verified_on="1970-01-01",
        **{name: values[name] for name in _PLAIN},
    )


_PLAIN = ("start_balance", "profit_target", "drawdown", "daily_loss_hard", "min_days", "max_days")


def player(env: TradingEnv, policy: Policy, params: EnvParams, *, seed: int = 0) -> Play:
    """How ``live`` trades an account: ``policy`` in ``env``, under any rule set.

    Args:
        env: environment of the phase.
        policy: callable pytree.
        params: market, costs and orders; the account's rules are replaced.
        seed: of the policy's draws; a bar's draw depends on the seed and the bar alone.
    """
    session = np.asarray(params.market.session)
    key = jax.random.key(seed)

    def play(rules: AccountRules, first_session: int, opening: Opening) -> AccountPath | None:
        first_row = int(np.searchsorted(session, first_session))
        if first_row >= len(session) - 1:
            return None
        own = evaluation_params(rules.apply(params))
        begins = jnp.array([opening.balance, opening.high_water_mark, opening.floor], jnp.int32)
        steps = jax.device_get(
            _run_account(env, policy, own, jnp.int32(first_row), key, begins, len(session) - 1)
        )
        return account_path(_table(steps), own, opening)

    return play


@partial(jax.jit, static_argnames=("env", "num_steps"))
def _run_account(
    env: TradingEnv,
    policy: Policy,
    params: EnvParams,
    first_row: jax.Array,
    key: jax.Array,
    opening: jax.Array,
    num_steps: int,
) -> Step:
    """Bars behind ``first_row``, to the account's failure or the market's end.

    Args:
        opening: (3,) int32, balance, high-water mark and floor in cents.
    """
    state = replace(
        env.state_at(first_row, params),
        balance_cents=opening[0],
        equity_cents=opening[0],
        session_start_cents=opening[0],
        high_water_mark_cents=opening[1],
        floor_cents=opening[2],
    )
    start = rules_of(params, 0).start_cents
    state = replace(state, tier=tier_of(params, opening[0] - start))
    last_row = jnp.int32(num_steps)
    step = partial(step_bar, env, policy, params, last_row, key, jnp.bool_(False))
    carry = (state, jnp.bool_(False), jnp.int32(0))
    return jax.lax.scan(step, carry, None, length=num_steps)[1]


def _table(steps: Step) -> pd.DataFrame:
    active: NDArray[np.bool_] = np.asarray(steps.active)
    return pd.DataFrame({name: np.asarray(leaf)[active] for name, leaf in vars(steps).items()})
