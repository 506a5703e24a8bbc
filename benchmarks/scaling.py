"""Cost per step and memory against the number of bars: both must not grow with the history.

python -m benchmarks.scaling [--bars 100000 1000000 10000000]
"""

from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
import numpy as np
import tyro

import futures_env
from benchmarks.cases import autoreset_on, raw_on
from benchmarks.measure import time_call
from futures_env import FuturesEnv, MarketData, pad_features


@dataclass(frozen=True, kw_only=True)
class Options:
    """Command line."""

    bars: tuple[int, ...] = (100_000, 1_000_000, 10_000_000)
    """Rows of the market table."""
    num_envs: int = 1_000
    """Environments."""
    phase: int = 2
    """1 or 2."""
    repeats: int = 10
    """Timed calls; the best counts."""


def repeated(market: MarketData, bars: int) -> MarketData:
    """The market's rows over and over, as one segment of ``bars`` rows."""
    times = -(-bars // market.num_bars)

    def tile(leaf: jax.Array) -> jax.Array:
        host = np.asarray(leaf)
        return jnp.asarray(np.tile(host, (times, *[1] * (host.ndim - 1)))[:bars])

    apart = ("starts", "start_offsets", "contract_table", "feature_names")
    names = [name for name in market.__dict__ if name not in apart]
    bare = replace(market, features=market.bar_features)
    long = replace(market, **{name: tile(getattr(bare, name)) for name in names})
    session = jnp.cumsum(jnp.append(False, long.session_last[:-1]), dtype=jnp.int32)
    starts = jnp.arange(19, bars - 1, dtype=jnp.int32)
    return replace(
        long,
        features=pad_features(long.features),
        session=session,
        segment=jnp.zeros(bars, jnp.int32),
        market=jnp.zeros(bars, jnp.int8),
        starts=starts,
        start_offsets=jnp.asarray([0, len(starts)], jnp.int32),
    )


def bytes_per_bar(market: MarketData) -> float:
    """Bytes of all leaves per row."""
    return sum(leaf.nbytes for leaf in jax.tree.leaves(market)) / market.num_bars


def main() -> None:
    """Print one line per table size."""
    options = tyro.cli(Options, description=__doc__)
    base = futures_env.synthetic_market(sessions=60)
    num_steps = max(300_000 // options.num_envs, 50)
    print(f"{'bars':>12} {'bytes/bar':>10} {'raw steps/s':>12} {'autoreset':>12} {'compile s':>10}")
    for bars in options.bars:
        market = repeated(base, bars)
        env = FuturesEnv(options.phase, market=market)
        params = env.default_params
        rates = []
        for case in (raw_on, autoreset_on):
            function, args = case(env, params, options.num_envs, num_steps)
            timing = time_call(function, *args, repeats=options.repeats)
            rates.append(options.num_envs * num_steps / timing.best)
        print(f"{bars:12,} {bytes_per_bar(market):10.1f} {rates[0]:12,.0f} {rates[1]:12,.0f} "
              f"{timing.compile_seconds:10.1f}", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
