"""Core and checker agree, bar for bar, on random accounts under every shipped rule set."""

from collections import Counter, defaultdict

import numpy as np
import pytest

from eval_tools.accounts.checker import check
from futures_env import ACCOUNT_RULES, AccountRules, Lock, account_rules
from tests.eval_tools.accounts.random_accounts import Account, play
from tests.eval_tools.accounts.rule_counts import count_rules, group_of, rules_of_row

OF_EACH = 100
CODES = ("drawdown_mode", "lock", "daily_loss_hard", "best_day_effect", "best_day_may_equal",
         "pass_test")  # fmt: skip
LANES, STEPS, MOST_ROUNDS = 128, 1_200, 40
GROUPS: dict[str, list[AccountRules]] = defaultdict(list)
for _row in ACCOUNT_RULES.values():
    GROUPS[group_of(_row.name)].append(_row)


def disagreements(accounts: list[Account]) -> list[str]:
    """The first difference of each account that has one."""
    checked = ((account, check(account.path, account.rules)) for account in accounts)
    return [f"{account.rules.name}: {found[0]}" for account, found in checked if found]


def test_short_form() -> None:
    rng = np.random.default_rng(1)
    accounts = play(rng, [rows[0] for rows in GROUPS.values()], lanes=3, steps=240)
    assert disagreements(accounts) == []
    met = sum((count_rules(account) for account in accounts), Counter())
    assert min(met[name] for name in ("exit_stop", "exit_target", "exit_liquidation")) > 20, met
    assert min(met[name] for name in ("floor_raised_by_mark", "floor_raised_at_close")) > 20, met


def test_micros_count_by_their_ratio() -> None:
    rng = np.random.default_rng(2)
    accounts = play(rng, [account_rules("apex-eod-50k-funded")], lanes=39, steps=240, kind="micro")
    assert disagreements(accounts) == []
    largest = max(int(account.path.entry_contracts.max()) for account in accounts)
    assert largest >= 20, "two minis are twenty micros"


@pytest.mark.thorough
def test_every_rule_of_every_row_was_met_often() -> None:
    """Rows that differ by numbers only share a run; each plays until all of its rules were met."""
    rng = np.random.default_rng(3)
    met: dict[str, Counter[str]] = {name: Counter() for name in GROUPS}
    bars: Counter[str] = Counter()
    for _ in range(MOST_ROUNDS):
        open_groups = [name for name in GROUPS if _lacks(name, met[name])]
        if not open_groups:
            break
        rows = [row for name in open_groups for row in GROUPS[name]]
        lanes = [rows[lane % len(rows)] for lane in range(LANES)]
        accounts = play(rng, lanes, lanes=1, steps=STEPS)
        assert disagreements(accounts) == []
        for account in accounts:
            group = group_of(account.rules.name)
            met[group] += count_rules(account)
            bars[group] += len(account.path)
    counts = {
        preset: {rule: met[group_of(preset)][rule] for rule in sorted(rules_of_row(row))}
        for preset, row in ACCOUNT_RULES.items()
    }
    table = "\n".join(
        f"{preset} ({bars[group_of(preset)]:,} bars of its kind): "
        + ", ".join(f"{rule} {count:,}" for rule, count in row.items())
        for preset, row in counts.items()
    )
    print(table)
    assert len(counts) == len(ACCOUNT_RULES)
    assert min(min(row.values()) for row in counts.values()) >= OF_EACH, table


def test_rows_that_share_a_run_differ_by_numbers_only() -> None:
    """The same codes and, but for the number of their tiers, the same rules."""
    for rows in GROUPS.values():
        kinds = {tuple(getattr(row, name) for name in CODES) for row in rows}
        rules = {frozenset(_without_tiers(row)) for row in rows}
        assert len(kinds) == len(rules) == 1, [row.name for row in rows]


def test_the_rules_of_a_row_are_all_that_it_sets() -> None:
    """A number that decides anything has a rule that is counted; what is left has none."""
    counted = {
        "drawdown": "became_failed_drawdown", "max_contracts_mini": "contract_cap",
        "profit_target": "became_passed", "min_days": "waits_for_min_days",
        "max_days": "became_failed_time", "daily_loss_limit": "exit_daily_loss_limit",
        "best_day_share": "best_day", "mae_share": "mae", "max_stop_to_target": "stop_to_target",
    }  # fmt: skip
    for row in ACCOUNT_RULES.values():
        found = rules_of_row(row)
        for field, rule in counted.items():
            least = 1 if field == "min_days" else 0
            assert (rule in found) == (getattr(row, field) > least), (row.name, field)
        assert sum(rule.startswith("tier_") for rule in found) == len(row.tiers)
        assert ("payout_allowed" in found) == (row.payouts is not None)
        assert ("floor_locked" in found) == (row.lock != Lock.NONE and "static" not in row.name)


def _without_tiers(row: AccountRules) -> set[str]:
    return {rule for rule in rules_of_row(row) if not rule.startswith("tier_")}


def _lacks(group: str, met: Counter[str]) -> bool:
    """Whether a rule of the group acted less than 100 times."""
    return any(met[rule] < OF_EACH for row in GROUPS[group] for rule in rules_of_row(row))
