"""The shipped rule sets, firm by firm, as mappings of ``AccountRules`` fields."""

from typing import Any

from futures_env.accounts.money import PayoutRules
from futures_env.accounts.rules import AccountRules
from futures_env.codes import DrawdownMode, Lock

Fields = dict[str, Any]

_SIZES = {25: 25_000, 50: 50_000, 75: 75_000, 100: 100_000, 150: 150_000, 250: 250_000,
          300: 300_000}  # fmt: skip
_APEX: Fields = {
    "source": "support pages of the firm, by powerFC/propfirm-rules-dataset",
    "verified_on": "2026-09-04",
    "automation_banned": True,
}


def _with_note(row: Fields, note: str) -> Fields:
    return row | {"source": f"{row['source']}; {note}"}


def _apex_evaluations() -> list[Fields]:
    """The line-up since 2026-03-01, in both types."""
    rows = []
    for size, target, drawdown, minis, limit in (
        (25, 1_500, 1_000, 4, 500),
        (50, 3_000, 2_000, 6, 1_000),
        (100, 6_000, 3_000, 8, 1_500),
        (150, 9_000, 4_000, 12, 2_000),
    ):
        intraday = _APEX | {
            "name": f"apex-intraday-{size}k",
            "start_balance": _SIZES[size],
            "profit_target": target,
            "drawdown": drawdown,
            "lock": Lock.TARGET_BALANCE,
            "max_contracts_mini": minis,
            "max_days": 30,
        }
        if size == 50:
            intraday = _with_note(intraday, "one page of 2026 says 2,500 drawdown")
        end_of_day = intraday | {
            "name": f"apex-eod-{size}k",
            "drawdown_mode": DrawdownMode.END_OF_DAY,
            "daily_loss_limit": limit,
        }
        rows += [intraday, end_of_day]
    return rows


_APEX_TIERS = {
    25: ((0, 1, 500), (1_000, 2, 500), (2_000, 2, 1_250)),
    50: ((0, 2, 1_000), (1_500, 3, 1_000), (3_000, 4, 2_000), (6_000, 4, 3_000)),
    100: ((0, 3, 1_750), (2_000, 4, 1_750), (3_000, 5, 1_750), (5_000, 6, 2_500),
          (10_000, 6, 3_500)),
    150: ((0, 4, 2_500), (2_000, 5, 2_500), (3_000, 7, 2_500), (5_000, 10, 3_000),
          (10_000, 10, 4_000)),
}  # fmt: skip
_APEX_PAYOUTS = {25: (100, 26_600), 50: (250, 52_600), 100: (300, 103_600), 150: (350, 154_600)}
"""(profit of a qualifying day, balance from which a payout may be requested)."""
_APEX_50K_CAPS = (1_500, 2_000, 2_500, 2_500, 3_000, 3_000)


def _apex_funded(evaluations: list[Fields]) -> list[Fields]:
    """Funded accounts of the same line-up: lock at start + 100, tiers, payouts."""
    rows = []
    for row in evaluations:
        size = row["start_balance"] // 1_000
        tiers = _APEX_TIERS[size]
        day_profit, request_balance = _APEX_PAYOUTS[size]
        funded = row | {
            "name": row["name"] + "-funded",
            "profit_target": 0,
            "lock": Lock.START_PLUS_100,
            "max_contracts_mini": tiers[0][1],
            "daily_loss_limit": tiers[0][2],
            "max_days": 0,
            "best_day_share": 0.5,
            "best_day_effect": "blocks_payout",
            "tiers": tiers,
            "payouts": PayoutRules(
                qualifying_days=5,
                qualifying_day_profit=day_profit,
                request_balance=request_balance,
                caps=_APEX_50K_CAPS if size == 50 else (),
                max_payouts=6,
            ),
        }
        if size != 50:
            funded = _with_note(funded, "payout caps not found")
        rows.append(funded)
    return rows


