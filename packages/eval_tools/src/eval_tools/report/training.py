"""The section on training: gates and curves of each phase."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from eval_tools.gates import Gate
from eval_tools.report.pictures.curves import Rows, SubPhase, training_curves
from eval_tools.report.rendering import render


@dataclass(frozen=True, kw_only=True)
class PhaseTraining:
    """What is shown of one phase.

    Attributes:
        name: as a reader says it, e.g. ``Phase 1``; unique in a page.
        rows: of metrics.jsonl.
        validation: of validation.jsonl.
        held: the field of ``validation`` that is P&L per trade on held sessions, USD.
        gates: measured for it; empty: none were.
    """

    name: str
    rows: Rows = field(repr=False)
    validation: Rows = field(default=(), repr=False)
    held: str = "score"
    sub_phases: tuple[SubPhase, ...] = ()
    gates: tuple[Gate, ...] = ()


def training_section(phases: Sequence[PhaseTraining]) -> Markup:
    """A table of gates and the curves of every phase, to stand in a page."""
    return Markup(render("training.html.j2", phases=[(one, _curves(one)) for one in phases]))


def _curves(phase: PhaseTraining) -> str:
    return training_curves(
        phase.rows,
        phase.validation,
        salt=phase.name.lower().replace(" ", "-"),
        held=phase.held,
        sub_phases=phase.sub_phases,
    )
