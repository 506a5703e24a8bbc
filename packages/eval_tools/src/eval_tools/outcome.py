"""What an evaluation found: everything that the summary, the report and the artefacts show."""

from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd

from eval_tools.conditions.market import DataSource
from eval_tools.conditions.parameters import Difference
from eval_tools.conditions.training import Exposure, TrainingRecord
from eval_tools.measures.bootstrap import Interval
from eval_tools.measures.results import PolicyResult, by_session
from eval_tools.verdict import MarketFinding, Verdict
from futures_env.market.table import MarketData
from futures_env.types import EnvParams


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """Everything the summary, the report and the artefacts are made of.

    Attributes:
        results: the policy under test first, then the baselines, by name.
        gross: the policy re-evaluated without costs (its account is not looked at).
        paired: policy minus baseline, interval of the mean daily difference.
        identical: baselines that did the same as the policy, bar by bar.
        params: parameters in force, with the market.
        training: what the run of the policy recorded; None: it comes from no checkpoint.
        exposure: what that training has seen of the sessions.
        differences: traded fields that had another value at the end of training.
        null: the policy on a matched martingale, where none can win; None: it was not played.
        rules: name or file of the rule set whose account was asked for; empty: of none.
        markets: each of several markets on its own; empty: there is one.
    """

    source: DataSource
    sessions: pd.DataFrame = field(repr=False)
    subject: PolicyResult
    baselines: dict[str, PolicyResult] = field(repr=False)
    gross: PolicyResult = field(repr=False)
    paired: dict[str, Interval]
    identical: tuple[str, ...]
    verdict: Verdict
    params: EnvParams = field(repr=False)
    training: TrainingRecord | None
    exposure: Exposure | None
    differences: tuple[Difference, ...]
    null: PolicyResult | None = field(default=None, repr=False)
    rules: str = ""
    markets: tuple[MarketFinding, ...] = ()

    @property
    def market(self) -> MarketData:
        """The bars that were traded."""
        return self.params.market

    @property
    def results(self) -> dict[str, PolicyResult]:
        """The policy under test, then the baselines."""
        return {self.subject.name: self.subject} | self.baselines

    @cached_property
    def slices(self) -> pd.DataFrame:
        """One row per policy and per-session slice."""
        return by_session(self.results)
