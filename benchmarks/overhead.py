"""What masks, normalisation and metrics cost in training: one process, interleaved repeats.

python -m benchmarks.overhead [--env FuturesNQ-Phase2] [--repeats 4]
"""

import argparse
import dataclasses
from collections.abc import Sequence
from typing import Any

import gymnax

from benchmarks.command_line import refuse, too_small
from benchmarks.training import UPDATES, config_for
from ppo_agent import train


class Bare:
    """An environment that offers neither masks nor metrics to the learner."""

    HIDDEN = (
        "action_mask",
        "step_metrics",
        "summarize_metrics",
        "console_metrics",
        "activity_metric",
        "quality_components",
    )

    def __init__(self, env: Any) -> None:
        """Hide the hooks of ``env``."""
        self._env = env

    def __getattr__(self, name: str) -> Any:
        if name in self.HIDDEN or name == "_env":
            raise AttributeError(name)
        return getattr(self._env, name)


def main(args: Sequence[str] | None = None) -> None:
    """Print steps per second with and without, and the share that the extras cost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--env", default="FuturesNQ-Phase2", help="an id that gymnax.make knows")
    parser.add_argument("--repeats", type=int, default=4, help="of each; the best counts")
    options = parser.parse_args(args)
    known = options.env in gymnax.registered_envs
    refuse(
        too_small(1, repeats=options.repeats),
        None if known else f"--env {options.env}: gymnax.make does not know it",
    )
    env, params = gymnax.make(options.env)
    full = config_for(256, UPDATES)
    bare = dataclasses.replace(full, normalize_observations=False, scale_returns=False)
    stripped = Bare(env)
    rates: dict[str, list[float]] = {"full": [], "bare": []}
    for _ in range(options.repeats):
        rates["full"].append(train(env, params, full, progress=False).timing.steps_per_second)
        rates["bare"].append(train(stripped, params, bare, progress=False).timing.steps_per_second)
    full_rate, bare_rate = (max(rates[label]) for label in ("full", "bare"))
    print(
        f"{options.env}: with masks, normalisation and metrics {full_rate:,.0f} steps/s, without "
        f"{bare_rate:,.0f}; they cost {1 - full_rate / bare_rate:.1%}"
    )


if __name__ == "__main__":
    main()
