"""`eval-tools control`: agents trained on markets whose answer is known."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from tyro.conf import Positional, Suppress

from eval_tools.cli.outcome import publish_tables
from eval_tools.cli.progress import Progress
from eval_tools.controls.outcomes import Outcome, edge_outcome, martingale_outcome
from eval_tools.controls.planted import Plant
from eval_tools.controls.trained import Schooling, martingale, planted_edge
from eval_tools.formats import count
from eval_tools.report.artefacts import check_unused, create_run, free_run_id
from eval_tools.requirements import RequirementError
from futures_env import ArgumentError

_STEPS = {"martingale": 500_000, "entry-edge": 3_000_000, "exit-edge": 3_000_000}
_SESSIONS = {"martingale": 100, "entry-edge": 1_000, "exit-edge": 1_000}


@dataclass(frozen=True, kw_only=True)
class ControlConfig:
    """Train agents where the answer is known and see whether they find it, or find nothing."""

    what: Positional[Literal["martingale", "entry-edge", "exit-edge"]]
    """martingale (nothing to find: gross must cover 0), entry-edge (Phase 1 must find 80 % of the
    oracle's P&L) or exit-edge (Phase 2 must find 80 % of what managing can add)."""
    seeds: int = 10
    """Markets and trainings, with seeds --first-seed and on; 9 of 10 must hold."""
    first_seed: int = 1
    """Seed of the first market and training."""
    strength: float = 10.0
    """Of the planted edge: net P&L per trade of its oracle in round-turn costs."""
    sessions: int | None = None
    """Of each market, the last fifth held out; without it 1000, for the martingale 100."""
    timesteps: int | None = None
    """Environment steps of each training; without it 3,000,000, for the martingale 500,000."""
    out: Path = Path("runs")
    """Folder of all runs."""
    run_id: str = ""
    """Name of this run's folder, which must not exist; without it made from the control's."""
    overrides: Suppress[dict[str, Any]] = field(default_factory=dict)
    """Fields of PPOConfig to change, e.g. num_envs; for calls from Python."""


def run_control(config: ControlConfig) -> Path:
    """Train, judge, print and write.

    Returns:
        The run's folder.

    Raises:
        ArgumentError: numbers that cannot be meant.
        RequirementError: the control does not hold.
        ValueError: a market on which the oracle finds nothing.
    """
    schooling = _schooling(config)
    check_unused(config.out, config.run_id)
    progress = Progress()
    with progress.stage(f"control {config.what}, {count(config.seeds, 'seed')}"):
        results, outcome = _run(config, schooling, progress)
    folder = create_run(
        config.out, config.run_id or free_run_id(config.out, f"control-{config.what}")
    )
    numbers = {
        "control": config.what,
        "strength": config.strength,
        "schooling": asdict(schooling),
        "holds": outcome.holds,
        "results": [asdict(one) for one in results],
    }
    described = asdict(config) | {"command": f"control {config.what}"}
    publish_tables(folder, numbers, outcome.text, described, progress)
    if not outcome.holds:
        raise RequirementError(f"control {config.what} does not hold")
    return folder


def _run(
    config: ControlConfig, schooling: Schooling, progress: Progress
) -> tuple[Sequence[Any], Outcome]:
    seeds = range(config.first_seed, config.first_seed + config.seeds)

    def each(run: Callable[[int], Any]) -> list[Any]:
        results = []
        for number, seed in enumerate(seeds, start=1):
            progress.tell(f"{config.what}, seed {seed} ({number} of {len(seeds)})")
            results.append(run(seed))
        return results

    if config.what == "martingale":
        found = each(lambda seed: martingale(seed, schooling))
        return found, martingale_outcome(found)
    exit_ = config.what == "exit-edge"

    def edge(seed: int) -> Any:
        plant = Plant(
            edge="exit" if exit_ else "entry",
            strength=config.strength,
            sessions=schooling.sessions,
            seed=seed,
            window=schooling.window,
        )
        return planted_edge(plant, schooling)

    found = each(edge)
    return found, edge_outcome(found, "gain over the fixed bracket" if exit_ else "net P&L")


def _schooling(config: ControlConfig) -> Schooling:
    if config.seeds < 1 or config.first_seed < 0:
        raise ArgumentError(f"--seeds {config.seeds} --first-seed {config.first_seed}: from 1, 0")
    if config.strength <= 0:
        raise ArgumentError(f"--strength {config.strength}: an edge to find needs more than 0")
    sessions = _SESSIONS[config.what] if config.sessions is None else config.sessions
    timesteps = _STEPS[config.what] if config.timesteps is None else config.timesteps
    if sessions < 20 or timesteps < 1:
        raise ArgumentError(f"{sessions} sessions, {timesteps} steps: at least 20 and 1")
    return Schooling(sessions=sessions, timesteps=timesteps, changed=config.overrides)
