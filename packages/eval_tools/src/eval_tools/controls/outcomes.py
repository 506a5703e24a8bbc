"""What a control asks of all its seeds together, and how they are shown."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from eval_tools.formats import aligned, count, number, percent, usd
from eval_tools.measures.bootstrap import Interval

LEAST_SHARE = 0.8
"""Of the oracle's P&L that an agent has to find."""
LEAST_SEEDS = 0.9
"""Share of the seeds in which a control has to hold."""


@dataclass(frozen=True, kw_only=True)
class EdgeResult:
    """One seed of a planted edge; US dollars per held session."""

    seed: int
    oracle_usd: float
    agent_usd: float
    share: float
    trades: float


@dataclass(frozen=True, kw_only=True)
class MartingaleResult:
    """One seed of a market without an edge; US dollars per held day."""

    seed: int
    gross: Interval
    net: Interval
    trades: int


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Whether a control holds, in words and rows."""

    holds: bool
    text: str


def edge_outcome(results: Sequence[EdgeResult], gain: str) -> Outcome:
    """At least 0.8 of what the oracle finds, in 9 of 10 seeds.

    Args:
        results: one per seed.
        gain: what is compared, in words.
    """
    found = sum(one.share >= LEAST_SHARE for one in results)
    holds = found >= LEAST_SEEDS * len(results)
    rows = [["seed", "oracle", "agent", "share", "trades a session"]]
    rows += [
        [str(one.seed), usd(one.oracle_usd), usd(one.agent_usd), number(one.share),
         number(one.trades, 1)]
        for one in results
    ]  # fmt: skip
    told = (
        f"{_word(holds)}: {found} of {count(len(results), 'seed')} find at least "
        f"{percent(LEAST_SHARE, 0)} of the oracle's {gain} on held sessions "
        f"({percent(LEAST_SEEDS, 0)} must); median {number(_median(results))}"
    )
    return Outcome(holds=holds, text=_text(rows, told))


def martingale_outcome(results: Sequence[MartingaleResult]) -> Outcome:
    """Gross intervals cover 0 in 9 of 10 runs, and the net is below 0 wherever it trades at all."""
    covered = sum(one.gross.covers(0.0) for one in results)
    trading = [one for one in results if one.trades]
    net = float(np.mean([one.net.mean for one in trading])) if trading else 0.0
    holds = covered >= LEAST_SEEDS * len(results) and (net < 0 or not trading)
    rows = [["seed", "gross a day", "interval", "net a day", "trades"]]
    rows += [
        [str(one.seed), usd(one.gross.mean), f"{usd(one.gross.low)} .. {usd(one.gross.high)}",
         usd(one.net.mean), f"{one.trades:,}"]
        for one in results
    ]  # fmt: skip
    paid = f"net {usd(net)} USD a day over the {count(len(trading), 'run')} that traded (must be "
    told = (
        f"{_word(holds)}: {covered} of {count(len(results), 'gross interval')} cover 0 "
        f"({percent(LEAST_SEEDS, 0)} must); "
        + (f"{paid}below 0)" if trading else "no run traded, so that none paid costs")
    )
    return Outcome(holds=holds, text=_text(rows, told))


def _word(holds: bool) -> str:
    return "HOLDS" if holds else "DOES NOT HOLD"


def _median(results: Sequence[EdgeResult]) -> float:
    return float(np.median([one.share for one in results]))


def _text(rows: Sequence[Sequence[str]], told: str) -> str:
    return "\n".join([*aligned(rows), "", told]) + "\n"
