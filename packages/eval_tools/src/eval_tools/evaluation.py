"""The evaluation a sceptic asks for: policy, baselines, controls, one verdict."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import pandas as pd

from eval_tools.baselines import Baseline, baseline
from eval_tools.bootstrap import Interval, mean_interval
from eval_tools.controls import gross_params
from eval_tools.episode import TradingEnv
from eval_tools.policies import Policy
from eval_tools.results import PolicyResult, account_metrics, policy_result, result_metrics
from eval_tools.slices import require_full_coverage, run_slices, session_slices, whole_slices
from eval_tools.verdict import Verdict, judge
from futures_env.codes import RULES_VERSION
from futures_env.types import EnvParams, MarketData

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


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """Everything the summary, the report and the artefacts are made of.

    Attributes:
        results: the policy under test first, then the baselines, by name.
        gross: the policy re-evaluated without costs.
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


def evaluate(
    env: TradingEnv,
    name: str,
    policy: Policy,
    params: EnvParams,
    sessions: pd.DataFrame,
    source: DataSource,
    options: Options | None = None,
    baselines: tuple[Baseline, ...] = DEFAULT_BASELINES,
) -> Evaluation:
    """Run a policy and its baselines over ``sessions`` and judge it.

    Args:
        env: environment of the policy's phase.
        name: of the policy.
        policy: callable pytree, see ``eval_tools.policies``.
        params: production parameters, with the market.
        sessions: rows of ``eval_tools.slices.session_table``.
        source: shown with every result.
        options: see ``Options``.
        baselines: run on the same slices.

    Raises:
        CoverageError: when less than all sessions were run and that was not allowed.
    """
    options = options or Options()
    subject = _run(env, name, policy, params, sessions, options)
    others: dict[str, PolicyResult] = {}
    for kind in baselines:
        words = kind.name.lower().replace("_", " ")
        others[words] = _run(env, words, baseline(kind), params, sessions, options)
    gross = _run(env, f"{name}, gross", policy, gross_params(params), sessions, options)
    paired = {
        other: mean_interval(subject.daily - result.daily, level=options.level, seed=options.seed)
        for other, result in others.items()
    }
    return Evaluation(
        source=source,
        sessions=sessions,
        subject=subject,
        baselines=others,
        gross=gross,
        paired=paired,
        verdict=judge(
            subject.interval,
            len(subject.trades),
            paired,
            account_remark(subject),
            synthetic=source.synthetic,
        ),
        params=params,
    )


def _run(
    env: TradingEnv,
    name: str,
    policy: Policy,
    params: EnvParams,
    sessions: pd.DataFrame,
    options: Options,
) -> PolicyResult:
    common: dict[str, Any] = {"seed": options.seed, "chunk": options.chunk}
    single = run_slices(env, policy, params, session_slices(sessions), reenter=True, **common)
    if not options.allow_partial:
        require_full_coverage(single)
    whole = run_slices(
        env, policy, params, whole_slices(sessions), reenter=options.reenter, **common
    )
    return policy_result(name, single, whole, params.market, level=options.level, seed=options.seed)


def account_remark(result: PolicyResult) -> str:
    """One sentence on each long account."""
    sentences = []
    for episode in result.accounts:
        account = account_metrics(episode)
        run, asked = account["sessions_run"], account["sessions_asked"]
        outcome = account["final_status"].replace("_", " ")
        rest = f"; {asked - run} sessions not traded" if run < asked else ""
        used = f", {account['accounts_used']} accounts" if account["accounts_used"] > 1 else ""
        sentences.append(
            f"One account over the range: {account['net_pnl_usd']:+,.2f} USD, {outcome} after "
            f"{run} of {asked} whole sessions{rest}{used}."
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
