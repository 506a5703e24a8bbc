"""Core and checker agree, bar for bar, on random accounts under every shipped rule set."""

from collections import Counter, defaultdict

import numpy as np
import pytest

from eval_tools.accounts.checker import check
from futures_env import ACCOUNT_RULES, AccountRules, account_rules
from tests.eval_tools.accounts.random_accounts import Account, play
from tests.eval_tools.accounts.rule_counts import count_rules, group_of, rules_of_row

OF_EACH = 100
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
    table = "\n".join(
        f"{name} ({bars[name]:,} bars): {_row_of(name, met[name])}" for name in GROUPS
    )
    print(table)
    lacking = {name: lacks for name in GROUPS if (lacks := _lacks(name, met[name]))}
    assert lacking == {}, table


def _rules_of(group: str) -> set[str]:
    return set().union(*(rules_of_row(row) for row in GROUPS[group]))


def _lacks(group: str, met: Counter[str]) -> dict[str, int]:
    """Rules of the group that acted less than 100 times."""
    return {name: met[name] for name in sorted(_rules_of(group)) if met[name] < OF_EACH}


def _row_of(group: str, met: Counter[str]) -> str:
    return ", ".join(f"{name} {met[name]}" for name in sorted(_rules_of(group)))
