"""Prop-firm rule sets as rows of numbers.

The environment enforces the fields of ``EnvParams`` (``AccountRules.apply``); the rest is judged
from the recorded path. Firms change their rules: each row says where its numbers come from and when
they were verified, and the reader must check the firm's own pages. Several firms prohibit automated
trading; this is research software.
"""

from dataclasses import dataclass, replace

import jax.numpy as jnp

from futures_env.accounts.firms import all_rows
from futures_env.codes import DrawdownMode, Lock, PassTest
from futures_env.data import calendar
from futures_env.data.market import flat_by
from futures_env.types import EnvParams

Tiers = tuple[tuple[float, int, int], ...]
"""(profit from in USD, contracts, daily loss limit in USD), by the closing balance."""


@dataclass(frozen=True, kw_only=True)
class AccountRules:
    """One rule set; money in US dollars.

    Attributes:
        name: id, e.g. ``"apex-legacy-50k"``.
        start_balance: opening balance.
        profit_target: profit that passes; 0 for a funded account, which does not pass.
        drawdown: distance of the floor.
        drawdown_mode: how the floor follows.
        lock: where the floor stops rising.
        max_contracts_mini: most minis at a time.
        micro_ratio: micros that count as one mini (sources do not settle it).
        daily_loss_limit: per session, 0 for none.
        daily_loss_hard: whether the daily limit fails the account.
        min_days: fewest sessions traded before a pass.
        max_days: calendar days, 0 for none.
        best_day_share: largest share of the profit one day may have, 0 for no such rule.
        best_day_effect: what breaking it does: blocks_pass, raises_target or blocks_payout.
        flat_by: New York time at which positions must be closed.
        pass_test: when the target is looked at.
        tiers: contracts and daily limits by profit, in force from the next session.
        mae_share: most open loss of a trade as a share of start-of-day profit, 0 for none.
        max_stop_to_target: largest stop distance in target distances, 0 for none.
        qualifying_day_profit: least profit of a day that counts towards a payout.
        qualifying_days: such days needed for a payout, 0 for no such rule.
        payout_request_balance: least balance at which a payout may be requested, 0 for none.
        payout_caps: most paid by the first, second, ... payout; empty where none is known.
        max_payouts: payouts the account may make, 0 for no limit.
        source: where the numbers stand.
        verified_on: ISO date of the source.
    """

    name: str
    start_balance: int
    profit_target: int
    drawdown: int
    drawdown_mode: DrawdownMode = DrawdownMode.INTRADAY
    lock: Lock = Lock.NONE
    max_contracts_mini: int
    micro_ratio: int = 10
    daily_loss_limit: int = 0
    daily_loss_hard: bool = False
    min_days: int = 0
    max_days: int = 0
    best_day_share: float = 0.0
    best_day_effect: str = ""
    flat_by: str = "16:59"
    pass_test: PassTest = PassTest.TOUCH
    tiers: Tiers = ()
    mae_share: float = 0.0
    max_stop_to_target: float = 0.0
    qualifying_day_profit: int = 0
    qualifying_days: int = 0
    payout_request_balance: int = 0
    payout_caps: tuple[int, ...] = ()
    max_payouts: int = 0
    source: str
    verified_on: str

    def apply(self, params: EnvParams, *, micro: bool = False) -> EnvParams:
        """The rule set's fields in ``params``; a funded account does not end on a pass.

        Not under ``jax.jit``: the times of the market are read.

        Args:
            params: parameters to change.
            micro: the market is a micro contract, of which ``micro_ratio`` count as one mini.

        Raises:
            ValueError: the rule set wants positions closed before the market's flat-by time.
        """
        market_flat_by = flat_by(params.market)
        if calendar.clock(self.flat_by) < calendar.clock(market_flat_by):
            raise ValueError(
                f"{self.name}: positions must be flat by {self.flat_by} New York, but the market "
                f"is flat by {market_flat_by}; build it with "
                f'make_market(flat_by="{self.flat_by}")'
            )
        f, i = jnp.float32, jnp.int32
        ratio = self.micro_ratio if micro else 1
        return replace(
            params,
            start_balance=f(self.start_balance),
            profit_target=f(self.profit_target),
            drawdown=f(self.drawdown),
            drawdown_mode=i(self.drawdown_mode),
            lock=i(self.lock),
            max_contracts=i(self.max_contracts_mini * ratio),
            daily_loss_limit=f(self.daily_loss_limit),
            daily_loss_hard=jnp.bool_(self.daily_loss_hard),
            min_days=i(self.min_days),
            max_days=i(self.max_days),
            pass_test=i(self.pass_test),
            end_on_pass=jnp.bool_(self.profit_target > 0),
        )


ACCOUNT_RULES: dict[str, AccountRules] = {row["name"]: AccountRules(**row) for row in all_rows()}
"""Rule sets by name."""


def account_rules(name: str) -> AccountRules:
    """Look up a rule set.

    Raises:
        ValueError: for an unknown name, naming the known ones.
    """
    if name not in ACCOUNT_RULES:
        raise ValueError(f"no rule set {name!r}; known: {', '.join(ACCOUNT_RULES)}")
    return ACCOUNT_RULES[name]
