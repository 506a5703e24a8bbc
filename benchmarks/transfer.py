"""Does Phase 2 gain from a policy of Phase 1? Transfer against training from scratch, by seed.

    python -m benchmarks.transfer [--seeds 5] [--steps 4000000] [--json FILE]

Each seed draws its own synthetic market with the planted `entry` edge: an unusual volume, then ten
minutes of drift. Phase 1 can learn it, and Phase 2 needs nothing more to earn. Arms of one seed
share market, training key and held sessions:

    phase 1 only    Phase 1, transferred, not trained further
    transfer        the same, then Phase 2 with the fine-tuning defaults
    transfer, same  the same, then Phase 2 with the hyper-parameters of `scratch`
    scratch         Phase 2 alone for as many Phase 2 steps
    scratch, long   Phase 2 alone for as many steps as both phases together

`transfer, same` differs from `scratch` in nothing but the start. Rewards are per 1,000 steps:
over the first tenth of `--steps` and over as many at the end of the arm's run. Intervals are 95 %
bootstrap intervals over seeds, differences are paired by seed. The exit code is 0 whenever it
ran: what came out is for the reader.
"""

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from typing import Literal

import tyro

from benchmarks import seeds
from benchmarks.edge_market import EdgeMarket, EdgeOptions, per_1000_steps, policy_of
from futures_env.params.curriculum import Curriculum, curriculum
from ppo_agent import Policy, PPOConfig, transfer
from ppo_agent.config import FINE_TUNING
from ppo_agent.types import Learned

PAIRS = [
    ("transfer", "scratch"),
    ("transfer", "scratch, long"),
    ("transfer, same", "scratch"),
    ("transfer, same", "scratch, long"),
    ("transfer", "phase 1 only"),
]


@dataclass(frozen=True, kw_only=True)
class Options(EdgeOptions):
    """Command line."""

    steps: int = 4_000_000
    """Environment steps of Phase 2, rounded down to whole updates."""
    phase1_steps: int = 6_000_000
    """Environment steps of Phase 1."""
    ppo: PPOConfig = field(default_factory=PPOConfig)
    """Training from scratch; its seed and its timesteps are set for each run."""
    finetune: dict[str, float] = field(default_factory=lambda: dict(FINE_TUNING))
    """Fields of `transfer` that differ; the default is the fine-tuning defaults."""
    curriculum: Literal["none", "seed"] = "none"
    """none: production parameters throughout, so that rewards are P&L; seed: both phases' presets,
    shortened to each run, whose bonuses are part of the rewards."""


@cache
def plan_of(name: str, phase: int) -> Curriculum | None:
    """One object per phase: schedules are compared by identity, and another would recompile."""
    return None if name == "none" else curriculum(f"phase{phase}-{name}")


def run_seed(options: Options, seed: int) -> dict[str, seeds.Figures]:
    """All arms of one seed."""
    market = EdgeMarket.draw(options, seed)
    scratch = options.config(seed, options.steps)
    fine_tuning = options.config(seed, options.steps, **options.finetune)
    start = after_phase1(options, seed, market, scratch)
    unchanged = market.held_figures(2, Policy(learned=start, config=scratch))
    runs = {
        "transfer": (fine_tuning, start),
        "transfer, same": (scratch, start),
        "scratch": (scratch, None),
        "scratch, long": (options.config(seed, options.phase1_steps + options.steps), None),
    }
    arms = {
        name: phase2(options, market, config, begin, scratch.num_updates)
        for name, (config, begin) in runs.items()
    }
    none = dict.fromkeys(arms["scratch"])
    return {"phase 1 only": {**none, **unchanged}, **arms}


def after_phase1(options: Options, seed: int, market: EdgeMarket, config: PPOConfig) -> Learned:
    """Train Phase 1 and carry it over."""
    first = options.config(seed, options.phase1_steps)
    result = market.train(1, first, plan_of(options.curriculum, 1))
    source, target = market.env(1), market.env(2)
    return transfer(
        policy_of(result, first),
        target,
        target.default_params,
        config,
        source_layout=source.observation_layout,
        source_actions=source.action_names,
    )


def phase2(
    options: Options,
    market: EdgeMarket,
    config: PPOConfig,
    start: Learned | None,
    num_updates: int,
) -> seeds.Figures:
    """Train one arm in Phase 2.

    Args:
        num_updates: of the short arms, so that all arms are compared over equally many steps.
    """
    result = market.train(2, config, plan_of(options.curriculum, 2), start)
    begin = seeds.first_tenth(result.metrics[:num_updates])
    end = seeds.last_tenth(result.metrics[-num_updates:])
    return {
        "early reward": per_1000_steps(begin, config)["reward"],
        "final reward": per_1000_steps(end, config)["reward"],
        **market.held_figures(2, policy_of(result, config)),
    }


def main(args: Sequence[str] | None = None) -> int:
    """Run all arms, print the table, return 0."""
    options = tyro.cli(Options, description=__doc__, args=args)
    options.check(steps=options.steps, phase1_steps=options.phase1_steps)
    arms: dict[str, list[seeds.Figures]] = {}
    for seed in options.seed_range:
        began = time.perf_counter()
        for name, figures in run_seed(options, seed).items():
            arms.setdefault(name, []).append(figures)
        print(f"seed {seed}: {time.perf_counter() - began:.0f} s", flush=True)
    print(seeds.markdown(arms, PAIRS))
    settings = {"settings": asdict(options)}
    seeds.write_json(options.json, settings | seeds.as_json(arms, PAIRS))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
