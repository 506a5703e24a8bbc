"""Each of several markets judged on its own: one that earns can hide one that loses."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from eval_tools.conditions.market import market_names
from eval_tools.conditions.training import TrainingRecord
from eval_tools.measures.bootstrap import mean_interval
from eval_tools.measures.daily import daily_pnl
from eval_tools.measures.results import PolicyResult, account_remark, did_the_same
from eval_tools.measures.trades import trade_table
from eval_tools.rollout.episode import Episode
from eval_tools.verdict import MarketFinding, judge
from futures_env.market.table import MarketData


def findings_by_market(
    subject: PolicyResult,
    baselines: Sequence[PolicyResult],
    sessions: pd.DataFrame,
    market: MarketData,
    *,
    training: TrainingRecord | None = None,
    seed: int = 0,
) -> tuple[MarketFinding, ...]:
    """What the policy did on each market of a joined one; empty where there is only one.

    Args:
        subject: the policy under test, on the sessions of all markets.
        baselines: what stands beside it, on the same sessions.
        sessions: rows of ``eval_tools.session_table``; a market without any has no finding.
        market: the bars, of several markets.
        training: what the run behind the policy recorded.
        seed: of the bootstrap.
    """
    if market.num_markets == 1:
        return ()
    found = []
    for number, name in enumerate(market_names(market)):
        asked = sessions[sessions["market"] == number]
        if asked.empty:
            continue
        own, *others = (on_market(one, market, number, seed) for one in [subject, *baselines])
        level = own.interval.level
        paired = {
            one.name: mean_interval(own.daily - one.daily, level=level, seed=seed) for one in others
        }
        verdict = judge(
            own.interval,
            len(own.trades),
            paired,
            account_remark(own, market),
            synthetic=bool(market.infos) and market.infos[number].synthetic,
            identical=tuple(one.name for one in others if did_the_same(own, one)),
            exposure=None if training is None else training.exposure(market, asked),
            looks_before=0 if training is None else training.trials.looks,
        )
        found.append(MarketFinding(name, asked, own, paired, verdict))
    return tuple(found)


def on_market(result: PolicyResult, market: MarketData, number: int, seed: int) -> PolicyResult:
    """The part of a result that was played on one of the markets."""
    single, accounts = (_of(part, market, number) for part in (result.sessions, result.accounts))
    daily = daily_pnl(single, market)
    return replace(
        result,
        sessions=single,
        accounts=accounts,
        trades=trade_table(single, market),
        account_trades=trade_table(accounts, market),
        daily=daily,
        interval=mean_interval(daily, level=result.interval.level, seed=seed),
    )


def _of(episodes: Sequence[Episode], market: MarketData, number: int) -> list[Episode]:
    of_row = np.asarray(market.market)
    return [one for one in episodes if of_row[one.slice.first_row] == number]
