"""Prop-firm rule sets as rows of numbers.

``AccountRules.apply`` gives the environment what it enforces; the rest is judged from the recorded
path (``eval_tools.accounts``). Firms change their rules: each row says where its numbers come from
and when they were verified, and the reader must check the firm's own pages. Several firms prohibit
automated trading; this is research software.
"""

from dataclasses import dataclass, field, replace

import jax.numpy as jnp
import numpy as np

from futures_env.accounts.checks import problems_of
from futures_env.accounts.money import Fees, PayoutRules
from futures_env.codes import DrawdownMode, Lock, PassTest
from futures_env.data import calendar
from futures_env.data.closing import flat_by
from futures_env.market.instruments import is_micro
from futures_env.market.table import MarketData
from futures_env.types import TIERS, EnvParams

Tiers = tuple[tuple[float, int, float], ...]
"""(profit from in USD, minis, daily loss limit in USD), by the closing balance."""

RULE_FIELDS = (
    "start_balance",
    "profit_target",
    "drawdown",
    "drawdown_mode",
    "lock",
    "max_contracts",
    "daily_loss_limit",
    "daily_loss_hard",
    "min_days",
    "max_days",
    "pass_test",
    "end_on_pass",
    "tier_profit",
    "tier_max_contracts",
    "tier_daily_loss_limit",
)
"""The fields of EnvParams that a rule set decides."""


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
        max_contracts_mini: most minis at a time, in the first tier.
        micro_ratio: micros that count as one mini (sources do not settle it).
        daily_loss_limit: per session, in the first tier; 0 for none.
        daily_loss_hard: whether the daily limit fails the account.
        min_days: fewest sessions traded before a pass.
        max_days: calendar days, 0 for none.
        best_day_share: largest share of the profit one day may have, 0 for no such rule.
        best_day_may_equal: whether exactly that share is allowed.
        best_day_effect: what breaking it does: blocks_pass, raises_target or blocks_payout.
        flat_by: New York time at which positions must be closed.
        pass_test: when the target is looked at.
        tiers: the first one and those above it, in force from the next session; empty for none.
        safety_net: profit that an end-of-day balance must exceed; 0 where there is none.
        mae_share: most open loss of a trade as a share of start-of-day profit, 0 for none.
        mae_share_raised: the share from twice the safety net on, 0 for the same.
        max_stop_to_target: largest stop distance in target distances, 0 for none.
        payouts: when and what a funded account pays; None: not known, or it pays nothing.
        fees: what the account costs; every unknown amount is None.
        automation_banned: whether the firm prohibits automated trading; None: not known.
        funded: the account that a pass leads to; None: not known, or there is none.
        source: where the numbers stand.
        verified_on: ISO date of the source.

    Raises:
        ValueError: one line per field that cannot be meant, with its value and what is allowed.
    """

    name: str
    start_balance: float
    profit_target: float
    drawdown: float
    drawdown_mode: DrawdownMode = DrawdownMode.INTRADAY
    lock: Lock = Lock.NONE
    max_contracts_mini: int
    micro_ratio: int = 10
    daily_loss_limit: float = 0
    daily_loss_hard: bool = False
    min_days: int = 0
    max_days: int = 0
    best_day_share: float = 0.0
    best_day_may_equal: bool = False
    best_day_effect: str = ""
    flat_by: str = "16:59"
    pass_test: PassTest = PassTest.TOUCH
    tiers: Tiers = ()
    safety_net: float = 0
    mae_share: float = 0.0
    mae_share_raised: float = 0.0
    max_stop_to_target: float = 0.0
    payouts: PayoutRules | None = None
    fees: Fees = field(default_factory=Fees)
    automation_banned: bool | None = None
    funded: "AccountRules | None" = None
    source: str
    verified_on: str

    def __post_init__(self) -> None:
        if problems := problems_of(vars(self)):
            raise ValueError(f"rule set {self.name!r}:\n  " + "\n  ".join(problems))

    @property
    def flat_by_clock(self) -> int:
        """``flat_by`` in minutes since the trading day's 18:00 start."""
        return calendar.clock(self.flat_by)

    def contracts(self, minis: int, market: MarketData) -> int:
        """What ``minis`` are in contracts of ``market``: themselves, or micros.

        Raises:
            ValueError: the table mixes minis and micros.
        """
        table = market.contract_table
        pairs = zip(np.asarray(table.tick_size), np.asarray(table.tick_value_cents), strict=True)
        kinds = {is_micro(float(size), int(value)) for size, value in pairs}
        if len(kinds) > 1:
            raise ValueError(
                f"{self.name}: the markets mix minis and micros, of which {self.micro_ratio} count "
                "as one: the contract cap differs, make one environment for each kind"
            )
        return minis * (self.micro_ratio if kinds == {True} else 1)

    def apply(self, params: EnvParams) -> EnvParams:
        """The rule set's fields (``RULE_FIELDS``) in ``params``; a funded account does not pass.

        Whether contracts are minis or micros is known from the market. Not under ``jax.jit``: the
        times of the market are read.

        Raises:
            ValueError: the rule set wants positions closed before the market's flat-by time, or
                the table mixes minis and micros.
        """
        self.check_flat_by(params.market)
        f, i = jnp.float32, jnp.int32
        unused = TIERS - len(self.tiers[1:])
        tiers = [*self.tiers[1:], *[(-1.0, 1, 0.0)] * unused]
        profits, minis, limits = zip(*tiers, strict=True)
        caps = [self.contracts(count, params.market) for count in minis]
        return replace(
            params,
            start_balance=f(self.start_balance),
            profit_target=f(self.profit_target),
            drawdown=f(self.drawdown),
            drawdown_mode=i(self.drawdown_mode),
            lock=i(self.lock),
            max_contracts=i(self.contracts(self.max_contracts_mini, params.market)),
            daily_loss_limit=f(self.daily_loss_limit),
            daily_loss_hard=jnp.bool_(self.daily_loss_hard),
            min_days=i(self.min_days),
            max_days=i(self.max_days),
            pass_test=i(self.pass_test),
            end_on_pass=jnp.bool_(self.profit_target > 0),
            tier_profit=jnp.asarray(profits, jnp.float32),
            tier_max_contracts=jnp.asarray(caps, jnp.int32),
            tier_daily_loss_limit=jnp.asarray(limits, jnp.float32),
        )

    def check_flat_by(self, market: MarketData) -> None:
        """Refuse a market that is flat later than this rule set allows.

        Raises:
            ValueError: with the remedy for bars from files and for synthetic ones.
        """
        market_flat_by = flat_by(market)
        if self.flat_by_clock < calendar.clock(market_flat_by):
            given = f'flat_by="{self.flat_by}"'
            raise ValueError(
                f"{self.name}: positions must be flat by {self.flat_by} New York, but the market "
                f"is flat by {market_flat_by}; build it from bars with make_market({given}) or "
                f"load_market({given}), on the command line with --flat-by {self.flat_by}, and a "
                f"synthetic one with synthetic_market({given})"
            )
