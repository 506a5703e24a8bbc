"""Gates: what is measured against which limit, and that each can fail alone."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from eval_tools.gates import Gate, GateError, phase1_gates, phase2_gates, require_all
from eval_tools.measures.bootstrap import mean_interval
from eval_tools.measures.results import PolicyResult
from eval_tools.measures.trades import TRADE_COLUMNS

DAYS = pd.date_range("2025-01-06", periods=40, name="date")
ROW = {"entropy_choice": 0.3, "action_legal/HOLD": 0.9, "action_legal/TRAIL_ON": 0.01}


def result(daily: Any, wins: int = 30, losses: int = 50) -> PolicyResult:
    """Trades of a bracket whose break-even rate is 1 / (1 + 3)."""
    series = pd.Series(daily, index=DAYS, dtype=float)
    net = np.r_[np.full(wins, 30_000), np.full(losses, -10_000)]
    trades = pd.DataFrame(0, index=range(len(net)), columns=list(TRADE_COLUMNS))
    trades = trades.assign(net_cents=net, stop_ticks=10, target_ticks=30)
    return PolicyResult(
        name="x",
        sessions=[],
        accounts=[],
        trades=trades,
        account_trades=trades,
        num_actions=6,
        daily=series,
        interval=mean_interval(series),
    )


@pytest.fixture(scope="module")
def good() -> PolicyResult:
    return result(100.0 + 5.0 * np.sin(np.arange(40)))


@pytest.fixture(scope="module")
def flat() -> PolicyResult:
    return result(np.zeros(40))


def failed(gates: list[Gate]) -> list[str]:
    return [gate.name for gate in gates if not gate.passed]


def test_phase1_passes_and_each_gate_fails_alone(good: PolicyResult, flat: PolicyResult) -> None:
    beside = {"always flat": flat, "random legal": result(np.full(40, -50.0))}
    rows = [ROW] * 20
    gates = phase1_gates(good, beside, rows)
    assert failed(gates) == []
    require_all(gates)
    (name,) = failed(phase1_gates(good, beside | {"always flat": result(np.full(40, 99.0))}, rows))
    assert "always flat" in name
    (name,) = failed(phase1_gates(replace(good, trades=good.trades[:0]), beside, rows))
    assert name == "trades on held sessions"
    collapsed = phase1_gates(good, beside, rows[:18] + [ROW | {"entropy_choice": 0.05}] * 2)
    (name,) = failed(collapsed)
    assert name.startswith("entropy")
    with pytest.raises(GateError, match=r"1 of 4 gates failed: entropy .*: 0.05 > 0.05"):
        require_all(collapsed)


def test_only_the_last_tenth_of_training_counts(good: PolicyResult, flat: PolicyResult) -> None:
    rows = [ROW | {"entropy_choice": 0.0}] * 18 + [ROW] * 2
    assert failed(phase1_gates(good, {"always flat": flat}, rows)) == []


def test_phase2_passes_and_each_gate_fails_alone(good: PolicyResult, flat: PolicyResult) -> None:
    rows = [ROW] * 10
    assert failed(phase2_gates(good, flat, rows)) == []
    unused = ROW | {"action_legal/TRAIL_ON": 0.0049}
    (name,) = failed(phase2_gates(good, flat, [unused] * 10))
    assert name.startswith("use of TRAIL ON where legal")
    (name,) = failed(phase2_gates(good, flat, [ROW | {"entropy_choice": 0.15}] * 10))
    assert name.startswith("entropy")
    loser = replace(good, trades=result(flat.daily, 20, 60).trades)
    (name,) = failed(phase2_gates(loser, flat, rows))
    assert name.startswith("win rate")
    names = failed(phase2_gates(flat, good, rows))
    assert len(names) == 1
    assert "its parent (95% interval [" in names[0]
    falls = good.daily.copy()
    falls.iloc[5] = -10.0
    falls[6:] += 50.0
    (name,) = failed(phase2_gates(replace(good, daily=falls), flat, rows))
    assert name.startswith("maximum drawdown")


def test_phase2_must_not_earn_less_than_its_parent_and_need_not_prove_more(
    good: PolicyResult, flat: PolicyResult
) -> None:
    def paired(mean: float) -> Gate:
        scattered = np.where(np.arange(40) % 2, mean - 90.0, mean + 90.0)
        (gate,) = (
            gate
            for gate in phase2_gates(replace(good, daily=flat.daily + scattered), flat, [ROW] * 10)
            if "its parent (" in gate.name
        )
        return gate

    assert paired(1.0).passed
    assert "over its parent (95% interval [-" in paired(1.0).name
    assert (paired(0.0).value, paired(0.0).passed) == (0.0, True)
    assert not paired(-1.0).passed


def test_what_is_no_number_never_passes() -> None:
    for relation in (">", ">=", "<="):
        gate = Gate(name="x", value=float("nan"), relation=relation, limit=0.0)
        assert not gate.passed
        assert gate.as_row()["value"] is None
        assert gate.text.startswith("FAIL  x: nan")
