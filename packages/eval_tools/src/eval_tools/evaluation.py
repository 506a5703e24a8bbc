"""The evaluation a sceptic asks for: policy, baselines, controls, one verdict."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial

import pandas as pd

from eval_tools.conditions.market import DataSource
from eval_tools.conditions.parameters import Difference, differences
from eval_tools.conditions.training import Exposure, TrainingRecord, exposure
from eval_tools.measures.bootstrap import Interval, mean_interval
from eval_tools.measures.daily import daily_pnl
from eval_tools.measures.results import PolicyResult, account_remark, by_session, did_the_same
from eval_tools.measures.trades import trade_table
from eval_tools.policies.baselines import Baseline, baseline
from eval_tools.policies.controls import FixedBracket, gross_params
from eval_tools.policies.policy import Policy
from eval_tools.rollout.episode import require_full_coverage
from eval_tools.rollout.ranges import TradingEnv
from eval_tools.rollout.sessions import session_slices, whole_slices
from eval_tools.rollout.slices import run_slices
from eval_tools.verdict import Verdict, judge
from futures_env import ArgumentError
from futures_env.market.table import MarketData
from futures_env.types import EnvParams

DEFAULT_BASELINES = (Baseline.ALWAYS_FLAT, Baseline.RANDOM_LEGAL)


@dataclass(frozen=True, kw_only=True)
class Options:
    """How an evaluation is run."""

    seed: int = 0
    """Seed of random policies and of the bootstrap."""
    level: float = 0.95
    """Coverage of the intervals, between 0 and 1."""
    reenter: bool = False
    """Replace the long account after a failure and trade on; per-session accounts always are."""
    allow_partial: bool = False
    """Accept less than full coverage of the per-session slices."""
    chunk: int = 256
    """Slices run side by side, at least 1; fewer take less memory."""

    def __post_init__(self) -> None:
        if not 0 < self.level < 1:
            raise ArgumentError(f"level must lie between 0 and 1, got {self.level}")
        if self.chunk < 1:
            raise ArgumentError(f"chunk must be at least 1 slice, got {self.chunk}")


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
    options: Options | None = None,
    *,
    training: TrainingRecord | None = None,
    progress: Callable[[str], None] | None = None,
) -> Evaluation:
    """Run a policy and what stands beside it over ``sessions`` and judge it.

    Whatever is said of the bars comes from the market itself.

    Args:
        subject: the policy under test, with production parameters and the market.
        others: baselines on the same market.
        sessions: rows of ``eval_tools.session_table``.
        options: see ``Options``.
        training: what the run behind the policy recorded.
        progress: told what is run next, in words.

    Raises:
        CoverageError: when less than all sessions were run and that was not allowed.
        ValueError: for two contenders of one name.
    """
    options = options or Options()
    names = [subject.name, *(other.name for other in others)]
    if len(set(names)) < len(names):
        raise ValueError(f"contenders: names must be unique, got {names}")
    free = replace(subject, name="gross", params=gross_params(subject.params))
    market = subject.params.market
    result, *beside, gross = _run_all([subject, *others, free], sessions, options, progress)
    baselines = {one.name: one for one in beside}
    paired = {
        name: mean_interval(result.daily - one.daily, level=options.level, seed=options.seed)
        for name, one in baselines.items()
    }
    identical = tuple(name for name, one in baselines.items() if did_the_same(result, one))
    source = DataSource.of(market)
    seen = None if training is None else exposure(training, market, sessions)
    return Evaluation(
        source=source,
        sessions=sessions,
        subject=result,
        baselines=baselines,
        gross=gross,
        paired=paired,
        identical=identical,
        verdict=judge(
            result.interval,
            len(result.trades),
            paired,
            account_remark(result, market),
            synthetic=source.synthetic,
            identical=identical,
            exposure=seen,
        ),
        params=subject.params,
        training=training,
        exposure=seen,
        differences=() if training is None else differences(subject.params, training.params),
    )


def _run_all(
    contenders: Sequence[Contender],
    sessions: pd.DataFrame,
    options: Options,
    progress: Callable[[str], None] | None,
) -> list[PolicyResult]:
    results = []
    for number, contender in enumerate(contenders, start=1):
        if progress is not None:
            progress(f"{contender.name} ({number} of {len(contenders)})")
        results.append(_run(contender, sessions, options))
    return results


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
        num_actions=contender.env.num_actions,
        daily=daily,
        interval=mean_interval(daily, level=options.level, seed=options.seed),
    )
