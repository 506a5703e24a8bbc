"""The verdict in words: what the numbers allow to be claimed, and no more."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import pandas as pd

from eval_tools.conditions.training import Exposure, Seen
from eval_tools.formats import bounds
from eval_tools.measures.bootstrap import Interval
from eval_tools.measures.results import PolicyResult

FEW_DAYS = 60
"""Under this many days an interval, however far from 0, is called an indication only."""


class Finding(StrEnum):
    """The four outcomes a sceptic tells apart."""

    NEVER_TRADED = "never traded"
    LOSES_MONEY = "loses money"
    NO_EDGE_SHOWN = "no edge shown"
    POSITIVE = "positive after costs"


@dataclass(frozen=True)
class Verdict:
    """Finding, headline and the sentences that qualify it.

    Attributes:
        remarks: every sentence that qualifies the headline.
        account: the one among them on what one account did over the whole range.
    """

    finding: Finding
    headline: str
    remarks: tuple[str, ...]
    account: str


@dataclass(frozen=True)
class MarketFinding:
    """One of several markets, judged on its own.

    Attributes:
        name: of the market.
        sessions: rows of ``eval_tools.session_table``.
        subject: the policy under test on them.
        paired: policy minus baseline, interval of the mean daily difference.
    """

    name: str
    sessions: pd.DataFrame = field(repr=False)
    subject: PolicyResult
    paired: dict[str, Interval]
    verdict: Verdict


def judge(
    interval: Interval,
    trades: int,
    paired: Mapping[str, Interval],
    account_remark: str,
    *,
    synthetic: bool,
    identical: Collection[str] = (),
    exposure: Exposure | None = None,
    looks_before: int = 0,
) -> Verdict:
    """Say what may be claimed from the mean daily P&L after costs.

    Args:
        interval: of the policy's mean daily P&L, USD.
        trades: closed trades behind it.
        paired: interval of policy minus baseline by day, per baseline.
        account_remark: what one account did over the whole range.
        synthetic: whether the market is made up.
        identical: baselines that did the same as the policy, bar by bar.
        exposure: what the policy's training has seen of these days; None: it has no checkpoint.
        looks_before: other evaluations of the run on held sessions.
    """
    finding = _finding(interval, trades)
    ends = bounds(interval.low, interval.high)
    text = f"the {interval.level:.0%} interval of mean daily P&L after costs {ends}"
    headline = {
        Finding.NEVER_TRADED: "Never traded: nothing can be claimed.",
        Finding.LOSES_MONEY: f"Loses money: {text} lies below 0.",
        Finding.NO_EDGE_SHOWN: f"No edge shown: {text} covers 0.",
        Finding.POSITIVE: f"Positive after costs on this range: {text} lies above 0.",
    }[finding]
    remarks = [
        _training_remark(exposure),
        _looks_remark(looks_before),
        _against_baselines(paired, identical),
        account_remark,
    ]
    if interval.num_values < FEW_DAYS:
        remarks.append(
            f"{interval.num_values} days are few: the interval says little about other days."
        )
    if synthetic:
        remarks.append("The market is synthetic: nothing here says anything about a real market.")
    headline = _overlap(exposure) + headline
    return Verdict(finding, headline, tuple(remark for remark in remarks if remark), account_remark)


def _finding(interval: Interval, trades: int) -> Finding:
    if trades == 0:
        return Finding.NEVER_TRADED
    if interval.covers(0.0):
        return Finding.NO_EDGE_SHOWN
    return Finding.POSITIVE if interval.low > 0 else Finding.LOSES_MONEY


def _overlap(exposure: Exposure | None) -> str:
    """What is said before everything else where the days are not held."""
    if exposure is None:
        return ""
    if exposure.seen is Seen.TRAINED_ON:
        return f"Trained on {exposure.sessions} of these sessions, so no test on held data. "
    if exposure.seen is Seen.SAME_DAYS:
        return (
            f"{exposure.sessions} of these sessions fall on days that were trained on in another "
            "market; markets move together, so they are held out by market, not in time. "
        )
    return ""


def _training_remark(exposure: Exposure | None) -> str:
    if exposure is None:
        return ""
    if exposure.seen is Seen.UNKNOWN:
        return (
            "Training range unknown: nothing shows that these sessions were held out of training."
        )
    if exposure.began_from_agent:
        return "Training began from another agent: the days that one has seen are not recorded."
    return ""


def _looks_remark(before: int) -> str:
    if not before:
        return ""
    return f"Held sessions were looked at {before + 1} times with this run: each look is a trial."


def _against_baselines(paired: Mapping[str, Interval], identical: Collection[str]) -> str:
    same = [name for name in paired if name in identical]
    better = [name for name, gap in paired.items() if gap.low > 0]
    worse = [name for name, gap in paired.items() if gap.high < 0]
    open_ = [name for name in paired if name not in same + better + worse]
    parts = [
        f"{relation} {', '.join(names)}"
        for relation, names in (
            ("identical on every session to", same),
            ("better than", better),
            ("worse than", worse),
            ("not told apart from", open_),
        )
        if names
    ]
    return "By paired daily differences: " + "; ".join(parts) + "." if parts else ""
