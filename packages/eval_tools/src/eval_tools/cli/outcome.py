"""What a command does with an evaluation: write it, print it, hold it to what was required."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from tyro.conf import UseAppendAction, arg

from eval_tools.cli.progress import Progress
from eval_tools.outcome import Evaluation
from eval_tools.report.artefacts import write_artefacts
from eval_tools.report.files import REPORT, SUMMARY
from eval_tools.report.html import render_report
from eval_tools.report.metrics import metrics
from eval_tools.report.training import PhaseTraining
from eval_tools.requirements import Checked, Requirement, require_all

Requirements = Annotated[
    UseAppendAction[tuple[str, ...]],
    arg(
        help="What the policy must meet, e.g. 'sharpe>2'; may be given several times. Exit code 1 "
        "where one is not met; an unknown figure lists the known ones."
    ),
]
"""Type of the flag ``--require``."""


def publish(
    folder: Path,
    evaluation: Evaluation,
    config: dict[str, Any],
    requirements: Sequence[Requirement],
    progress: Progress,
    phases: Sequence[PhaseTraining] = (),
) -> Path:
    """Write the artefacts, print the summary and where the report is.

    Args:
        folder: of the run.
        evaluation: what was found.
        config: how the run was made.
        requirements: what the policy has to meet.
        progress: told when the stages are over.
        phases: how the policy was trained, to be shown.

    Returns:
        Path of report.html.

    Raises:
        RequirementError: after everything is written, when a requirement is not met.
    """
    with progress.stage("report"):
        numbers = write_run(folder, evaluation, config, requirements, phases)
    print((folder / SUMMARY).read_text(encoding="utf-8"))
    progress.report()
    report = folder / REPORT
    print(f"report: {report}")
    require_all([Checked(**one) for one in numbers["verdict"]["requirements"]])
    return report


def write_run(
    folder: Path,
    evaluation: Evaluation,
    config: dict[str, Any],
    requirements: Sequence[Requirement] = (),
    phases: Sequence[PhaseTraining] = (),
) -> dict[str, Any]:
    """Write numbers, tables and page of an evaluation; returns the numbers."""
    numbers = metrics(evaluation, requirements)
    page = render_report(evaluation, numbers, phases)
    described = json.loads(json.dumps(config, default=str))
    write_artefacts(folder, evaluation, described, numbers, page)
    return numbers
