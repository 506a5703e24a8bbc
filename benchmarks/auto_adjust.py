"""Is a run better off with auto-adjust? Each rule on and off, in a setting in which it fires.

    python -m benchmarks.auto_adjust [--seeds 5] [--steps 4000000] [--json FILE]

Phase 1 on the market of `benchmarks.transfer`, production parameters throughout. The bounds of the
controllers leave each setting one field to move, so that its rule is seen alone:

    entropy up    `ent_coef` starts at its least value 0.001; the target is 0.6 nats, twice the
                  default, so that the policy falls under it in a short run
    entropy down  `ent_coef` starts at its largest value 0.2, at which the policy stays near random
    floor up      the first policy enters once in a million steps, so that no trade happens; the
                  floor is halved as soon as there are trades

Figures: changes upwards and downwards per run; entropy (nats, states with a choice), trades and
reward per 1,000 steps in the last tenth of training; the greedy policy, without floor, on held
sessions. Intervals are 95 % bootstrap intervals over seeds, differences are paired by seed. The
exit code is 0 whenever it ran: what came out is for the reader.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Literal

import jax.numpy as jnp
import numpy as np
import tyro

from benchmarks import seeds
from benchmarks.edge_market import EdgeMarket, EdgeOptions, per_1000_steps, policy_of
from futures_env import FuturesEnv
from futures_env.codes import Action
from ppo_agent import Learned, PPOConfig, TrainResult
from ppo_agent.policy import untrained

PAIRS = [("on", "off")]
NEVER_ENTER = -15.0
"""Logit of an entry: about 3 in 10 million each, far less than one in a window of updates."""


@dataclass(frozen=True, kw_only=True)
class Setting:
    """Where one rule fires.

    Attributes:
        moves: the field that the controllers may change.
        changed: fields of the configuration of both arms.
        never_trades: start from a policy that does not enter.
    """

    moves: Literal["ent_coef", "action_floor"]
    changed: dict[str, float] = field(default_factory=dict)
    never_trades: bool = False


SETTINGS = {
    "entropy up": Setting(moves="ent_coef", changed={"ent_coef": 1e-3, "entropy_target": 0.6}),
    "entropy down": Setting(moves="ent_coef", changed={"ent_coef": 0.2}),
    "floor up": Setting(moves="action_floor", never_trades=True),
}


@dataclass(frozen=True, kw_only=True)
class Options(EdgeOptions):
    """Command line."""

    steps: int = 4_000_000
    """Environment steps of each run, rounded down to whole updates."""
    adjust_every: int = 5
    """Updates between adjustments."""
    rules: tuple[Literal["entropy up", "entropy down", "floor up"], ...] = (
        "entropy up",
        "entropy down",
        "floor up",
    )
    """Which settings to run."""


def config_of(options: Options, setting: Setting, seed: int, on: bool) -> PPOConfig:
    """One run's configuration, with the other rules' field held by its bounds."""
    settings = setting.changed | {"adjust_every": options.adjust_every, "auto_adjust": on}
    config = options.config(seed, options.steps, **settings)
    if setting.moves == "ent_coef":
        return replace(config, action_floor_max=0.0)
    return replace(config, ent_coef_min=config.ent_coef, ent_coef_max=config.ent_coef)


def never_trading(env: FuturesEnv, config: PPOConfig) -> Learned:
    """An untrained policy that holds: entries are as improbable as ``NEVER_ENTER``."""
    learned = untrained(config, len(env.observation_layout), env.num_actions)
    entries = np.array([Action.BUY, Action.SELL])
    actor = learned.params["actor"]
    bias = jnp.zeros(env.num_actions).at[entries].set(NEVER_ENTER)
    return replace(learned, params=learned.params | {"actor": actor | {"bias": bias}})


def run(
    options: Options, setting: Setting, market: EdgeMarket, seed: int, on: bool
) -> seeds.Figures:
    """Train one run and measure it."""
    config = config_of(options, setting, seed, on)
    start = never_trading(market.env(1), config) if setting.never_trades else None
    result = market.train(1, config, start=start)
    last = seeds.last_tenth(result.metrics)
    entropy = float(np.mean([row["entropy_choice"] for row in last]))
    return {
        **changes(result, setting.moves),
        "entropy": entropy,
        **per_1000_steps(last, config),
        **market.held_figures(1, policy_of(result, config)),
    }


def changes(result: TrainResult, name: str) -> dict[str, float]:
    """How often the field was raised and lowered.

    Raises:
        RuntimeError: another field moved, so that the setting does not show its rule alone.
    """
    found = result.adjustments
    if any(change["field"] != name for change in found):
        raise RuntimeError(f"only {name} may move in this setting: {found}")
    return {
        "raised": float(sum(change["new"] > change["old"] for change in found)),
        "lowered": float(sum(change["new"] < change["old"] for change in found)),
    }


def compare(
    options: Options, setting: Setting, markets: Mapping[int, EdgeMarket]
) -> dict[str, list[seeds.Figures]]:
    """Both arms over all seeds."""
    return {
        arm: [run(options, setting, market, seed, on) for seed, market in markets.items()]
        for arm, on in (("on", True), ("off", False))
    }


def main(args: Sequence[str] | None = None) -> int:
    """Run all settings, print a table for each, return 0."""
    options = tyro.cli(Options, description=__doc__, args=args)
    options.check(steps=options.steps)
    markets = {seed: EdgeMarket.draw(options, seed) for seed in options.seed_range}
    tables, rules = [], {}
    for rule in options.rules:
        began = time.perf_counter()
        arms = compare(options, SETTINGS[rule], markets)
        print(f"{rule}: {time.perf_counter() - began:.0f} s", flush=True)
        tables.append(f"{rule}\n\n{seeds.markdown(arms, PAIRS)}\n")
        rules[rule] = seeds.as_json(arms, PAIRS)
    print("\n" + "\n".join(tables))
    seeds.write_json(options.json, {"settings": asdict(options), "rules": rules})
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
