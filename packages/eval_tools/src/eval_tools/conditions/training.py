"""What a checkpoint has seen: the record of its run beside the sessions that are evaluated."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from eval_tools.conditions.trials import Trials
from futures_env import instrument, session_dates
from futures_env.market.info import MarketInfo
from futures_env.market.table import MarketData

CHOSEN_BY = "chosen_by"
"""Field of a run's metadata: range of sessions, with an ISO ``end``, that chose the checkpoint."""

EMBARGO = 1
"""Sessions between the last one trained on and the first one held."""

_MINIS = {"M2K": "RTY"}
"""Micros whose mini is not their name without the M."""


class Seen(StrEnum):
    """Whether training has seen the evaluated sessions."""

    HELD = "held"
    TRAINED_ON = "trained on"
    SAME_DAYS = "on days trained on in another market"
    UNKNOWN = "training range unknown"


@dataclass(frozen=True, kw_only=True)
class Exposure:
    """What training has seen of the evaluated sessions.

    Attributes:
        seen: held only where the record shows it.
        sessions: how many of them were trained on, or fall on days that were; 0 where nothing is
            known.
        began_from_agent: whether training went on from an agent whose days are not recorded.
    """

    seen: Seen
    sessions: int
    began_from_agent: bool = False


@dataclass(frozen=True, kw_only=True)
class TrainingRecord:
    """What a run recorded about its training.

    Attributes:
        checkpoint: name of the run's folder, and updates done.
        facts: of the market trained on (``futures_env.data.facts.market_facts``); empty: unknown.
        params: EnvParams field -> value at the end of training, schedules at progress 1; text
            where the environments differed.
        started_from_agent: whether training went on from another agent, whose range is not here.
        chosen_by: last date of the sessions that chose the checkpoint, ISO; empty: none are known.
        trials: strategies that were tried on the way.
    """

    checkpoint: str
    facts: Mapping[str, Any]
    params: Mapping[str, Any]
    started_from_agent: bool
    trials: Trials = field(default_factory=Trials)
    chosen_by: str = ""

    @classmethod
    def of(cls, path: Path, metadata: Mapping[str, Any]) -> "TrainingRecord":
        """The record in a checkpoint's metadata.

        Args:
            path: folder that the checkpoint was loaded from.
            metadata: of a ``ppo_agent.Policy``.
        """
        inputs = metadata.get("inputs") or {}
        scheduled = (inputs.get("params_schedule") or {}).get("values", {})
        final = {name.removeprefix("param/"): values[-1] for name, values in scheduled.items()}
        recorded = {n: v for n, v in (inputs.get("env_params") or {}).items() if "." not in n}
        return cls(
            checkpoint=f"{run_folder(path).name}, step {metadata['step']}",
            facts=metadata.get("environment_facts") or {},
            params=recorded | final,
            started_from_agent=bool(inputs.get("initial_state")),
            chosen_by=(metadata.get(CHOSEN_BY) or {}).get("end", ""),
            trials=Trials.of(run_folder(path), metadata),
        )

    @property
    def last_date(self) -> str:
        """Last day that training or the choice of a checkpoint has seen."""
        return max(self.facts["last_date"], self.chosen_by)

    @property
    def known(self) -> bool:
        """Whether the days trained on are recorded."""
        return bool(self.facts.get("first_date")) and bool(self.facts.get("last_date"))

    def exposure(self, market: MarketData, sessions: pd.DataFrame) -> Exposure:
        """Whether ``sessions`` of ``market`` were held out of the run; see ``sessions_seen``."""
        if not self.known:
            return Exposure(seen=Seen.UNKNOWN, sessions=0)
        trained_on = sessions_seen(self, market, sessions)
        same_days = _sessions_of(_moves_with, self, market, sessions)
        return Exposure(
            seen=Seen.TRAINED_ON if trained_on else Seen.SAME_DAYS if same_days else Seen.HELD,
            sessions=trained_on or same_days,
            began_from_agent=self.started_from_agent,
        )

    def __str__(self) -> str:
        if not self.known:
            return Seen.UNKNOWN
        facts = self.facts
        what = [_listed(facts[name]) for name in ("symbol", "session", "source") if facts.get(name)]
        made_up = " (SYNTHETIC)" if any(_each(facts.get("synthetic"))) else ""
        after = f"; checkpoint chosen by sessions to {self.chosen_by}" * bool(self.chosen_by)
        if self.started_from_agent:
            after += "; began from another agent, whose range it does not record"
        return (
            f"{facts['first_date']} to {facts['last_date']}, {facts['sessions']} sessions, "
            f"{' '.join(what) or 'market unknown'}{made_up}{after}"
        )


