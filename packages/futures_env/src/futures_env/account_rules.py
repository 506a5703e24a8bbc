"""Prop-firm rule sets as rows of numbers.

The environment enforces the fields of ``EnvParams`` (``AccountRules.apply``); the rest is judged
from the recorded path. Firms change their rules: each row says where its numbers come from and when
they were verified, and the reader must check the firm's own pages. Several firms prohibit automated
trading; this is research software.
"""

from dataclasses import dataclass, replace

import jax.numpy as jnp

from futures_env.codes import DrawdownMode, Lock, PassTest
from futures_env.types import EnvParams

Tiers = tuple[tuple[int, int, int], ...]
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
    source: str
    verified_on: str

    def apply(self, params: EnvParams, *, micro: bool = False) -> EnvParams:
        """The rule set's fields in ``params``; a funded account does not end on a pass.

        Args:
            params: parameters to change.
            micro: the market is a micro contract, of which ``micro_ratio`` count as one mini.
        """
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


_APEX_SOURCE = "support pages of the firm, by powerFC/propfirm-rules-dataset"
_APEX_DATE = "2026-09-04"
_SIZES = {25: 25_000, 50: 50_000, 75: 75_000, 100: 100_000, 150: 150_000, 250: 250_000,
          300: 300_000}  # fmt: skip


def _apex_evaluations() -> list[AccountRules]:
    """The line-up since 2026-03-01, in both types."""
    rows = []
    for size, target, drawdown, minis, limit in (
        (25, 1_500, 1_000, 4, 500),
        (50, 3_000, 2_000, 6, 1_000),
        (100, 6_000, 3_000, 8, 1_500),
        (150, 9_000, 4_000, 12, 2_000),
    ):
        intraday = AccountRules(
            name=f"apex-intraday-{size}k",
            start_balance=_SIZES[size],
            profit_target=target,
            drawdown=drawdown,
            lock=Lock.TARGET_BALANCE,
            max_contracts_mini=minis,
            max_days=30,
            source=_APEX_SOURCE + ("; one page of 2026 says 2,500 drawdown" if size == 50 else ""),
            verified_on=_APEX_DATE,
        )
        end_of_day = replace(
            intraday,
            name=f"apex-eod-{size}k",
            drawdown_mode=DrawdownMode.END_OF_DAY,
            daily_loss_limit=limit,
        )
        rows += [intraday, end_of_day]
    return rows


_APEX_TIERS: dict[int, Tiers] = {
    25: ((0, 1, 500), (1_000, 2, 500), (2_000, 2, 1_250)),
    50: ((0, 2, 1_000), (1_500, 3, 1_000), (3_000, 4, 2_000), (6_000, 4, 3_000)),
    100: ((0, 3, 1_750), (2_000, 4, 1_750), (3_000, 5, 1_750), (5_000, 6, 2_500),
          (10_000, 6, 3_500)),
    150: ((0, 4, 2_500), (2_000, 5, 2_500), (3_000, 7, 2_500), (5_000, 10, 3_000),
          (10_000, 10, 4_000)),
}  # fmt: skip


def _apex_funded(evaluations: list[AccountRules]) -> list[AccountRules]:
    """Funded accounts of the same line-up: lock at start + 100, tiers, best-day rule."""
    rows = []
    for row in evaluations:
        size = row.start_balance // 1_000
        tiers = _APEX_TIERS[size]
        rows.append(
            replace(
                row,
                name=row.name + "-funded",
                profit_target=0,
                lock=Lock.START_PLUS_100,
                max_contracts_mini=tiers[0][1],
                daily_loss_limit=tiers[0][2],
                max_days=0,
                best_day_share=0.5,
                best_day_effect="blocks_payout",
                tiers=tiers,
            )
        )
    return rows


