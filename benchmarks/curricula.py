"""Which curricula, choices and rewards of training are worth having? Arm against arm.

    python -m benchmarks.curricula FOLDER [--arms p2 p2-forced] [--seeds 9001 9002]

Every case is one training of an arm (``curriculum_arms.ARMS``) on the market of a seed, measured
on sessions that it did not see (``curriculum_case``). A case leaves one JSON file in FOLDER and is
not run again. The tables of all studies are made from the files of this size that are there: means
with 95 % bootstrap intervals over seeds, differences paired by seed.
"""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import tyro

from benchmarks import seeds
from benchmarks.command_line import refuse, too_small
from benchmarks.curriculum_arms import ARMS, STUDIES, Study
from benchmarks.curriculum_case import Size, run_case
from benchmarks.shares import write_whole
from ppo_agent import PPOConfig

REPORT_SEEDS = tuple(range(9001, 9006))
"""Market and training of the published figures; looked at once."""

Row = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Options:
    """Command line."""

    folder: Annotated[Path, tyro.conf.Positional]
    """Where the cases are kept."""
    arms: tuple[str, ...] = tuple(ARMS)
    """Names of arms to run; the tables show all that are there."""
    seeds: tuple[int, ...] = REPORT_SEEDS
    """Each is the seed of a market and of the training on it."""
    steps: int = 2_000_000
    """Environment steps of each training, at most 3,000,000."""
    sessions: int = 500
    """Sessions of each market; the last fifth is held."""

    def check(self) -> None:
        """Refuse what no case could follow."""
        unknown = sorted(set(self.arms) - set(ARMS))
        refuse(
            f"--arms: no {', '.join(unknown)}; known: {', '.join(ARMS)}" if unknown else None,
            too_small(PPOConfig().steps_per_update, steps=self.steps),
            "--steps must be at most 3,000,000" if self.steps > 3_000_000 else None,
            too_small(100, sessions=self.sessions),
        )

    @property
    def size(self) -> Size:
        """Of every case."""
        return Size(sessions=self.sessions, steps=self.steps)


def run_missing(options: Options) -> None:
    """Run what has no file yet, seed by seed, so that what is there is as even as it can be."""
    for seed in options.seeds:
        for name in options.arms:
            path = options.folder / f"{name}-{options.steps}-{seed}.json"
            if path.exists():
                continue
            began = time.perf_counter()
            figures = run_case(ARMS[name], options.size, seed)
            case = {"arm": name, "seed": seed, "size": asdict(options.size)}
            write_whole(path, case | {"figures": figures, "seconds": time.perf_counter() - began})
            print(
                path.name, f"{time.perf_counter() - began:.0f} s", json.dumps(figures), flush=True
            )


def stored(options: Options) -> dict[str, dict[int, seeds.Figures]]:
    """Figures by arm and seed of the cases of the size that is asked for."""
    found: dict[str, dict[int, seeds.Figures]] = {}
    asked = json.loads(json.dumps(asdict(options.size)))
    for path in sorted(options.folder.glob("*.json")):
        row = json.loads(path.read_text("utf-8"))
        if row["size"] == asked:
            found.setdefault(row["arm"], {})[row["seed"]] = row["figures"]
    return found


def table(study: Study, found: Mapping[str, Mapping[int, seeds.Figures]]) -> str:
    """Of the arms that have cases, over the seeds that all of them have."""
    arms = [name for name in study.arms if name in found]
    shared = sorted(set.intersection(*(set(found[name]) for name in arms))) if arms else []
    if not shared:
        return f"{study.title}\n\nno seed has a case of each arm"
    runs = {
        name: [{one: found[name][seed][one] for one in study.figures} for seed in shared]
        for name in arms
    }
    pairs = [pair for pair in study.pairs if set(pair) <= set(arms)]
    return f"{study.title}; {len(shared)} seeds\n\n{seeds.markdown(runs, pairs)}"


def main(args: Sequence[str] | None = None) -> int:
    """Run what is missing, print a table for each study, return 0."""
    options = tyro.cli(Options, description=__doc__, args=args)
    options.check()
    options.folder.mkdir(parents=True, exist_ok=True)
    run_missing(options)
    found = stored(options)
    print("\n" + "\n\n".join(table(study, found) for study in STUDIES))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
