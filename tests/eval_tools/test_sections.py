"""Sections of attempts, folds and sweeps from plain rows."""

import re
from dataclasses import replace

import numpy as np
import pytest

from eval_tools.measures.bootstrap import mean_interval
from eval_tools.report.attempts import headline
from eval_tools.report.pictures.charts import share_chart
from eval_tools.report.rows import Fan, FoldRow, Folds, SweepRow
from eval_tools.report.sections import (
    attempts_section,
    folds_section,
    page,
    sweep_section,
)


def _row(rules: str, p_pass: float, null: float | None) -> dict:
    def chance(share: float, width: float) -> dict:
        low, high = share - width, share + width
        return {"share": share, "low": low, "high": high, "attempts": 1024, "effective": 31.5}

    return {
        "rules": rules,
        "size": "2 x",
        "passing": chance(p_pass, 0.1),
        "driftless": None if null is None else chance(null, 0.02),
        "formula": {"value": 0.4, "exact": False},
        "outcomes": {"passed": 5, "failed_drawdown": 20, "active": 3},
        "sessions_to_pass": None,
        "paid_usd": 120.0,
        "net_usd": -12.5,
        "unknown": [],
    }


@pytest.fixture(scope="module")
def fan() -> Fan:
    rng = np.random.default_rng(0)
    paths = [np.r_[0.0, rng.normal(0, 300, 30).cumsum()] for _ in range(400)]
    floors = [np.maximum.accumulate(path) - 2500.0 for path in paths]
    passed = [bool(path.max() >= 3000) for path in paths]
    return Fan(title="a <b>", paths=paths, passed=passed, floors=floors, target=3000.0)


def test_attempts_stand_beside_their_null(fan) -> None:
    section = str(attempts_section([_row("apex & co", 0.62, 0.22)], [fan]))
    text = " ".join(re.sub(r"<[^>]+>", " ", section).split())
    assert "apex &amp; co" in section
    assert "62.0%" in text
    assert "22.0% (20.0% to 24.0%)" in text
    assert "1,024 (31.5)" in text
    assert "passed 5, failed drawdown 20, not decided 3" in text
    assert "at most 40.0%" in text
    assert "a &lt;b&gt;" in section
    assert section.count("<svg") == 4  # odds and fan, each for a desk and a telephone
    assert len(section) < 400_000
    assert "no attempt" in str(attempts_section([]))
    assert "black" not in section  # the page's dark form draws no black


def test_a_distribution_of_nothing_says_so() -> None:
    assert ">none<" in share_chart({}, "exits", "{:,.0f}")
    assert ">none<" not in share_chart({"stop": 3.0}, "exits", "{:,.0f}")


def test_colours_say_on_which_side_of_the_null_it_lies() -> None:
    better, worse, open_ = (
        str(attempts_section([_row("x", p_pass, 0.4)])) for p_pass in (0.6, 0.2, 0.42)
    )
    assert "var(--gain)" in better
    assert "var(--loss)" not in better
    assert "var(--loss)" in worse
    assert "var(--gain)" not in open_
    assert "var(--loss)" not in open_


def test_the_headline_claims_no_more_than_the_intervals() -> None:
    assert headline([]) == "No attempt was made: nothing can be claimed."
    assert "more than 40.0% without an edge" in headline([_row("x", 0.6, 0.4)])
    assert "not told apart from 40.0%" in headline([_row("x", 0.45, 0.4)])
    assert "was not simulated" in headline([_row("x", 0.45, None)])


def test_folds_and_sweeps_are_tables(fan) -> None:
    mean = replace(mean_interval([-3.0, -3.0]), low=-9.0, high=2.0)
    fold = FoldRow(
        fold=1, train="a to b", validation="c to d", test="e to f", chosen="step 40",
        gates="7 of 9", interval=mean, trades=1200, breaches=4,
    )  # fmt: skip
    rows = [
        SweepRow(
            step=step, place=f"seed, {step}%", mean_usd=step - 15.0, low=step - 30.0,
            high=step + 5.0, trades=9, breaches=0, chosen=step == 30,
        )
        for step in (10, 20, 30)
    ]  # fmt: skip
    folds = str(folds_section(Folds(remark="purge 30 bars", rows=(fold,))))
    assert "step 40" in folds
    assert "-9 .. +2" in folds
    assert "purge 30 bars" in folds
    assert "<td>7 of 9</td><td>1,200</td><td>4</td>" in folds
    sweep = str(sweep_section(rows, "best mean", "probability of overfitting 40%"))
    assert sweep.count(">chosen<") == 1
    assert "3 looked at" in sweep
    whole = page(
        "Attempts",
        "one < two",
        ["few days"],
        [attempts_section([]), folds_section(Folds(remark="", rows=()))],
    )
    assert "one &lt; two" in whole
    assert whole.count("<section") == 3
    assert "<script" not in whole
