"""The evaluation a sceptic asks for: policy, baselines, controls, one verdict."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

import pandas as pd

from eval_tools.conditions.market import DataSource
from eval_tools.conditions.parameters import differences, production_params
from eval_tools.conditions.training import TrainingRecord
from eval_tools.each_market import findings_by_market
from eval_tools.formats import time_left
from eval_tools.measures.bootstrap import mean_interval
from eval_tools.measures.daily import daily_pnl
from eval_tools.measures.results import PolicyResult, account_remark, did_the_same
from eval_tools.measures.trades import trade_table
from eval_tools.outcome import Evaluation
from eval_tools.policies.baselines import Baseline, baseline
from eval_tools.policies.controls import FixedBracket, gross_params
from eval_tools.policies.guests import Guest, can_host
from eval_tools.policies.policy import Policy
from eval_tools.rollout.accounts import check_episodes
from eval_tools.rollout.episode import Episode, require_full_coverage
from eval_tools.rollout.lanes import TradingEnv
from eval_tools.rollout.sessions import session_slices, whole_slices
from eval_tools.rollout.slices import Task, run_tasks
from eval_tools.verdict import judge
from futures_env import ArgumentError
from futures_env.env import FuturesEnv
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

    def __post_init__(self) -> None:
        if not 0 < self.level < 1:
            raise ArgumentError(f"level must lie between 0 and 1, got {self.level}")


@dataclass(frozen=True, kw_only=True)
class Contender:
    """A policy with the environment and the parameters it trades under."""

    name: str
    env: TradingEnv
    policy: Policy
    params: EnvParams


def under_rules(name: str, env: FuturesEnv, policy: Policy, rules: str) -> Contender:
    """A policy under the account of a rule set, by its name or file, with the market's own costs.

    Raises:
        ValueError: for an unknown name or a wrong file.
    """
    params = production_params(env.default_params, rules)
    return Contender(name=name, env=env, policy=policy, params=params)


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
    rules: str = "",
    null: MarketData | None = None,
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
        rules: name or file of the rule set whose account ``params`` hold, for the report.
        null: the same rows with prices without any edge
            (``futures_env.data.synthetic.matched``); the policy is played there too.
        progress: told what is run next, in words.

    Raises:
        CoverageError: when less than all sessions were run and that was not allowed.
        CheckError: when an account is not what the independent checker makes of its bars.
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
    seen = None if training is None else training.exposure(market, sessions)
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
            looks_before=0 if training is None else training.trials.looks,
        ),
        params=subject.params,
        training=training,
        exposure=seen,
        differences=() if training is None else differences(subject.params, training.params),
        null=None if null is None else _on(null, subject, sessions, options, progress),
        rules=rules,
        markets=findings_by_market(
            result, beside, sessions, market, training=training, seed=options.seed
        ),
    )


def _on(
    market: MarketData,
    subject: Contender,
    sessions: pd.DataFrame,
    options: Options,
    progress: Callable[[str], None] | None,
) -> PolicyResult:
    """The policy under test on other prices of the same rows."""
    moved = replace(subject, params=replace(subject.params, market=market))
    (result,) = _run_all([moved], sessions, options, progress)
    return result


def _run_all(
    contenders: Sequence[Contender],
    sessions: pd.DataFrame,
    options: Options,
    progress: Callable[[str], None] | None,
) -> list[PolicyResult]:
    """What every contender did; those whom one environment can host play in one program."""
    groups: dict[TradingEnv, list[Contender]] = {}
    for contender in contenders:
        groups.setdefault(_host(contender, contenders), []).append(contender)
    play = partial(_play, sessions=sessions, options=options, progress=progress)
    with ThreadPoolExecutor(len(groups)) as pool:  # they compile at the same time
        played = pool.map(play, groups, groups.values())
        results = {result.name: result for group in played for result in group}
    return [results[contender.name] for contender in contenders]


def _host(contender: Contender, contenders: Sequence[Contender]) -> TradingEnv:
    """The environment with the most actions that can host ``contender``."""
    hosts = [other.env for other in contenders if can_host(other.env, contender.env)]
    return max(hosts, key=lambda env: env.num_actions)


def _play(
    env: TradingEnv,
    contenders: Sequence[Contender],
    *,
    sessions: pd.DataFrame,
    options: Options,
    progress: Callable[[str], None] | None,
) -> list[PolicyResult]:
    """Contenders in ``env``, over the sessions and with one account over all of them."""
    tell, started = progress or (lambda _: None), time.perf_counter()
    names = ", ".join(contender.name for contender in contenders)
    tell(f"{names}: compiling")
    single = Task(slices=session_slices(sessions), seed=options.seed, reenter=True)
    long = Task(slices=whole_slices(sessions), seed=options.seed, reenter=options.reenter)
    played = run_tasks(
        env,
        [(_playing_in(env, contender), contender.params) for contender in contenders],
        [single, long],
        progress=lambda share: tell(
            f"{names}: {share:.0%} of the bars run, "
            f"{time_left(time.perf_counter() - started, share)}"
        ),
    )
    return [
        _result(contender, *(_with_own_actions(contender, one) for one in episodes), options)
        for contender, episodes in zip(contenders, played, strict=True)
    ]


def _playing_in(env: TradingEnv, contender: Contender) -> Policy:
    home = contender.env
    away = isinstance(home, FuturesEnv) and home != env
    return Guest.of(contender.policy, home) if away else contender.policy


def _with_own_actions(contender: Contender, episodes: list[Episode]) -> list[Episode]:
    """``episodes`` without the legality of actions that the contender's environment has not got."""
    own = (1 << contender.env.num_actions) - 1
    return [
        replace(one, steps=one.steps.assign(legal=one.steps["legal"] & own)) for one in episodes
    ]


def _result(
    contender: Contender, single: list[Episode], accounts: list[Episode], options: Options
) -> PolicyResult:
    """What one contender did; coverage, accounts and trades are checked on the way."""
    if not options.allow_partial:
        require_full_coverage(single)
    check_episodes([*single, *accounts], contender.params)
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
