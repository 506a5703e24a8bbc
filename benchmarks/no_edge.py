"""Does training invent an edge where there is none? Zero-edge twins and martingales.

    python -m benchmarks.no_edge FOLDER [--runs 20] [--sessions 250] [--steps 500000]

`twin`: the signal of the planted `entry` edge without the drift behind it. `martingale`: no signal
either. Every run draws a market of its own, trains with the defaults, and plays the held fifth,
greedily and drawn from the policy. Counted are 95 % intervals of the mean held P&L a session before
costs (``eval_tools.mean_interval``, sessions independent) that leave 0 out: of 40 runs at most 5
should, which 40 sound intervals exceed once in 70 times. The exit code is 1 where more do.

A run writes one JSON file into FOLDER and is skipped when that is there.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import tyro

from benchmarks.command_line import refuse, too_small
from benchmarks.shares import joined, write_whole
from eval_tools import (
    agent_policy,
    daily_pnl,
    gross_params,
    hold_out,
    mean_interval,
    run_slices,
    session_slices,
    sessions_between,
)
from futures_env import slice_market, synthetic_market
from futures_env.env import FuturesEnv
from futures_env.market.table import MarketData
from ppo_agent import Policy, PPOConfig, train

Kind = Literal["twin", "martingale"]
KINDS: tuple[Kind, ...] = ("twin", "martingale")
SEEDS: dict[Kind, int] = {"twin": 8001, "martingale": 8101}
"""First seed of each kind; no choice of a default looked at them."""
WINDOW = 20
ALLOWED = 5 / 40
"""Share of the intervals that may leave 0 out."""

Row = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Options:
    """Command line."""

    folder: Annotated[Path, tyro.conf.Positional]
    """Where the runs are kept."""
    runs: int = 20
    """Runs of each kind."""
    sessions: int = 250
    """Sessions of each market, the held fifth included."""
    steps: int = 500_000
    """Environment steps of each training."""

    def check(self) -> None:
        """Refuse what no run could follow."""
        refuse(
            too_small(1, runs=self.runs),
            too_small(20, sessions=self.sessions),
            too_small(PPOConfig().steps_per_update, steps=self.steps),
        )


def draw(kind: Kind, seed: int, sessions: int) -> MarketData:
    """A market without an edge."""
    edge = "entry" if kind == "twin" else "none"
    return synthetic_market(
        sessions=sessions, seed=seed, edge=edge, edge_strength=0.0, window=WINDOW
    )


def run_one(kind: Kind, seed: int, sessions: int, steps: int) -> Row:
    """Train and play the held sessions before costs."""
    market = draw(kind, seed, sessions)
    split = hold_out(market)
    training = slice_market(market, split.train_start, split.train_end, WINDOW)
    env = FuturesEnv(1, market=training, window=WINDOW)
    config = PPOConfig(seed=seed, total_timesteps=steps)
    result = train(env, env.default_params, config, progress=False)
    policy = Policy.from_train_state(result.train_state, config)
    held = session_slices(sessions_between(market, WINDOW, split.held_start, split.held_end))
    figures = {
        name: held_gross(market, policy, greedy, held)
        for name, greedy in (("greedy", True), ("drawn", False))
    }
    return {"kind": kind, "seed": seed, "sessions": sessions, "steps": steps} | figures


def held_gross(market: MarketData, policy: Policy, greedy: bool, held: Any) -> Row:
    """Trades, and the interval of the mean P&L a session before costs."""
    env = FuturesEnv(1, market=market, window=WINDOW)
    agent = agent_policy(policy, greedy=greedy)
    params = gross_params(env.default_params)
    played = run_slices(env, agent, params, held, reenter=True, chunk=len(held))
    trades = sum(int(np.sum(one.steps["trade_closed"])) for one in played)
    found = mean_interval(daily_pnl(played, market), block_length=1)
    return {"trades": trades, **asdict(found), "covers_0": found.covers(0.0)}


def run_missing(options: Options) -> list[Row]:
    """All runs asked for, those without a file made first."""
    rows = []
    for kind in KINDS:
        for seed in range(SEEDS[kind], SEEDS[kind] + options.runs):
            path = options.folder / f"{kind}-{options.sessions}-{options.steps}-{seed}.json"
            if not path.exists():
                write_whole(path, run_one(kind, seed, options.sessions, options.steps))
            rows.append(json.loads(path.read_text("utf-8")))
            print(path.name, rows[-1]["greedy"], rows[-1]["drawn"], flush=True)
    return rows


def markdown(rows: list[Row]) -> str:
    """One line a kind and way of acting."""
    lines = [["market", "acting", "runs", "without a trade", "intervals without 0"], ["---"] * 5]
    for kind in KINDS:
        for acting in ("greedy", "drawn"):
            found = [row[acting] for row in rows if row["kind"] == kind]
            idle = sum(one["trades"] == 0 for one in found)
            lines.append([kind, acting, *map(str, (len(found), idle, excluded(found)))])
    return joined(lines)


def excluded(found: list[Row]) -> int:
    """Intervals that leave 0 out."""
    return sum(not one["covers_0"] for one in found)


def main(args: Sequence[str] | None = None) -> int:
    """Run what is missing and count; 1 when too many intervals leave 0 out."""
    options = tyro.cli(Options, description=__doc__, args=args)
    options.check()
    options.folder.mkdir(parents=True, exist_ok=True)
    rows = run_missing(options)
    print(markdown(rows))
    counts = [excluded([row[acting] for row in rows]) for acting in ("greedy", "drawn")]
    return int(max(counts) > ALLOWED * len(rows))


if __name__ == "__main__":
    raise SystemExit(main())
