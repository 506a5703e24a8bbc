"""What the user sees: an aligned line per chunk, a progress bar with ETA, TensorBoard scalars."""

import sys
import time
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from ppo_agent.training.held import TRAIN, training_name
from ppo_agent.training.metrics_rows import STAGE
from ppo_agent.types import Row

_COLUMNS = (
    ("episode_return", "return", "10.3f"),
    ("episode_length", "length", "7.1f"),
    ("entropy_choice", "entropy", "7.4f"),
    ("kl", "kl", "8.5f"),
    ("clip_fraction", "clip", "6.3f"),
    ("explained_variance", "ev", "6.3f"),
)

_MOST_PARTS = 17


class Reporter:
    """Console lines and bar on stderr, scalars to TensorBoard; each can be off.

    Args:
        total_updates: length of the run.
        done_updates: updates done before, on resume.
        steps_per_update: environment steps per update.
        console_metrics: names of environment metrics to print.
        best_metric: name of the validation metric that ranks checkpoints, printed always.
        show: print lines and the bar.
        tensorboard_dir: None: no TensorBoard files.
    """

    def __init__(
        self,
        *,
        total_updates: int,
        done_updates: int,
        steps_per_update: int,
        console_metrics: tuple[str, ...],
        best_metric: str,
        show: bool,
        tensorboard_dir: Path | None,
    ) -> None:
        self._show = show
        self._best_metric = best_metric
        self._names = console_metrics
        self._total = total_updates
        self._begun, self._started = done_updates, time.perf_counter()
        self._stage = ""
        self._writer = _tensorboard_writer(tensorboard_dir, done_updates * steps_per_update)
        self._progress = Progress(
            TextColumn("{task.completed:,.0f}/{task.total:,.0f} updates"),
            BarColumn(),
            TextColumn("{task.fields[speed]}"),
            TimeRemainingColumn(),
            console=Console(file=sys.stderr),
            disable=not show,
            transient=True,
        )
        self._task: TaskID = self._progress.add_task(
            "train", total=total_updates, completed=done_updates, speed="compiling"
        )
        self._progress.start()

    def chunk(
        self, rows: Iterable[Row], line: Row, speed: float, validation: Row | None = None
    ) -> None:
        """Report one chunk.

        Args:
            rows: metrics of its updates.
            line: the figures to print, over the whole chunk.
            speed: environment steps per second.
            validation: last validation result, shown beside training.
        """
        for row in rows:
            self._write_scalars(row, int(row["timesteps"]))
        self._progress.update(
            self._task, completed=int(line["update"]), speed=f"{speed:,.0f} steps/s"
        )
        if self._show:
            self._progress.console.print(
                format_line(
                    line,
                    self._total,
                    speed,
                    self._names,
                    validation,
                    self._best_metric,
                    self._left(int(line["update"])),
                ),
                highlight=False,
                soft_wrap=True,
            )

    def scalars(self, prefix: str, values: Row, timesteps: int) -> None:
        """Write further scalars, such as a validation."""
        self._write_scalars({f"{prefix}/{k}": v for k, v in values.items()}, timesteps)

    def say(self, text: str) -> None:
        """Print a sentence whether or not the bar is shown."""
        self._progress.console.print(text, highlight=False, soft_wrap=True, markup=False)

    def close(self) -> None:
        """Stop the bar and flush the files."""
        self._progress.stop()
        if self._writer is not None:
            self._writer.close()

    def _left(self, done: int) -> float:
        """Seconds to the last update at the pace of this call, validations and saving included."""
        pace = (time.perf_counter() - self._started) / (done - self._begun)
        return pace * (self._total - done)

    def _write_scalars(self, row: Row, timesteps: int) -> None:
        if self._writer is None:
            return
        for name, value in row.items():
            if isinstance(value, int | float):
                self._writer.add_scalar(name, value, timesteps)
        if row.get(STAGE, self._stage) != self._stage:
            self._stage = row[STAGE]
            self._writer.add_text(STAGE, self._stage, timesteps)


def format_line(
    line: Row,
    total: int,
    speed: float,
    names: tuple[str, ...],
    validation: Row | None,
    best_metric: str = "",
    left: float = 0.0,
) -> str:
    """One aligned console line; ``left`` are the seconds to the end of the run.

    A held figure stands behind the training figure it belongs to. Of the other figures of the
    validation the one that ranks checkpoints comes first, others if they fit.
    """
    validated = {k: v for k, v in (validation or {}).items() if isinstance(v, float)}
    held = {training_name(k): k for k in validated if TRAIN + k in validated}
    width = len(f"{total}")
    parts = [f"{line['update']:>{width}}/{total}", f"{line['timesteps']:>13,}", f"{speed:>9,.0f}/s"]
    parts += [f"left {timedelta(seconds=round(left))}"]
    parts += [line[STAGE]] if STAGE in line else []
    columns = [*_COLUMNS, *((f"env/{name}", name, "") for name in names)]
    for key, label, spec in columns:
        beside = f" held {readable(validated[held[key]]):>9}" if key in held else ""
        parts.append(_cell(label, line.get(key), spec) + beside)
    shown = {held[key] for key, *_ in columns if key in held}
    rest = [name for name in validated if name not in shown and not name.startswith(TRAIN)]
    rest.sort(key=lambda name: name != best_metric)
    room = max(_MOST_PARTS - len(parts), int(best_metric in rest))
    return "  ".join(parts + [_validated(name, validated) for name in rest[:room]])


def _cell(label: str, value: float | None, spec: str) -> str:
    if value is None:
        return f"{label} {'-':>{int(spec.split('.')[0] or 9)}}"
    return f"{label} {value:{spec}}" if spec else f"{label} {readable(value):>9}"


def _validated(name: str, figures: Row) -> str:
    """A held figure that no column of training shows, with its training figure where it has one."""
    training = figures.get(TRAIN + name)
    beside = "" if training is None else f" (train {readable(training)})"
    return f"val {name} {readable(figures[name])}{beside}"


def readable(value: float) -> str:
    """Thousands in groups, small figures with four digits; never an exponent above 1."""
    return f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:.4g}"


def _tensorboard_writer(folder: Path | None, done_steps: int) -> Any:
    if folder is None:
        return None
    from tensorboardX import SummaryWriter  # an extra, asked for only when it is there

    return SummaryWriter(str(folder), purge_step=done_steps or None)
