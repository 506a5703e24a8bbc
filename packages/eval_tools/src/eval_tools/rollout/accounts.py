"""From recorded bars to account paths, and accounts played from where a payout left them."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from eval_tools.accounts.checker import require_agreement
from eval_tools.accounts.path import AccountPath, Opening, Play, Terms, opening_of
from eval_tools.policies.policy import Policy
from eval_tools.rollout.cast import Cast, Shared
from eval_tools.rollout.episode import Episode
from eval_tools.rollout.lanes import Queue, TradingEnv, evaluation_params
from eval_tools.rollout.ranges import run_lanes
from eval_tools.rollout.records import step_table
from futures_env.accounts.rules import RULE_FIELDS, AccountRules
from futures_env.codes import DrawdownMode, Lock, PassTest
from futures_env.market.instruments import is_micro
from futures_env.market.table import MarketData
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

PATH_COLUMNS = ("place", "row", *_STEPS.values())
"""Columns of a record that ``account_path`` needs."""


def terms_of(params: EnvParams, contract: int) -> Terms:
    """What trading a contract of the table costs; negative costs are the market's own."""
    leaves = vars(params.market.contract_table)
    table = {name: np.asarray(leaf)[contract] for name, leaf in leaves.items()}
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


class HostBars:
    """The bars of a market on the host, read once."""

    def __init__(self, market: MarketData) -> None:
        names = (*_BARS, "session_last", "market")
        self.columns = {name: np.asarray(getattr(market, name)) for name in names}

    @property
    def session(self) -> NDArray[np.int32]:
        """(T,) session of each bar."""
        return self.columns["session"]

    def last_row(self, first_row: int, sessions: int) -> int:
        """Last row of so many sessions from that of ``first_row``, inside one market."""
        of_market = self.columns["market"]
        last = np.searchsorted(of_market, of_market[first_row], side="right") - 1
        end = np.searchsorted(self.session, self.session[first_row] + sessions) - 1
        return int(min(last, end))


def account_path(
    steps: pd.DataFrame, params: EnvParams, opening: Opening, bars: HostBars | None = None
) -> AccountPath:
    """The path of one account (one attempt) from its recorded steps.

    Args:
        steps: columns of ``eval_tools.rollout.records.STEP_COLUMNS``, without forced trades.
        params: what it was traded under, with the market.
        opening: the account before the first of them.
        bars: of that market; None: read for this path.
    """
    bars = bars or HostBars(params.market)
    row = steps["row"].to_numpy().astype(np.int64)
    lived = {name: bars.columns[name][row].astype(np.int64) for name in _BARS}
    recorded = {name: steps[column].to_numpy().astype(np.int64) for name, column in _STEPS.items()}
    return AccountPath(
        terms=terms_of(params, int(bars.columns["market"][row[0]])),
        opening=opening,
        first_date=int(bars.columns["date"][row[0] - 1]),
        session_last=bars.columns["session_last"][row],
        **lived,
        **recorded,
    )


def check_episodes(episodes: Sequence[Episode], params: EnvParams) -> None:
    """Recompute every account of ``episodes`` from its path; accounts with a forced trade are left.

    Raises:
        CheckError: naming the slice, the account, the bar and what differs.
    """
    rules, bars = rules_of_params(params), HostBars(params.market)
    for episode in episodes:
        for attempt, steps in episode.steps.groupby("attempt", sort=True):
            if not steps["forced_trade"].any():
                path = account_path(steps, params, opening_of(rules), bars)
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
    bars = HostBars(params.market)
    session = bars.session
    key = jax.random.key(seed)

    def play(rules: AccountRules, first_session: int, opening: Opening) -> AccountPath | None:
        first_row = int(np.searchsorted(session, first_session))
        if first_row >= len(session) - 1:
            return None
        own = evaluation_params(rules.apply(params))
        begins = np.array([opening.balance, opening.high_water_mark, opening.floor], np.int32)
        queue = Queue(
            first_row=jnp.full((1, 1), first_row, jnp.int32),
            last_row=jnp.full((1, 1), len(session) - 1, jnp.int32),
            key=key.reshape(1, 1),
            reenter=jnp.zeros((1, 1), bool),
            opening=jnp.asarray(begins).reshape(1, 1, 3),
        )
        blocks = list(run_lanes(env, Cast.of([policy], 1), Shared.of([own]), queue))
        return account_path(step_table(np.concatenate(blocks)[:, :, 0]), own, opening, bars)

    return play
