"""The evaluation a sceptic asks for: policy, baselines, controls, one verdict."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import pandas as pd

from eval_tools.measures.bootstrap import Interval, mean_interval
from eval_tools.measures.daily import daily_pnl
from eval_tools.measures.results import PolicyResult
from eval_tools.measures.trades import trade_table
from eval_tools.policies.baselines import Baseline, baseline
from eval_tools.policies.controls import FixedBracket, gross_params
from eval_tools.policies.policy import Policy
from eval_tools.rollout.episode import require_full_coverage
from eval_tools.rollout.ranges import TradingEnv
from eval_tools.rollout.sessions import session_slices, whole_slices
from eval_tools.rollout.slices import run_slices
from eval_tools.verdict import Verdict, account_remark, judge
from futures_env.market.table import MarketData
from futures_env.types import EnvParams

DEFAULT_BASELINES = (Baseline.ALWAYS_FLAT, Baseline.RANDOM_LEGAL)


@dataclass(frozen=True, kw_only=True)
class DataSource:
    """Where the bars come from, for every place that shows a result.

    Attributes:
        label: what a reader should see, e.g. ``"NQ, bars.csv.gz"``.
        synthetic: whether the market is made up.
        content_hash: of the market data.
    """

    label: str
    synthetic: bool
    content_hash: str


@dataclass(frozen=True, kw_only=True)
class Options:
    """How an evaluation is run.

    Attributes:
        seed: of random policies and of the bootstrap.
        level: coverage of the intervals.
        reenter: whether the long account is replaced after a failure (the per-session slices
            always are).
        allow_partial: accept less than full coverage of the per-session slices.
        chunk: slices run side by side.
    """

    seed: int = 0
    level: float = 0.95
    reenter: bool = False
    allow_partial: bool = False
    chunk: int = 256

    def __post_init__(self) -> None:
        if not 0 < self.level < 1:
            raise ValueError(f"level must lie between 0 and 1, got {self.level}")
        if self.chunk < 1:
            raise ValueError(f"chunk must be at least 1 slice, got {self.chunk}")


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """Everything the summary, the report and the artefacts are made of.

    Attributes:
        results: the policy under test first, then the baselines, by name.
        gross: the policy re-evaluated without costs (its account is not looked at).
        paired: policy minus baseline, interval of the mean daily difference.
        params: production parameters, with the market.
    """

    source: DataSource
    sessions: pd.DataFrame = field(repr=False)
    subject: PolicyResult
    baselines: dict[str, PolicyResult] = field(repr=False)
    gross: PolicyResult = field(repr=False)
    paired: dict[str, Interval]
    verdict: Verdict
    params: EnvParams = field(repr=False)

    @property
    def market(self) -> MarketData:
        """The bars that were traded."""
        return self.params.market

    @property
    def results(self) -> dict[str, PolicyResult]:
        """The policy under test, then the baselines."""
        return {self.subject.name: self.subject} | self.baselines


@dataclass(frozen=True, kw_only=True)
class Contender:
    """A policy with the environment and the parameters it trades under."""

    name: str
    env: TradingEnv
    policy: Policy
    params: EnvParams


def baseline_contenders(
    env: TradingEnv, params: EnvParams, kinds: Sequence[Baseline] = DEFAULT_BASELINES
) -> list[Contender]:
    """The rule-based policies, named in words."""
    return [
        Contender(
            name=kind.name.lower().replace("_", " "),
            env=env,
            policy=baseline(kind),
            params=params,
        )
        for kind in kinds
    ]


def fixed_bracket(contender: Contender) -> Contender:
    """The same policy, and so the same entries, kept from managing positions."""
    return replace(
        contender,
        name="fixed bracket",
        policy=FixedBracket(contender.policy),
    )


def evaluate(
    subject: Contender,
    others: Sequence[Contender],
    sessions: pd.DataFrame,
    source: DataSource,
    options: Options | None = None,
) -> Evaluation:
    """Run a policy and what stands beside it over ``sessions`` and judge it.

    Args:
        subject: the policy under test, with production parameters and the market.
        others: baselines on the same market.
        sessions: rows of ``eval_tools.session_table``.
        source: shown with every result.
        options: see ``Options``.

    Raises:
        CoverageError: when less than all sessions were run and that was not allowed.
        ValueError: for two contenders of one name.
    """
    options = options or Options()
    names = [subject.name, *(other.name for other in others)]
    if len(set(names)) < len(names):
        raise ValueError(f"contenders: names must be unique, got {names}")
    result = _run(subject, sessions, options)
    beside = {other.name: _run(other, sessions, options) for other in others}
    free = replace(subject, name="gross", params=gross_params(subject.params))
    paired = {
        name: mean_interval(result.daily - one.daily, level=options.level, seed=options.seed)
        for name, one in beside.items()
    }
    return Evaluation(
        source=source,
        sessions=sessions,
        subject=result,
        baselines=beside,
        gross=_run(free, sessions, options),
        paired=paired,
        verdict=judge(
            result.interval,
            len(result.trades),
            paired,
            account_remark(result, subject.params.market),
            synthetic=source.synthetic,
        ),
        params=subject.params,
    )


def _run(contender: Contender, sessions: pd.DataFrame, options: Options) -> PolicyResult:
    """What one contender did; trades are reconciled to the balances on the way."""
    run = partial(
        run_slices,
        contender.env,
        contender.policy,
        contender.params,
        seed=options.seed,
        chunk=options.chunk,
    )
    single = run(session_slices(sessions), reenter=True)
    if not options.allow_partial:
        require_full_coverage(single)
    accounts = run(whole_slices(sessions), reenter=options.reenter)
    market = contender.params.market
    daily = daily_pnl(single, market)
    return PolicyResult(
        name=contender.name,
        sessions=single,
        accounts=accounts,
        trades=trade_table(single, market),
        account_trades=trade_table(accounts, market),
        daily=daily,
        interval=mean_interval(daily, level=options.level, seed=options.seed),
    )
