"""Cost per step and memory against the number of bars: both must not grow with the history.

python -m benchmarks.scaling [--bars 100000 1000000 10000000]
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import jax
import numpy as np
import tyro

import futures_env
from benchmarks.cases import autoreset_on, raw_on
from benchmarks.command_line import refuse, too_small
from benchmarks.measure import prepare, race
from futures_env import FuturesEnv, MarketData
from futures_env.market.columns import STARTS


@dataclass(frozen=True, kw_only=True)
class Options:
    """Command line."""

    bars: tuple[int, ...] = (100_000, 1_000_000, 10_000_000)
    """Rows of the market table."""
    num_envs: int = 1_000
    """Environments."""
    phase: Literal[1, 2] = 2
    """1 or 2."""
    repeats: int = 30
    """Timed calls of each case; the best counts."""


def repeated(market: MarketData, bars: int, window: int) -> MarketData:
    """The market's rows over and over, as one segment of ``bars`` rows."""
    times = -(-bars // market.num_bars)
    columns = {
        name: np.tile(values, (times, *[1] * (values.ndim - 1)))[:bars]
        for name, values in market.columns().items()
        if name not in STARTS
    }
    columns["session"] = np.cumsum(np.append(False, columns["session_last"][:-1]))
    columns["segment"] = columns["market"] = np.zeros(bars, np.int32)
    columns["starts"] = np.arange(window - 1, bars - 1)
    columns["start_offsets"] = np.array([0, bars - window])
    return market.with_columns(**columns)


def bytes_per_bar(market: MarketData) -> float:
    """Bytes of all leaves per row."""
    return sum(leaf.nbytes for leaf in jax.tree.leaves(market)) / market.num_bars


def main(args: Sequence[str] | None = None) -> None:
    """Print one line per table size; the sizes take turns, so that they share the disturbances."""
    options = tyro.cli(Options, description=__doc__, args=args)
    base = futures_env.synthetic_market(sessions=60)
    window = FuturesEnv(options.phase, market=base).config.window
    refuse(
        # as many steps as the window has bars
        too_small(2 * window, bars=min(options.bars, default=0)),
        too_small(1, num_envs=options.num_envs, repeats=options.repeats),
    )
    num_steps = max(300_000 // options.num_envs, 50)
    prepared, sizes = [], []
    for bars in options.bars:
        env = FuturesEnv(options.phase, market=repeated(base, bars, window))
        sizes.append(bytes_per_bar(env.default_params.market))
        prepared += [
            prepare(*case(env, env.default_params, options.num_envs, num_steps))
            for case in (raw_on, autoreset_on)
        ]
    timings = race(prepared, options.repeats)
    print(f"{'bars':>12} {'bytes/bar':>10} {'raw steps/s':>12} {'autoreset':>12} {'compile s':>10}")
    rates = [options.num_envs * num_steps / timing.best for timing in timings]
    for index, bars in enumerate(options.bars):
        raw, autoreset = rates[2 * index : 2 * index + 2]
        print(f"{bars:12,} {sizes[index]:10.1f} {raw:12,.0f} {autoreset:12,.0f} "
              f"{timings[2 * index + 1].compile_seconds:10.1f}")  # fmt: skip


if __name__ == "__main__":
    main()
