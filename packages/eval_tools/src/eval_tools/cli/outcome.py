"""What a command does with an evaluation: write it, print it, hold it to what was required."""

import json
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

from eval_tools.cli.progress import Progress
from eval_tools.outcome import Evaluation
from eval_tools.report.artefacts import (
    provenance,
    sealed,
    to_json,
    write_artefacts,
    write_new,
)
from eval_tools.report.files import FORMAT, METADATA, METRICS, REPORT, SUMMARY
from eval_tools.report.html import render_report
from eval_tools.report.metrics import metrics
from eval_tools.report.rows import Folds
from eval_tools.report.training import PhaseTraining
from eval_tools.requirements import Checked, Requirement, require_all


def publish(
    folder: Path,
    evaluation: Evaluation,
    config: dict[str, Any],
    requirements: Sequence[Requirement],
    progress: Progress,
    phases: Sequence[PhaseTraining] = (),
    folds: Folds | None = None,
) -> Path:
    """Write the artefacts, print the summary and where the report is.

    Args:
        folder: of the run.
        evaluation: what was found.
        config: how the run was made.
        requirements: what the policy has to meet.
        progress: told when the stages are over.
        phases: how the policy was trained, to be shown.
        folds: of a walk-forward.

    Returns:
        Path of report.html.

    Raises:
        RequirementError: after everything is written, when a requirement is not met.
    """
    with progress.stage("report"):
        write_run(folder, evaluation, config, requirements, phases, folds)
    progress.report()
    return show(folder)


def show(folder: Path) -> Path:
    """Print the summary of a finished run and where its report is; returns that path.

    Raises:
        RequirementError: what was required of it is not met.
    """
    print((folder / SUMMARY).read_text(encoding="utf-8"))
    report = folder / REPORT
    print(f"report: {report}")
    numbers = json.loads((folder / METRICS).read_text(encoding="utf-8"))
    require_all([Checked(**one) for one in numbers["verdict"]["requirements"]])
    return report


def publish_tables(
    folder: Path,
    numbers: dict[str, Any],
    text: str,
    config: dict[str, Any],
    progress: Progress,
    *,
    page: str = "",
    facts: Mapping[str, Any] = MappingProxyType({}),
) -> None:
    """Write and print a result that is no evaluation of sessions.

    Args:
        folder: of the run, new.
        numbers: what metrics.json holds; ``data``: the market, where there is one.
        text: the summary.
        config: how the run was made.
        progress: told when everything is written.
        page: the report; empty: there is none.
        facts: further fields of metadata.json.
    """
    described = json.loads(json.dumps(config, default=str))
    written = to_json({"format": FORMAT, **numbers})
    contents = {METRICS: written, SUMMARY: text} | ({REPORT: page} if page else {})
    made = provenance(folder.name, described) | {"data": numbers.get("data"), **facts}
    contents[METADATA] = to_json(made | sealed(written))
    for name, content in contents.items():
        write_new(folder / name, partial(Path.write_text, data=content, encoding="utf-8"))
    print(text)
    progress.report()
    print(f"report: {folder / REPORT}" if page else f"run: {folder}")


def write_run(
    folder: Path,
    evaluation: Evaluation,
    config: dict[str, Any],
    requirements: Sequence[Requirement] = (),
    phases: Sequence[PhaseTraining] = (),
    folds: Folds | None = None,
) -> None:
    """Write numbers, tables and page of an evaluation."""
    numbers = metrics(evaluation, requirements, folds)
    page = render_report(evaluation, numbers, phases, folds)
    described = json.loads(json.dumps(config, default=str))
    write_artefacts(folder, evaluation, described, numbers, page)
