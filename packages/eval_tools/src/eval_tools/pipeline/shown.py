"""What a report shows of how a phase was trained."""

from collections.abc import Sequence
from pathlib import Path

from eval_tools.gates import Gate
from eval_tools.report.pictures.curves import SubPhase
from eval_tools.report.training import PhaseTraining
from ppo_agent.storage.run_directory import VALIDATION, read_rows
from ppo_agent.training.metrics_rows import STAGE
from ppo_agent.types import Row


def phase_training(run: Path, phase: int, gates: Sequence[Gate]) -> PhaseTraining:
    """Rows, validations and gates of a phase of the run in a folder."""
    folder = run / f"phase{phase}"
    rows = read_rows(folder)
    return PhaseTraining(
        name=f"Phase {phase}",
        rows=rows,
        sub_phases=sub_phases(rows),
        validation=read_rows(folder, VALIDATION),
        held="expectancy_usd",
        gates=tuple(gates),
    )


def sub_phases(rows: Sequence[Row]) -> tuple[SubPhase, ...]:
    """Where each stage of the curriculum begins; none without names."""
    named = [row for row in rows if STAGE in row]
    before = [None, *(row[STAGE] for row in named)]
    return tuple(
        SubPhase(name=row[STAGE], first_step=int(row["timesteps"]))
        for row, last in zip(named, before, strict=False)
        if row[STAGE] != last
    )
