"""The verdict claims what the interval allows."""

import pytest

from eval_tools.conditions.training import Exposure, Seen
from eval_tools.measures.bootstrap import Interval
from eval_tools.verdict import Finding, judge


def _interval(low: float, high: float, days: int = 20) -> Interval:
    mean = (low + high) / 2
    return Interval(mean=mean, low=low, high=high, level=0.95, num_values=days, block_length=3)


@pytest.mark.parametrize(
    ("low", "high", "trades", "finding", "words"),
    [
        (-12.5, 4.0, 30, Finding.NO_EDGE_SHOWN, "No edge shown: the 95% interval of mean daily"),
        (-12.5, -4.0, 30, Finding.LOSES_MONEY, "[-12.50, -4.00] USD lies below 0"),
        (4.0, 12.5, 30, Finding.POSITIVE, "[+4.00, +12.50] USD lies above 0"),
        (0.0, 0.0, 0, Finding.NEVER_TRADED, "nothing can be claimed"),
        (0.0, 5.0, 3, Finding.NO_EDGE_SHOWN, "covers 0"),
    ],
)
def test_findings(low, high, trades, finding, words) -> None:
    verdict = judge(_interval(low, high), trades, {}, "", synthetic=False)
    assert verdict.finding == finding
    assert words in verdict.headline


def test_baselines_are_named_by_their_paired_difference() -> None:
    paired = {"a": _interval(1, 2), "b": _interval(-2, -1), "c": _interval(-1, 1)}
    verdict = judge(_interval(1, 2), 5, paired, "One account.", synthetic=False)
    assert verdict.remarks[:2] == (
        "By paired daily differences: better than a; worse than b; not told apart from c.",
        "One account.",
    )


def test_a_policy_that_did_the_same_is_called_identical() -> None:
    paired = {"twin": _interval(0, 0), "flat": _interval(-1, 1)}
    verdict = judge(_interval(-1, 1), 5, paired, "", synthetic=False, identical=["twin"])
    assert verdict.remarks[0] == (
        "By paired daily differences: identical on every session to twin; not told apart from flat."
    )


def test_days_that_were_trained_on_are_said_first() -> None:
    seen = Exposure(seen=Seen.TRAINED_ON, sessions=12)
    verdict = judge(_interval(1, 2), 5, {}, "One account.", synthetic=False, exposure=seen)
    assert verdict.headline.startswith("Trained on 12 of these sessions, so no test on held data. ")
    assert "Positive after costs" in verdict.headline


def test_days_trained_on_in_another_market_are_said_first() -> None:
    seen = Exposure(seen=Seen.SAME_DAYS, sessions=12)
    verdict = judge(_interval(1, 2), 5, {}, "One account.", synthetic=False, exposure=seen)
    assert verdict.headline.startswith("12 of these sessions fall on days that were trained on in ")
    assert "held out by market, not in time. Positive after costs" in verdict.headline


def test_an_unknown_training_range_is_the_first_remark() -> None:
    unknown = Exposure(seen=Seen.UNKNOWN, sessions=0)
    verdict = judge(_interval(1, 2), 5, {}, "One account.", synthetic=False, exposure=unknown)
    assert verdict.remarks[0].startswith("Training range unknown: nothing shows")
    held = Exposure(seen=Seen.HELD, sessions=0)
    verdict = judge(_interval(1, 2), 5, {}, "One account.", synthetic=False, exposure=held)
    assert verdict.remarks[0] == "One account."


def test_an_earlier_agent_is_remarked_on() -> None:
    held = Exposure(seen=Seen.HELD, sessions=0, began_from_agent=True)
    verdict = judge(_interval(1, 2), 5, {}, "One account.", synthetic=False, exposure=held)
    assert verdict.remarks[0].startswith("Training began from another agent: the days that one")


def test_caution_where_it_is_due() -> None:
    few = judge(_interval(1, 2), 5, {}, "", synthetic=True).remarks
    assert any("20 days are few" in remark for remark in few)
    assert any("synthetic" in remark for remark in few)
    assert judge(_interval(1, 2, days=250), 5, {}, "", synthetic=False).remarks == ()
