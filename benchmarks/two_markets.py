"""An edge found where there is one, and none where there is none: one market and its twin.

    python -m benchmarks.two_markets [--seed 1] [--sessions 400] [--steps 2000000] [--json FILE]

Both markets carry the same visible signal; in the first a drift follows it, in its zero-edge twin
nothing does. Each half trains the agent with its defaults on the front of the market and
lets eval_tools judge the held fifth behind it, after costs. The exit code is 0 where the verdict is
positive on the first market and not positive on the twin, 1 where it is otherwise.
"""

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import tyro

from benchmarks.command_line import refuse, too_small, unwritable
from benchmarks.seeds import write_json
from benchmarks.shares import known, share
from eval_tools import Contender, agent_policy, baseline_contenders, evaluate
from eval_tools.controls.planted import Plant, PlantedMarket
from eval_tools.verdict import Finding
from ppo_agent import Policy, PPOConfig, train


@dataclass(frozen=True, kw_only=True)
class Options:
    """Command line."""

    seed: int = 1
    """Of both markets and of both trainings."""
    strength: float = 10.0
    """Net P&L per trade of the oracle on the first market, in round-turn costs."""
    sessions: int = 400
    """Sessions of each market, the held fifth included."""
    steps: int = 2_000_000
    """Environment steps of each training."""
    json: Path | None = None
    """Write what came out here."""

    def check(self) -> None:
        """Refuse what cannot be trained or judged."""
        refuse(
            too_small(20, sessions=self.sessions),
            too_small(PPOConfig().steps_per_update, steps=self.steps),
            None if self.strength > 0.0 else "--strength must be positive: the twin has none",
            unwritable("--json", self.json),
        )


@dataclass(frozen=True, kw_only=True)
class Half:
    """What came out on one market."""

    finding: str
    headline: str
    usd_per_session: float
    trades: int
    oracle_usd_per_session: float
    share: float | None  # of the oracle; None where it earns nothing
    training_seconds: float


def run_half(options: Options, strength: float) -> Half:
    """Draw, train, and let eval_tools judge."""
    plant = Plant(edge="entry", strength=strength, sessions=options.sessions, seed=options.seed)
    market = PlantedMarket.draw(plant)
    config = PPOConfig(seed=options.seed, total_timesteps=options.steps)
    env, began = market.env(market.training), time.perf_counter()
    result = train(env, env.default_params, config, progress=False)
    seconds = time.perf_counter() - began
    policy = Policy.from_train_state(result.train_state, config)
    return judged(market, policy, seconds)


def judged(market: PlantedMarket, policy: Policy, seconds: float) -> Half:
    """The verdict on the held sessions, beside the oracle."""
    env = market.env(market.whole)
    agent = Contender(name="agent", env=env, policy=agent_policy(policy), params=env.default_params)
    others = baseline_contenders(env, env.default_params)
    found = evaluate(agent, others, market.held_sessions)
    oracle = market.play(market.oracle, market.held_sessions).usd
    usd = found.subject.interval.mean
    return Half(
        finding=found.verdict.finding.value,
        headline=found.verdict.headline,
        usd_per_session=usd,
        trades=len(found.subject.trades),
        oracle_usd_per_session=oracle,
        share=known(share(usd, oracle)) if market.plant.strength else None,
        training_seconds=seconds,
    )


def line(name: str, half: Half) -> str:
    """One half in words."""
    part = "" if half.share is None else f", {half.share:.2f} of the oracle"
    return (
        f"{name}: {half.headline}\n"
        f"  {half.usd_per_session:+,.0f} USD a held session{part}, {half.trades} trades, "
        f"trained in {half.training_seconds:.0f} s"
    )


def main(args: Sequence[str] | None = None) -> int:
    """Both halves; 0 when the edge was found and none was invented."""
    options = tyro.cli(Options, description=__doc__, args=args)
    options.check()
    halves: dict[str, Half] = {}
    for name, strength in (("planted edge", options.strength), ("zero-edge twin", 0.0)):
        halves[name] = run_half(options, strength)
        print(line(name, halves[name]), flush=True)
    found, invented = (half.finding == Finding.POSITIVE.value for half in halves.values())
    report: dict[str, Any] = {name: asdict(half) for name, half in halves.items()}
    write_json(options.json, {"settings": asdict(options)} | report)
    return 0 if found and not invented else 1


if __name__ == "__main__":
    raise SystemExit(main())
