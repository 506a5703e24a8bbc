"""How much of a planted edge does the agent find on sessions it has not seen?

    python -m benchmarks.generalisation FOLDER [--strengths 10 3] [--sessions 1000] [--seeds 5001]

Every case (edge x strength x sessions x configuration x seed) draws a market of its own, trains on
its front and holds out its last fifth. Share: what the greedy policy earns a session after
costs over what the oracle earns, who trades the planted signal beyond a threshold chosen on the
training sessions. Of the `exit` edge only what managing adds to the fixed bracket counts.

A case writes one JSON file into FOLDER and is skipped when that is there, so a run that was cut
off goes on. The table and two plots are made from all files there: held share against sessions of
history, and training and held share over training steps (Cobbe et al. 2019, 2020).
"""

import json
import time
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import tyro

from benchmarks.command_line import refuse, too_small
from benchmarks.seeds import estimate
from eval_tools import agent_policy
from eval_tools.controls.planted import Edge, Plant, PlantedMarket
from ppo_agent import Policy, PPOConfig, train

TUNING_SEEDS = (1001, 1002, 2001)
"""Markets that every choice of a default was looked at on."""
REPORT_SEEDS = tuple(range(5001, 5011))
"""Market and training of the published figures; looked at once."""

CONFIGS: dict[str, dict[str, Any]] = {
    "default": {},
    "flat window": {"recency_half_life": 0.0},
    "uniform prior": {"resting_logit": 0.0},
    "neither": {"recency_half_life": 0.0, "resting_logit": 0.0},
}
"""Fields changed against the defaults of ``PPOConfig``."""

Row = dict[str, Any]


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

    def check(self) -> None:
        """Refuse what no case could follow."""
        unknown = sorted(set(self.configs) - set(CONFIGS))
        refuse(
            f"--configs: no {', '.join(unknown)}; known: {', '.join(CONFIGS)}" if unknown else None,
            too_small(20, sessions=min(self.sessions, default=0)),
            too_small(1, evaluations=self.evaluations),
            too_small(PPOConfig().steps_per_update * self.evaluations, steps=self.steps),
        )


@dataclass(frozen=True, kw_only=True)
class Case:
    """One training."""

    plant: Plant
    config: str
    steps: int
    evaluations: int

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
        )
        for config, sessions, strength, seed in cells
    ]


def share(usd: float, oracle_usd: float) -> float:
    """nan where the oracle earns nothing: without an edge there is nothing to share."""
    return usd / oracle_usd if oracle_usd > 0.0 else float("nan")


def known(value: float) -> float | None:
    """The figure, None where there is none."""
    return value if np.isfinite(value) else None


