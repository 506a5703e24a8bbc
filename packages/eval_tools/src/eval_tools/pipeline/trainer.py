"""What the runs of stages know of the training of both phases."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

import pandas as pd

from eval_tools.gates import Gate
from eval_tools.pipeline.markets import Markets
from eval_tools.pipeline.ranges import Range, Ranges
from eval_tools.pipeline.record import Record
from eval_tools.pipeline.settings import TrainingSettings
from futures_env.env import FuturesEnv
from futures_env.market.table import MarketData
from ppo_agent.policy import Policy

PHASES = (1, 2)


class Progress(Protocol):
    """Who is told what goes on."""

    def tell(self, text: str) -> None:
        """One line about what is done next."""
        ...

    def stage(self, name: str) -> AbstractContextManager[None]:
        """A context manager around a stage."""
        ...


@dataclass(frozen=True, kw_only=True)
class Trained:
    """What came out of the phases, in their order.

    Attributes:
        policies: the checkpoint of each that its validation chose.
        gates: what each had to show.
    """

    policies: tuple[Policy, ...]
    gates: tuple[tuple[Gate, ...], ...]


class Trainer(Protocol):
    """Trains both phases of a run: ``eval_tools.pipeline.phases.Phases``."""

    @property
    def settings(self) -> TrainingSettings: ...

    @property
    def record(self) -> Record: ...

    @property
    def markets(self) -> Markets: ...

    @property
    def progress(self) -> Progress: ...

    @property
    def say(self) -> Callable[[str], None]: ...

    def of_run(self, record: Record, progress: Progress) -> "Trainer":
        """The same for a run of its own on the same markets."""
        ...

    def train(self, market: MarketData, ranges: Ranges) -> Trained:
        """Train, choose and judge each phase."""
        ...

    def env(self, market: MarketData, phase: int) -> FuturesEnv:
        """The environment of a phase on a market."""
        ...

    def sessions(self, market: MarketData, span: Range) -> pd.DataFrame:
        """Rows of ``eval_tools.session_table`` in a range."""
        ...

    def window(self, market: MarketData) -> int:
        """Bars in the observation."""
        ...
