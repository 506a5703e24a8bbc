"""What masks, normalisation and metrics cost in training: one process, interleaved repeats."""

import dataclasses
from typing import Any

import gymnax

from benchmarks.training import UPDATES, config_for
from ppo_agent import train


class Bare:
    """An environment that offers neither masks nor metrics to the learner."""

    HIDDEN = ("action_mask", "step_metrics", "summarize_metrics", "console_metrics")

    def __init__(self, env: Any) -> None:
        """Hide the hooks of ``env``."""
        self._env = env

    def __getattr__(self, name: str) -> Any:
        if name in self.HIDDEN or name == "_env":
            raise AttributeError(name)
        return getattr(self._env, name)


def main(env_id: str = "futures_env:FuturesNQ-Phase2", repeats: int = 4) -> None:
    """Print steps per second with and without, and the share that the extras cost."""
    module, name = env_id.split(":")
    __import__(module)
    env, params = gymnax.make(name)
    full = config_for(256, UPDATES)
    bare = dataclasses.replace(full, normalize_observations=False, scale_returns=False)
    stripped = Bare(env)
    rates: dict[str, list[float]] = {"full": [], "bare": []}
    for _ in range(repeats):
        rates["full"].append(train(env, params, full, progress=False).timing.steps_per_second)
        rates["bare"].append(train(stripped, params, bare, progress=False).timing.steps_per_second)
    best = {label: max(values) for label, values in rates.items()}
    print(f"{name}: with masks, normalisation and metrics {best['full']:,.0f} steps/s, without "
          f"{best['bare']:,.0f}; they cost {1 - best['full'] / best['bare']:.1%}")  # fmt: skip


if __name__ == "__main__":
    main()
