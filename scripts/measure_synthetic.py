"""Write docs/data/synthetic.md: the synthetic market measured against its targets.

Usage: python scripts/measure_synthetic.py [--sessions 300] [--seeds 4]
"""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from edge_oracles import Score, cost_usd, score
from statistics_page import statistics, table

from futures_env import synthetic_market

PAGE = Path(__file__).resolve().parents[1] / "docs/data/synthetic.md"
THRESHOLD = 1.0
TRAIL_AFTER = (4, 6, 8)
STRENGTHS = (0.0, 1.0, 3.0, 10.0)
EDGES = """
## Planted edges

Strengths are in round-turn costs of NQ: two commissions of 2.50 USD and a tick of slippage on
either side, {cost:.0f} USD. The signal is the `volume` feature beyond +-{threshold}; the oracle
trades it at the default bracket. Each row is {runs} runs of {sessions} sessions.

The entry strength is the oracle's net P&L per trade. The exit strength is the gain of the best
trailing oracle (TRAIL_ON from a fixed number of bars held) over the fixed bracket on the same
signals and sessions, per trade of the oracle. Strength 0 is the zero-edge twin: its entry oracle
loses its costs. The error is one standard error (of the oracle alone; the gain is paired).
"""
MARTINGALE = """
## Martingale

Every sub-step is -1, 0 or +1 tick with mean 0, whatever came before: a table over all 256 bytes
(`futures_env.data.synthetic.random_walk`) is symmetric, and the tests say so. Gross P&L per trade
of the signal policy on the twin, costs and through ticks at 0: {mean:+.2f} USD +- {error:.2f}
({trades:,} trades).
"""


def total(scores: Sequence[Score]) -> Score:
    """Sum over independent runs."""
    trades, net, error = np.array(scores).T
    return Score(int(trades.sum()), float(net.sum()), float(np.sqrt((error**2).sum())))


def edge_rows(sessions: int, seeds: int) -> Iterator[list[str]]:
    """Measured strength of each planted edge."""
    cost = cost_usd("NQ")
    for edge in ("entry", "exit"):
        for strength in STRENGTHS:
            markets = [
                synthetic_market("NQ", sessions, 100 + seed, edge, strength)
                for seed in range(seeds)
            ]
            fixed = total([score(market, THRESHOLD) for market in markets])
            best, after, base = fixed, "", 0.0
            if edge == "exit":
                runs = {k: total([score(m, THRESHOLD, k) for m in markets]) for k in TRAIL_AFTER}
                bars = max(runs, key=lambda k: runs[k].net_usd)
                best, after, base = runs[bars], f"{bars}", fixed.net_usd
            measured = (best.net_usd - base) / best.trades / cost
            yield [
                edge,
                f"{strength:g}",
                f"{measured:.2f} +- {best.error_usd / best.trades / cost:.2f}",
                f"{best.trades}",
                f"{best.net_usd / best.trades:.1f}",
                f"{fixed.net_usd / fixed.trades:.1f}",
                after,
            ]


def main() -> None:
    """Measure and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=300)
    parser.add_argument("--seeds", type=int, default=4)
    arguments = parser.parse_args()
    sessions, seeds = arguments.sessions, arguments.seeds
    head = [
        "edge", "strength", "measured", "oracle's trades", "oracle, USD a trade",
        "fixed bracket, USD a trade", "trails after bars",
    ]  # fmt: skip
    twins = [synthetic_market("NQ", sessions, 200 + i, "entry", 0.0) for i in range(2 * seeds)]
    gross = total([score(market, THRESHOLD, gross=True) for market in twins])
    text = (
        statistics(sessions)
        + EDGES.format(cost=cost_usd("NQ"), threshold=THRESHOLD, runs=seeds, sessions=sessions)
        + table(head, edge_rows(sessions, seeds))
        + MARTINGALE.format(
            mean=gross.net_usd / gross.trades,
            error=gross.error_usd / gross.trades,
            trades=gross.trades,
        )
    )
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
