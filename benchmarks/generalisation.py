"""How much of a planted edge does the agent find on sessions it has not seen?

    python -m benchmarks.generalisation FOLDER [--strengths 10 3] [--sessions 1000] [--seeds 5001]

Every case (edge x strength x sessions x configuration x seed) draws a market of its own, trains on
its front and holds out its last fifth. Share: what the greedy policy earns a session after
costs over what the oracle earns, who trades the planted signal beyond a threshold chosen on the
training sessions. Of the `exit` edge only what managing adds to the fixed bracket counts.

A case writes one JSON file into FOLDER and is skipped when that is there, so a run that was cut
off goes on. Made from all files there: a table of cells; one of trainings, with where 95 % of the
shares lie on sessions drawn anew from those judged on (luck of the sessions, not of the training);
and two plots: held share against sessions of history, and training and held share over training
steps (Cobbe et al. 2019, 2020). `--bound` fits the supervised bound (benchmarks/supervised.py) to
every market of an `entry` edge too.
"""

import json
import time
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from itertools import product
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
import tyro

from benchmarks.command_line import refuse, too_small
from benchmarks.shares import (
    BOUND,
    Row,
    bounds_markdown,
    cases_markdown,
    known,
    markdown,
    middle,
    plot,
    share,
    share_draws,
    stored,
    stored_bounds,
    write_whole,
)
from benchmarks.supervised import Bound
from eval_tools import agent_policy, sessions_between
from eval_tools.controls.planted import Edge, GivenEntries, Plant, PlantedMarket
from ppo_agent import Policy, PPOConfig, train

TUNING_SEEDS = (1001, 1002, 2001, 3001, 3002, 3003, 3004)
"""Markets that every choice of a default was looked at on."""
FRESH_SEED = 990
"""Of the market that ``--fresh`` judges on; nobody trains on it."""
REPORT_SEEDS = tuple(range(12_001, 12_011))
"""Market and training of the published figures; looked at once."""