def sessions_seen(record: TrainingRecord, market: MarketData, sessions: pd.DataFrame) -> int:
    """How many of ``sessions`` the run may have trained on.

    Days count where the market is the same, or one of the same contract or its micro or mini,
    whatever file it came from. Made-up markets share bars where they were made up alike.

    Args:
        record: with known days.
        market: the market evaluated.
        sessions: rows of ``eval_tools.session_table``.
    """
    return _sessions_of(_may_share, record, market, sessions)


def _sessions_of(
    related: Callable[[Mapping[str, Any], MarketInfo], bool],
    record: TrainingRecord,
    market: MarketData,
    sessions: pd.DataFrame,
) -> int:
    """Sessions between the first and the last day of training, of markets related to its own."""
    alike = [related(record.facts, info) for info in market.infos]
    of_same = sessions["market"].map(lambda row: alike[row] if alike else True)
    first, last = pd.Timestamp(record.facts["first_date"]), pd.Timestamp(record.last_date)
    return int((of_same & sessions["date"].between(first, last)).sum())


def first_held_date(record: TrainingRecord, market: MarketData) -> str | None:
    """First day that the run held out, an embargo behind its last; None: any.

    Markets move together: days of training are not held in another real market either.

    Raises:
        ValueError: the run saw the market's days to their end.
    """
    facts = record.facts
    if not any(_may_share(facts, info) or _moves_with(facts, info) for info in market.infos):
        return None
    days = session_dates(market)
    later = days[days > np.datetime64(record.last_date)]
    if len(later) <= EMBARGO:
        raise ValueError(
            f"nothing is held: {record.checkpoint} was trained or chosen to {record.last_date}, "
            f"the market ends on {days[-1]}, and {EMBARGO} session is kept between. Give later "
            "bars, or dates, with --allow-overlap where they were trained on"
        )
    return str(later[EMBARGO])


def run_folder(path: Path) -> Path:
    """The run that a path to its checkpoints, or to one of them, belongs to."""
    for place in (path, path.parent):
        if place.name == "checkpoints":
            return place.parent
    return path


def _may_share(facts: Mapping[str, Any], info: MarketInfo) -> bool:
    symbols, sources = _each(facts.get("symbol")), _each(facts.get("source"))
    if not symbols:
        return True  # nothing is known of the market trained on
    if info.synthetic not in _each(facts.get("synthetic")):
        return False
    if info.synthetic and _recipe(info.source) not in map(_recipe, sources):
        return False
    return _mini(info.symbol) in map(_mini, symbols)


def _moves_with(facts: Mapping[str, Any], info: MarketInfo) -> bool:
    """Two real markets; what was made up moves with nothing else."""
    return not info.synthetic and False in _each(facts.get("synthetic"))


def _recipe(source: str) -> str:
    """How bars were made up; more sessions of one recipe begin with the same bars."""
    return source.partition(", ")[2]


def _mini(symbol: str) -> str:
    """The mini of a micro, any other symbol itself."""
    micro = instrument(symbol).micro
    return _MINIS.get(symbol, symbol.removeprefix("M")) if micro else symbol


def _each(value: Any) -> list[Any]:
    """A fact that all markets share, or the list of each one's."""
    return [] if value is None else value if isinstance(value, list) else [value]


def _listed(value: Any) -> str:
    return ", ".join(map(str, dict.fromkeys(_each(value))))