def _apex_legacy() -> list[Fields]:
    """Evaluations sold before 2026-03-01."""
    rows = [
        _APEX
        | {
            "name": f"apex-legacy-{size}k",
            "start_balance": _SIZES[size],
            "profit_target": target,
            "drawdown": drawdown,
            "drawdown_mode": DrawdownMode.INTRADAY,
            "lock": Lock.TARGET_BALANCE,
            "max_contracts_mini": minis,
            "min_days": 7,
        }
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
    rows[2] = _with_note(rows[2], "target unconfirmed")
    static = rows[3] | {
        "name": "apex-legacy-100k-static",
        "profit_target": 2_000,
        "drawdown": 625,
        "drawdown_mode": DrawdownMode.STATIC,
        "lock": Lock.NONE,
        "max_contracts_mini": 2,
    }
    return [*rows, static]


_APEX_LEGACY_HALF = {25: 2, 50: 5, 100: 7, 150: 8, 250: 13, 300: 17}


def _apex_legacy_funded(evaluations: list[Fields]) -> list[Fields]:
    """Funded accounts of the legacy line-up, where the half size is known."""
    rows = []
    for row in evaluations:
        size = row["start_balance"] // 1_000
        if size not in _APEX_LEGACY_HALF or row["drawdown_mode"] == DrawdownMode.STATIC:
            continue
        half = _APEX_LEGACY_HALF[size]
        safety_net = row["drawdown"] + 100
        above_safety_net = safety_net + 0.01  # the balance must exceed it: the first cent above
        funded = row | {
            "name": row["name"] + "-funded",
            "profit_target": 0,
            "lock": Lock.START_PLUS_100,
            "max_contracts_mini": half,
            "min_days": 0,
            "best_day_share": 0.3,
            "best_day_may_equal": True,
            "best_day_effect": "blocks_payout",
            "safety_net": safety_net,
            "tiers": ((0, half, 0), (above_safety_net, row["max_contracts_mini"], 0)),
            "mae_share": 0.3,
            "mae_share_raised": 0.5,
            "max_stop_to_target": 5.0,
        }
        rows.append(_with_note(funded, "when and how much it pays was not found"))
    return rows


def _end_of_day_family(
    family: str, sizes: tuple[tuple[int, int, int, int], ...], common: Fields
) -> list[Fields]:
    """Rows (size in thousands, target, drawdown, minis) of a firm with an end-of-day floor."""
    return [
        common
        | {
            "name": f"{family}-{size}k",
            "start_balance": _SIZES[size],
            "profit_target": target,
            "drawdown": drawdown,
            "drawdown_mode": DrawdownMode.END_OF_DAY,
            "max_contracts_mini": minis,
        }
        for size, target, drawdown, minis in sizes
    ]


def _funded(rows: list[Fields]) -> list[Fields]:
    """Funded accounts of a firm that states only their lock; sizes as in the evaluation."""
    dropped = ("min_days", "best_day_share", "best_day_may_equal", "best_day_effect")
    return [
        _with_note(
            {field: value for field, value in row.items() if field not in dropped}
            | {
                "name": row["name"] + "-funded",
                "profit_target": 0,
                "lock": Lock.START_PLUS_100,
            },
            "of the funded account only the lock was found, the sizes are the evaluation's",
        )
        for row in rows
    ]


def _other_firms() -> list[Fields]:
    topstep = _end_of_day_family(
        "topstep",
        ((50, 3_000, 2_000, 5), (100, 6_000, 3_000, 10), (150, 9_000, 4_500, 15)),
        {"lock": Lock.START, "min_days": 2, "best_day_share": 0.55, "best_day_may_equal": True,
         "best_day_effect": "raises_target", "flat_by": "16:10", "verified_on": "2026-09-24",
         "source": "help.topstep.com 8284197, 8284204, 8284208"},
    )  # fmt: skip
    limited = _with_note(
        topstep[0] | {"name": topstep[0]["name"] + "-daily-limit", "daily_loss_limit": 1_000},
        "with the optional soft daily loss limit, known of this size only",
    )
    take_profit_trader = _end_of_day_family(
        "take-profit-trader",
        ((25, 1_500, 1_500, 3), (50, 3_000, 2_000, 6), (75, 4_500, 2_500, 9),
         (100, 6_000, 3_000, 12), (150, 9_000, 4_500, 15)),
        {"lock": Lock.START, "min_days": 3, "best_day_share": 0.5,
         "best_day_may_equal": True, "best_day_effect": "raises_target", "flat_by": "16:55",
         "verified_on": "2026-09-24", "automation_banned": True,
         "source": "the firm's official text"},
    )  # fmt: skip
    my_funded_futures = _end_of_day_family(
        "my-funded-futures-rapid",
        ((25, 1_500, 1_000, 3), (50, 3_000, 2_000, 5), (100, 6_000, 3_000, 10),
         (150, 9_000, 4_500, 15)),
        {"min_days": 2, "best_day_share": 0.5, "best_day_effect": "blocks_pass",
         "verified_on": "2026-05-31",
         "source": "help.myfundedfutures.com 14116402, 13134709; flat-by time not found"},
    )  # fmt: skip
    tradeify = _end_of_day_family(
        "tradeify-select",
        ((25, 1_500, 1_000, 1), (50, 3_000, 2_000, 4), (100, 6_000, 3_000, 8),
         (150, 9_000, 4_500, 12)),
        {"min_days": 3, "best_day_share": 0.4, "best_day_effect": "blocks_pass",
         "verified_on": "2026-05-31",
         "source": "help.tradeify.co 12853921, 10495915; 12:59 on short days"},
    )  # fmt: skip
    return [
        *topstep,
        limited,
        *take_profit_trader,
        *my_funded_futures,
        *_funded(my_funded_futures),
        *tradeify,
        *_funded(tradeify),
    ]


def _all_rows() -> list[Fields]:
    current, legacy = _apex_evaluations(), _apex_legacy()
    return [
        *current,
        *_apex_funded(current),
        *legacy,
        *_apex_legacy_funded(legacy),
        *_other_firms(),
    ]


def _linked(rows: list[Fields]) -> dict[str, AccountRules]:
    """Rule sets by name; an evaluation knows the funded account that a pass leads to."""
    funded = {row["name"]: AccountRules(**row) for row in rows if not row["profit_target"]}
    return {
        row["name"]: funded.get(row["name"])
        or AccountRules(**row, funded=funded.get(row["name"] + "-funded"))
        for row in rows
    }


ACCOUNT_RULES: dict[str, AccountRules] = _linked(_all_rows())
"""Rule sets by name."""
