"""`eval-tools pipeline`: from bars to a validated Phase 2 agent."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self

from tyro.conf import arg

from eval_tools.cli.checks import rule_sets
from eval_tools.cli.outcome import publish, show
from eval_tools.cli.progress import Progress
from eval_tools.cli.sources import make_env
from eval_tools.cli.staged import StagedConfig, begin, say, shared_from_json, with_dates
from eval_tools.pipeline.phases import Phases
from eval_tools.pipeline.record import RECORD
from eval_tools.pipeline.run import Pipeline
from eval_tools.pipeline.settings import Settings
from eval_tools.requirements import parse_requirements


@dataclass(frozen=True, kw_only=True)
class PipelineConfig(StagedConfig):
    """Train both phases on the front of a market, choose checkpoints behind it, test on the rest.

    Without --data on a synthetic market. What is asked is recorded in the run's folder, with every
    stage that is done: --resume with --run-dir alone goes on where a run was stopped.
    """

    FILE: ClassVar[str] = RECORD
    KIND: ClassVar[str] = "pipeline"

    settings: Annotated[Settings, arg(name="")] = field(default_factory=Settings)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """See ``StagedConfig``."""
        settings = with_dates(values["settings"])
        settings["rules"] = tuple(settings["rules"])
        return cls(settings=Settings(**settings), **shared_from_json(values))


def run_pipeline(config: PipelineConfig) -> Path:
    """Do what is asked, or what is left of it, and print the summary.

    What goes to stdout before the last line depends on the seed and the data alone; progress and
    timing go to stderr.

    Returns:
        Path of report.html.

    Raises:
        ArgumentError: flags that are wrong, or contradict each other or the run.
        ValueError, OSError, TrainingError: bars or a run that cannot be used.
        RequirementError, GateError: something required is not met.
    """
    settings, requirements = config.settings, parse_requirements(config.require)
    settings.check()
    rule_sets(settings.rules)
    progress = Progress()
    begun = begin(config, progress)
    if begun.finished:
        return show(begun.record.folder)
    phases = Phases(
        settings=settings,
        record=begun.record,
        markets=begun.markets,
        make_env=make_env,
        progress=progress,
        say=say,
    )
    try:
        tested = Pipeline(settings=settings, phases=phases).test()
    except (ValueError, OSError):
        begun.record.discard_unless("split")
        raise
    print()
    facts = {"command": "pipeline", "split": begun.record.done("split")}
    return publish(
        begun.record.folder,
        tested.evaluation,
        begun.asked | facts,
        requirements,
        progress,
        phases=tested.phases,
    )