def _apex_legacy() -> list[AccountRules]:
    """Accounts sold before 2026-03-01."""
    rows = [
        AccountRules(
            name=f"apex-legacy-{size}k",
            start_balance=_SIZES[size],
            profit_target=target,
            drawdown=drawdown,
            lock=Lock.TARGET_BALANCE,
            max_contracts_mini=minis,
            min_days=7,
            source=_APEX_SOURCE + ("; target unconfirmed" if size == 75 else ""),
            verified_on=_APEX_DATE,
        )
        for size, target, drawdown, minis in (
            (25, 1_500, 1_500, 4),
            (50, 3_000, 2_500, 10),
            (75, 4_250, 2_750, 12),
            (100, 6_000, 3_000, 14),
            (150, 9_000, 5_000, 17),
            (250, 15_000, 6_500, 27),
            (300, 20_000, 7_500, 35),
        )
    ]
    static = replace(
        rows[3],
        name="apex-legacy-100k-static",
        profit_target=2_000,
        drawdown=625,
        drawdown_mode=DrawdownMode.STATIC,
        lock=Lock.NONE,
        max_contracts_mini=2,
    )
    return [*rows, static]


def _end_of_day_family(
    family: str,
    rows: tuple[tuple[int, int, int, int], ...],
    **common: object,
) -> list[AccountRules]:
    """Rows (size in thousands, target, drawdown, minis) of a firm with an end-of-day floor."""
    return [
        AccountRules(
            name=f"{family}-{size}k",
            start_balance=_SIZES[size],
            profit_target=target,
            drawdown=drawdown,
            drawdown_mode=DrawdownMode.END_OF_DAY,
            max_contracts_mini=minis,
            **common,  # ty: ignore[invalid-argument-type]
        )
        for size, target, drawdown, minis in rows
    ]


def _other_firms() -> list[AccountRules]:
    return [
        *_end_of_day_family(
            "topstep",
            ((50, 3_000, 2_000, 5), (100, 6_000, 3_000, 10), (150, 9_000, 4_500, 15)),
            lock=Lock.START, min_days=2, best_day_share=0.55, best_day_effect="raises_target",
            flat_by="16:10", source="help.topstep.com 8284197, 8284204, 8284208",
            verified_on="2026-09-24",
        ),
        *_end_of_day_family(
            "take-profit-trader",
            ((25, 1_500, 1_500, 3), (50, 3_000, 2_000, 6), (75, 4_500, 2_500, 9),
             (100, 6_000, 3_000, 12), (150, 9_000, 4_500, 15)),
            lock=Lock.START, min_days=3, best_day_share=0.5, best_day_effect="raises_target",
            flat_by="16:55", source="the firm's official text", verified_on="2026-09-24",
        ),
        *_end_of_day_family(
            "my-funded-futures-rapid",
            ((25, 1_500, 1_000, 3), (50, 3_000, 2_000, 5), (100, 6_000, 3_000, 10),
             (150, 9_000, 4_500, 15)),
            min_days=2, best_day_share=0.5, best_day_effect="blocks_pass",
            source="help.myfundedfutures.com 14116402, 13134709; flat-by time not found",
            verified_on="2026-05-31",
        ),
        *_end_of_day_family(
            "tradeify-select",
            ((25, 1_500, 1_000, 1), (50, 3_000, 2_000, 4), (100, 6_000, 3_000, 8),
             (150, 9_000, 4_500, 12)),
            min_days=3, best_day_share=0.4, best_day_effect="blocks_pass",
            source="help.tradeify.co 12853921, 10495915; 12:59 on short days",
            verified_on="2026-05-31",
        ),
    ]  # fmt: skip


def _all_rows() -> list[AccountRules]:
    evaluations = _apex_evaluations()
    return [*evaluations, *_apex_funded(evaluations), *_apex_legacy(), *_other_firms()]


ACCOUNT_RULES: dict[str, AccountRules] = {row.name: row for row in _all_rows()}
"""Rule sets by name."""

DEFAULT_RULES = "apex-legacy-50k"


def account_rules(name: str) -> AccountRules:
    """Look up a rule set.

    Raises:
        ValueError: for an unknown name, naming the known ones.
    """
    if name not in ACCOUNT_RULES:
        raise ValueError(f"no rule set {name!r}; known: {', '.join(ACCOUNT_RULES)}")
    return ACCOUNT_RULES[name]
