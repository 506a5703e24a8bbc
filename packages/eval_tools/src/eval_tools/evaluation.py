"""The evaluation a sceptic asks for: policy, baselines, controls, one verdict."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from eval_tools.measures.bootstrap import Interval, mean_interval
from eval_tools.measures.results import PolicyResult, account_metrics, policy_result, result_metrics
from eval_tools.policies.baselines import Baseline, baseline
from eval_tools.policies.controls import FixedBracket, gross_params
from eval_tools.policies.policy import Policy
from eval_tools.rollout.accounts import check_episodes
from eval_tools.rollout.episode import TradingEnv
from eval_tools.rollout.slices import (
    require_full_coverage,
    run_slices,
    session_slices,
    whole_slices,
)
from eval_tools.verdict import Verdict, judge
from futures_env.codes import RULES_VERSION
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
        sessions: rows of ``eval_tools.rollout.slices.session_table``.
        source: shown with every result.
        options: see ``Options``.

    Raises:
        CoverageError: when less than all sessions were run and that was not allowed.
        CheckError: when a recorded account is not what its rules make it.
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
    run = partial(
        run_slices,
        contender.env,
        contender.policy,
        contender.params,
        seed=options.seed,
        chunk=options.chunk,
    )
    single = run(session_slices(sessions), reenter=True)
    whole = run(whole_slices(sessions), reenter=options.reenter)
    check_episodes([*single, *whole], contender.params)
    if not options.allow_partial:
        require_full_coverage(single)
    return policy_result(
        contender.name,
        single,
        whole,
        contender.params.market,
        level=options.level,
        seed=options.seed,
    )


def account_remark(result: PolicyResult, market: MarketData) -> str:
    """One sentence on each long account."""
    sentences = []
    for episode in result.accounts:
        account = account_metrics(episode)
        run, asked = account["sessions_run"], account["sessions_asked"]
        pnl, status = f"{account['net_pnl_usd']:+,.2f} USD", account["final_status"]
        last = np.asarray(market.date)[episode.steps["row"].iloc[-1]].astype("datetime64[D]")
        if account["accounts_used"] > 1:
            outcome = f"{account['accounts_used']} accounts, each replaced when it failed"
        elif run < asked:
            outcome = f"{status.replace('_', ' ')} on {last}, the rest not traded"
        else:
            outcome = f"{status} at the end"
        sentences.append(
            f"One account over the range: {pnl}, {outcome}; {run} of {asked} sessions run whole."
        )
    return " ".join(sentences)


def metrics(evaluation: Evaluation) -> dict[str, Any]:
    """The content of metrics.json: no time, no path, so that equal seeds give equal bytes."""
    sessions = evaluation.sessions
    gross = evaluation.gross
    return {
        "rules_version": RULES_VERSION,
        "data": asdict(evaluation.source),
        "range": {
            "first_session": f"{sessions['date'].min():%Y-%m-%d}",
            "last_session": f"{sessions['date'].max():%Y-%m-%d}",
            "sessions": len(sessions),
            "bars": int(sessions["bars"].sum()),
        },
        "verdict": {
            "finding": str(evaluation.verdict.finding),
            "headline": evaluation.verdict.headline,
            "remarks": list(evaluation.verdict.remarks),
        },
        "policy": evaluation.subject.name,
        "results": {name: result_metrics(one) for name, one in evaluation.results.items()},
        "gross": {
            "mean_daily_pnl": asdict(gross.interval),
            "net_pnl_usd": float(gross.daily.sum()),
            "trades": len(gross.trades),
        },
        "paired": {name: asdict(interval) for name, interval in evaluation.paired.items()},
    }


def by_session(results: Mapping[str, PolicyResult]) -> pd.DataFrame:
    """One row per policy and per-session slice: what slices.parquet holds."""
    rows = []
    for name, result in results.items():
        for episode in result.sessions:
            steps = episode.steps
            change = (steps["equity_cents"] - steps["equity_before_cents"]).sum()
            rows.append(
                {
                    "policy": name,
                    "slice": episode.slice.name,
                    "bars": len(steps),
                    "trades": int(steps["trade_closed"].sum()),
                    "net_cents": int(change),
                    "accounts_used": int(steps["attempt"].iloc[-1]) + 1,
                    "breaches": int((steps["account_status"] >= 2).sum()),
                    "complete": len(episode.sessions_run) == len(episode.slice.sessions),
                }
            )
    return pd.DataFrame(rows)
