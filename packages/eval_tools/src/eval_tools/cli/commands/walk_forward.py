"""`eval-tools walk-forward`: trained again and again behind a window that moves on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self

from tyro.conf import arg

from eval_tools.cli.checks import rule_sets
from eval_tools.cli.null import matched_null
from eval_tools.cli.outcome import publish, show
from eval_tools.cli.progress import Progress
from eval_tools.cli.sources import make_env
from eval_tools.cli.staged import StagedConfig, begin, say, shared_from_json, with_dates
from eval_tools.pipeline.phases import Phases
from eval_tools.pipeline.settings import TrainingSettings
from eval_tools.requirements import parse_requirements
from eval_tools.walk_forward.folds import Plan
from eval_tools.walk_forward.run import RECORD, WalkForward
from futures_env.market.table import MarketData


@dataclass(frozen=True, kw_only=True)
class WalkForwardConfig(StagedConfig):
    """Train on a window of a market, test behind it, move on, and judge all tests together.

    Every fold trains both phases as `eval-tools pipeline` does, in a folder of its own. Between its
    ranges lie a purge, at least the window and the longest session, and an embargo. What is asked
    is recorded: --resume with --run-dir alone goes on where a run was stopped.
    """

    FILE: ClassVar[str] = RECORD
    KIND: ClassVar[str] = "walk-forward"

    plan: Annotated[Plan, arg(name="")] = field(default_factory=Plan)
    null: bool = True
    """Play the policy on a matched martingale too, where none can win: what luck and costs make."""

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """See ``StagedConfig``."""
        settings = dict(values["settings"])
        settings["rules"] = tuple(settings["rules"])
        return cls(
            settings=TrainingSettings(**settings),
            plan=Plan(**with_dates(values["plan"])),
            null=values["null"],
            **shared_from_json(values),
        )


def run_walk_forward(config: WalkForwardConfig) -> Path:
    """Do what is asked, or what is left of it, and print the summary; returns the report's path.

    Raises:
        ArgumentError: flags that are wrong, or contradict each other or the run.
        ValueError, OSError, TrainingError: bars or a run that cannot be used.
        RequirementError, GateError: something required is not met.
    """
    settings, requirements = config.settings, parse_requirements(config.require)
    settings.check()
    config.plan.check()
    rule_sets(settings.rules)
    progress = Progress()
    begun = begin(config, progress)
    if begun.finished:
        return show(begun.record.folder)

    def null(market: MarketData) -> MarketData | None:
        return matched_null(market, settings.seed, progress) if config.null else None

    phases = Phases(
        settings=settings,
        record=begun.record,
        markets=begun.markets,
        make_env=make_env,
        progress=progress,
        say=say,
    )
    try:
        walked = WalkForward(plan=config.plan, phases=phases, null=null).test()
    except (ValueError, OSError):
        begun.record.discard_unless("folds")
        raise
    print()
    return publish(
        begun.record.folder,
        walked.evaluation,
        begun.asked | {"command": "walk-forward"} | (begun.record.done("folds") or {}),
        requirements,
        progress,
        folds=walked.folds,
    )
