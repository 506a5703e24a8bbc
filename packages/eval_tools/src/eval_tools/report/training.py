"""The part of the page on training: gates and curves of each phase."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

from eval_tools.formats import number
from eval_tools.gates import Gate
from eval_tools.report.curves import Rows, SubPhase, training_curves


@dataclass(frozen=True, kw_only=True)
class PhaseTraining:
    """What is shown of one phase.

    Attributes:
        name: as a reader says it, e.g. ``Phase 1``; unique in a page.
        rows: of ``metrics.jsonl``.
        validation: of ``validation.jsonl``.
        gates: measured for it; empty: none were.
    """

    name: str
    rows: Rows = field(repr=False)
    validation: Rows = field(default=(), repr=False)
    sub_phases: tuple[SubPhase, ...] = ()
    gates: tuple[Gate, ...] = ()


def training_section(phases: Sequence[PhaseTraining]) -> str:
    """An HTML section with a table of gates and the curves of every phase."""
    return f"<section><h2>Training</h2>{''.join(map(_phase, phases))}</section>"


def _phase(phase: PhaseTraining) -> str:
    salt = phase.name.lower().replace(" ", "-")
    curves = training_curves(phase.rows, phase.validation, salt=salt, sub_phases=phase.sub_phases)
    return f"<h3>{escape(phase.name)}</h3>{gates_table(phase.gates)}{curves}"


def gates_table(gates: Sequence[Gate]) -> str:
    """One row a gate; nothing without gates."""
    if not gates:
        return ""
    head = "<tr><th>Gate</th><th>Measured</th><th>Limit</th><th></th></tr>"
    body = "".join(map(_gate_row, gates))
    return f'<div class="scroll"><table>{head}{body}</table></div>'


def _gate_row(gate: Gate) -> str:
    measured = number(gate.value, 4) if gate.value == gate.value else "not a number"
    limit = f"{escape(gate.relation)} {number(gate.limit, 4)}"
    outcome = '<td class="gain">pass</td>' if gate.passed else '<td class="loss">fail</td>'
    return f"<tr><td>{escape(gate.name)}</td><td>{measured}</td><td>{limit}</td>{outcome}</tr>"