CONFIGS: dict[str, dict[str, Any]] = {
    "default": {},
    "flat window": {"recency_half_life": 0.0},
    "uniform prior": {"resting_logit": 0.0},
    "prior 2": {"resting_logit": 2.0, "resting_logit_growth": 0.0},
    "prior 3": {"resting_logit": 3.0, "resting_logit_growth": 0.0},
    "constant weight": {"ent_coef": 0.05, "ent_coef_decay": 0.0},
    "weight 0.05 to 0.005": {"ent_coef": 0.05, "ent_coef_decay": 0.9},
    "weight 0.02 to 0.002": {"ent_coef": 0.02, "ent_coef_decay": 0.9},
    "weight 0.02 to 0": {"ent_coef_decay": 1.0},
    "weight 0.01 to 0.0025": {"ent_coef": 0.01},
    "half-life 2": {"recency_half_life": 2.0},
    "lambda 0.8": {"gae_lambda": 0.8},
    "clip 0.1": {"clip_range": 0.1},
    "64 steps": {"num_steps": 64, "num_minibatches": 2},
    "512 steps": {"num_steps": 512, "num_minibatches": 16},
    "neither": {"recency_half_life": 0.0, "resting_logit": 0.0},
}
"""Fields changed against the defaults of ``PPOConfig``."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """Command line."""

    folder: Annotated[Path, tyro.conf.Positional]
    """Where the cases are kept."""
    edge: Edge = "entry"
    """entry: Phase 1; exit: Phase 2."""
    strengths: tuple[float, ...] = (10.0,)
    """Net P&L per trade of the oracle in round-turn costs (15 USD); 0: the zero-edge twin."""
    sessions: tuple[int, ...] = (1_000,)
    """Lengths of history, the held fifth included."""
    configs: tuple[str, ...] = ("default",)
    """Names of CONFIGS."""
    seeds: tuple[int, ...] = REPORT_SEEDS
    """Each is the seed of a market and of the training on it."""
    steps: int = 3_000_000
    """Environment steps of training."""
    evaluations: int = 3
    """Points of the learning curve, the last at the end of training."""
    fresh: int = 0
    """Judge on as many sessions of a market that nobody trained on, too."""
    bound: bool = False
    """Fit the supervised bound to every market too."""

    def check(self) -> None:
        """Refuse what no case could follow."""
        unknown = sorted(set(self.configs) - set(CONFIGS))
        refuse(
            "--bound: entries can be tried one by one, managing cannot; leave --edge exit out"
            if self.bound and self.edge == "exit"
            else None,
            f"--configs: no {', '.join(unknown)}; known: {', '.join(CONFIGS)}" if unknown else None,
            too_small(20, sessions=min(self.sessions, default=0)),
            too_small(1, evaluations=self.evaluations),
            too_small(20, fresh=self.fresh or 20),
            too_small(PPOConfig().steps_per_update * self.evaluations, steps=self.steps),
        )


@dataclass(frozen=True, kw_only=True)
class Case:
    """One training."""

    plant: Plant
    config: str
    steps: int
    evaluations: int
    fresh: int = 0

    @property
    def file(self) -> str:
        """Name of its result."""
        plant = self.plant
        return (
            f"{plant.edge}-{plant.strength:g}-{plant.sessions}-{self.config.replace(' ', '_')}-"
            f"{self.steps}-{plant.seed}.json"
        )

    def ppo(self) -> PPOConfig:
        """The configuration of the training."""
        seed, steps = self.plant.seed, self.steps
        return PPOConfig(seed=seed, total_timesteps=steps, **CONFIGS[self.config])


def cases_of(options: Options) -> list[Case]:
    """Every combination, seeds innermost: cases of one shape follow each other."""
    cells = product(options.configs, options.sessions, options.strengths, options.seeds)
    return [
        Case(
            plant=Plant(edge=options.edge, strength=strength, sessions=sessions, seed=seed),
            config=config,
            steps=options.steps,
            evaluations=options.evaluations,
            fresh=options.fresh,
        )
        for config, sessions, strength, seed in cells
    ]


def run_case(case: Case) -> Row:
    """Draw, train, and judge at even distances."""
    market, config = PlantedMarket.draw(case.plant), case.ppo()
    ranges = {"train": market.training_sessions, "held": market.held_sessions}
    best = {name: market.values(market.oracle, part) for name, part in ranges.items()}
    oracle = {name: float(np.mean(usd)) for name, usd in best.items()}

    def earned(policy: Policy) -> dict[str, np.ndarray]:
        return {name: market.values(agent_policy(policy), part) for name, part in ranges.items()}

    def shares(usd: dict[str, np.ndarray]) -> dict[str, float]:
        means = {name: float(np.mean(values)) for name, values in usd.items()}
        return {"score": means["held"]} | {n: share(means[n], oracle[n]) for n in ranges}

    started, env = time.perf_counter(), market.env(market.training)
    result = train(
        env,
        env.default_params,
        config,
        validate_fn=lambda policy: shares(earned(policy)),
        validate_every=max(config.num_updates // case.evaluations, 1),
        progress=False,
    )
    if result.stopped_by != "finished":
        raise SystemExit(f"{case.file}: stopped by {result.stopped_by}, nothing is kept of it")
    policy = Policy.from_train_state(result.train_state, config)
    usd = earned(policy)
    final = shares(usd) | given_entries(market, policy, oracle["held"])
    final |= on_fresh_sessions(case, policy)
    draws = {name: share_draws(usd[name], best[name]) for name in ranges}
    draws["gap"] = draws["train"] - draws["held"]
    return {
        "case": asdict(case),
        "config": config.to_dict(),
        "oracle": oracle | {"threshold": market.threshold},
        "oracle_played": market.play(market.oracle, market.held_sessions)._asdict(),
        "curve": result.validation,
        "final": {name: known(value) for name, value in final.items()},
        "intervals": {name: middle(drawn) for name, drawn in draws.items()},
        "played": market.play(agent_policy(policy), market.held_sessions)._asdict(),
        "seconds": time.perf_counter() - started,
    }


def given_entries(market: PlantedMarket, policy: Policy, oracle_usd: float) -> dict[str, float]:
    """Of the `exit` edge: the share when the agent manages what the oracle entered."""
    if market.plant.edge == "entry":
        return {}
    managed = GivenEntries(market.oracle, agent_policy(policy))
    return {"given_entries": share(market.value(managed, market.held_sessions), oracle_usd)}


def on_fresh_sessions(case: Case, policy: Policy) -> dict[str, float]:
    """The share on a market that nobody trained on, where that was asked for."""
    if not case.fresh:
        return {}
    market, sessions, oracle_usd = fresh_market(
        replace(case.plant, seed=FRESH_SEED, sessions=case.fresh)
    )
    return {"fresh": share(market.value(agent_policy(policy), sessions), oracle_usd)}


@lru_cache(maxsize=1)
def fresh_market(plant: Plant) -> tuple[PlantedMarket, pd.DataFrame, float]:
    """A market, all its sessions, and what its oracle earns on them."""
    market = PlantedMarket.draw(plant)
    sessions = sessions_between(market.whole, plant.window)
    return market, sessions, market.value(market.oracle, sessions)


def run_bound(plant: Plant) -> Row:
    """Fit the supervised bound of a market and judge it on the held sessions."""
    started, market = time.perf_counter(), PlantedMarket.draw(plant)
    bound, held = Bound.fit(market), market.held_sessions
    played = market.play(bound.policy, held)
    return {
        "plant": asdict(plant),
        **bound.choice._asdict(),
        "held": share(played.usd, market.value(market.oracle, held)),
        "played": played._asdict(),
        "seconds": time.perf_counter() - started,
    }


def run_missing_bounds(plants: list[Plant], folder: Path) -> None:
    """Fit what has no file yet."""
    for plant in plants:
        path = folder / f"{BOUND}{plant.strength:g}-{plant.sessions}-{plant.seed}.json"
        if not path.exists():
            row = run_bound(plant)
            write_whole(path, row)
            print(path.name, row["setting"], f"{row['held']:.2f}", flush=True)


def run_missing(cases: list[Case], folder: Path) -> None:
    """Run what has no file yet."""
    for case in cases:
        path = folder / case.file
        if path.exists():
            continue
        row = run_case(case)
        write_whole(path, row)
        print(case.file, json.dumps(row["final"]), json.dumps(row["played"]), flush=True)


def main(args: list[str] | None = None) -> int:
    """Run what is missing, then the table and the plots of everything there."""
    options = tyro.cli(Options, args=args, description=__doc__)
    options.check()
    options.folder.mkdir(parents=True, exist_ok=True)
    cases = cases_of(options)
    run_missing(cases, options.folder)
    if options.bound:
        run_missing_bounds(list(dict.fromkeys(case.plant for case in cases)), options.folder)
    rows = stored(options.folder)
    print(markdown(rows))
    print(cases_markdown(rows))
    if bounds := stored_bounds(options.folder):
        print(bounds_markdown(bounds, rows))
    plot(rows, options.folder)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