def run_case(case: Case) -> Row:
    """Draw, train, and judge at even distances."""
    market, config = PlantedMarket.draw(case.plant), case.ppo()
    ranges = {"train": market.training_sessions, "held": market.held_sessions}
    oracle = {name: market.value(market.oracle, part) for name, part in ranges.items()}

    def judge(policy: Policy) -> dict[str, float]:
        agent = agent_policy(policy)
        usd = {name: market.value(agent, part) for name, part in ranges.items()}
        return {"score": usd["held"]} | {n: share(usd[n], oracle[n]) for n in ranges}

    started, env = time.perf_counter(), market.env(market.training)
    result = train(
        env,
        env.default_params,
        config,
        validate_fn=judge,
        validate_every=max(config.num_updates // case.evaluations, 1),
        progress=False,
    )
    if result.stopped_by != "finished":
        raise SystemExit(f"{case.file}: stopped by {result.stopped_by}, nothing is kept of it")
    policy = Policy.from_train_state(result.train_state, config)
    return {
        "case": asdict(case),
        "config": config.to_dict(),
        "oracle": oracle | {"threshold": market.threshold},
        "oracle_played": market.play(market.oracle, market.held_sessions)._asdict(),
        "curve": result.validation,
        "final": {name: known(value) for name, value in judge(policy).items()},
        "played": market.play(agent_policy(policy), market.held_sessions)._asdict(),
        "seconds": time.perf_counter() - started,
    }


def run_missing(cases: list[Case], folder: Path) -> None:
    """Run what has no file yet; a file appears whole or not at all."""
    for case in cases:
        path = folder / case.file
        if path.exists():
            continue
        row = run_case(case)
        partial = path.with_suffix(".partial")
        partial.write_text(json.dumps(row, indent=1) + "\n", encoding="utf-8")
        partial.rename(path)
        print(case.file, json.dumps(row["final"]), json.dumps(row["played"]), flush=True)


def stored(folder: Path) -> list[Row]:
    """All results of a folder."""
    return [json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.json"))]


def by_cell(rows: list[Row]) -> dict[tuple[Any, ...], list[Row]]:
    """Results by (edge, strength, sessions, configuration, steps)."""
    cells: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        case, plant = row["case"], row["case"]["plant"]
        names = ("edge", "strength", "sessions")
        key = (*(plant[name] for name in names), case["config"], case["steps"])
        cells.setdefault(key, []).append(row)
    return cells


COLUMNS = ("usd", "trades", "extra_trades", "flat_at_signals", "taken_rightly", "choice_states")


def markdown(rows: list[Row]) -> str:
    """One line a cell: shares over seeds, and means of what the policy did on held sessions."""
    head = ["edge", "strength", "sessions", "config", "steps", "held", "held by seed", "train"]
    lines = [head + list(COLUMNS), ["---"] * (len(head) + len(COLUMNS))]
    for key, found in sorted(by_cell(rows).items(), key=str):
        held, train_ = ([row["final"][name] for row in found] for name in ("held", "train"))
        played = [np.mean([row["played"][name] for row in found]) for name in COLUMNS]
        seeds = " ".join("-" if value is None else f"{value:.2f}" for value in held)
        line = [*map(str, key), str(estimate(held)), seeds, str(estimate(train_))]
        lines.append(line + [f"{value:.2f}" for value in played])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def plot(rows: list[Row], folder: Path) -> None:
    """``history.svg`` (share against sessions) and ``steps.svg`` (training and held share)."""
    import matplotlib.pyplot as plt

    cells = by_cell(rows)
    figure, axes = plt.subplots(figsize=(7, 4.5))
    for name in sorted({(*key[:2], key[3]) for key in cells}, key=str):
        line = sorted((k[2], v) for k, v in cells.items() if (*k[:2], k[3]) == name)
        held = [estimate(row["final"]["held"] for row in found).mean for _, found in line]
        axes.plot([n for n, _ in line], held, "o-", label=f"{name[0]} {name[1]:g}, {name[2]}")
    axes.set(xscale="log", xlabel="sessions of history", ylabel="share of the oracle, held")
    axes.legend()
    figure.savefig(folder / "history.svg")
    figure, axes = plt.subplots(figsize=(7, 4.5))
    for index, (key, found) in enumerate(sorted(cells.items(), key=str)):
        steps = [point["timesteps"] for point in found[0]["curve"]]
        for style, name in (("-", "held"), ("--", "train")):
            curves = [[point.get(name, np.nan) for point in row["curve"]] for row in found]
            label = f"{key[0]} {key[1]:g}, {key[2]}, {key[3]}, {name}"
            axes.plot(steps, np.mean(curves, 0), style, color=f"C{index}", label=label)
    axes.set(xlabel="environment steps of training", ylabel="share of the oracle")
    axes.legend()
    figure.savefig(folder / "steps.svg")


def main(args: list[str] | None = None) -> int:
    """Run what is missing, then the table and the plots of everything there."""
    options = tyro.cli(Options, args=args, description=__doc__)
    options.check()
    options.folder.mkdir(parents=True, exist_ok=True)
    run_missing(cases_of(options), options.folder)
    rows = stored(options.folder)
    print(markdown(rows))
    plot(rows, options.folder)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
