"""From episodes to numbers: daily P&L, counts and the metrics of one policy."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from eval_tools.measures.bootstrap import Interval, mean_interval
from eval_tools.measures.statistics import daily_statistics, trade_statistics
from eval_tools.measures.trades import trade_table
from eval_tools.rollout.slices import Coverage, Episode, coverage
from futures_env.codes import AccountStatus, Action
from futures_env.market.table import MarketData

FAILURES = tuple(code for code in AccountStatus if code >= AccountStatus.FAILED_DRAWDOWN)


@dataclass(frozen=True, kw_only=True)
class PolicyResult:
    """One policy on the held sessions.

    Attributes:
        sessions: one slice per session; a failed account is replaced at the next bar.
        accounts: one slice over all sessions (per market): one account, as it would have gone.
        trades: trade table of ``sessions``.
        account_trades: trade table of ``accounts``.
        daily: P&L after costs in USD by trading day, every day asked for, indexed by date.
    """

    name: str
    sessions: list[Episode] = field(repr=False)
    accounts: list[Episode] = field(repr=False)
    trades: pd.DataFrame = field(repr=False)
    account_trades: pd.DataFrame = field(repr=False)
    daily: pd.Series = field(repr=False)
    interval: Interval

    @property
    def coverage(self) -> Coverage:
        """Of the per-session slices."""
        return coverage(self.sessions)


def policy_result(
    name: str,
    sessions: list[Episode],
    accounts: list[Episode],
    market: MarketData,
    *,
    level: float,
    seed: int,
) -> PolicyResult:
    """Collect what one policy did; trades are reconciled to the balances on the way."""
    daily = daily_pnl(sessions, market)
    return PolicyResult(
        name=name,
        sessions=sessions,
        accounts=accounts,
        trades=trade_table(sessions, market),
        account_trades=trade_table(accounts, market),
        daily=daily,
        interval=mean_interval(daily, level=level, seed=seed),
    )


def daily_pnl(episodes: Sequence[Episode], market: MarketData) -> pd.Series:
    """Change of equity in USD by trading day, 0 on days without a trade.

    The accounts are flat at every session's end, so this is the P&L after costs of the day's
    trades, over all accounts used that day.
    """
    session, date = np.asarray(market.session), np.asarray(market.date)
    asked = [index for episode in episodes for index in episode.slice.sessions]
    first_rows = np.searchsorted(session, asked)
    days = pd.DatetimeIndex(date[first_rows].astype("datetime64[D]").astype("datetime64[s]"))
    total = pd.Series(0, index=days.unique().sort_values(), name="pnl_cents", dtype=np.int64)
    for episode in episodes:
        steps = episode.steps
        change = steps["equity_cents"] - steps["equity_before_cents"]
        stamps = date[steps["row"]].astype("datetime64[D]").astype("datetime64[s]")
        total = total.add(change.groupby(stamps).sum().astype(np.int64), fill_value=0)
    daily = total / 100
    daily.name = "pnl_usd"
    daily.index.name = "date"
    return daily


def endings(episodes: Sequence[Episode]) -> dict[str, int]:
    """How accounts ended: at the slice's end, or failed by reason.

    Nothing is stepped after a failure, so each failure stands on one bar.
    """
    codes = Counter(int(code) for one in episodes for code in one.steps["account_status"])
    failed = {code.name.lower(): codes[code] for code in FAILURES}
    used = sum(int(one.steps["attempt"].iloc[-1]) + 1 for one in episodes)
    return {"slice_end": used - sum(failed.values())} | failed


def result_metrics(result: PolicyResult) -> dict[str, Any]:
    """All numbers of one policy, ready for JSON."""
    steps = pd.concat([episode.steps for episode in result.sessions], ignore_index=True)
    ends = endings(result.sessions)
    in_position = (steps["side"] != 0) | steps["entry_filled"] | steps["trade_closed"]
    return {
        "coverage": asdict(result.coverage) | {"share": result.coverage.share},
        "mean_daily_pnl": asdict(result.interval),
        "days": asdict(daily_statistics(result.daily)),
        "trades": asdict(trade_statistics(result.trades)),
        "exposure": float(in_position.mean()),
        "breaches": sum(ends.values()) - ends["slice_end"],
        "illegal_actions": int(steps["illegal_action"].sum()),
        "actions": _shares(steps["action"]),
        "actions_where_there_was_a_choice": _shares(steps["action"][steps["legal"] > 1]),
        "endings": ends,
        "exit_reasons": _counts(result.trades["exit_reason"]),
        "account": [account_metrics(episode) for episode in result.accounts],
    }


def account_metrics(episode: Episode) -> dict[str, Any]:
    """How one account fared over a long slice; drawdown from the marked, intrabar peak."""
    steps = episode.steps
    final = steps.iloc[-1]
    status = [AccountStatus(code).name.lower() for code in steps["account_status"].unique()]
    return {
        "slice": episode.slice.name,
        "sessions_asked": len(episode.slice.sessions),
        "sessions_run": len(episode.sessions_run),
        "accounts_used": int(final["attempt"]) + 1,
        "final_status": AccountStatus(final["account_status"]).name.lower(),
        "passed_on_the_way": "passed" in status,
        "net_pnl_usd": int((steps["equity_cents"] - steps["equity_before_cents"]).sum()) / 100,
        "max_drawdown_usd": int((steps["high_water_mark_cents"] - steps["equity_cents"]).max())
        / 100,
        "lowest_room_to_floor_usd": int((steps["equity_cents"] - steps["floor_cents"]).min()) / 100,
        "bars": len(steps),
    }


def _shares(actions: pd.Series) -> dict[str, float]:
    shares = actions.value_counts(normalize=True).sort_index()
    return {Action(code).name.lower(): float(share) for code, share in shares.items()}


def _counts(words: pd.Series) -> dict[str, int]:
    return {str(word): int(count) for word, count in words.value_counts().sort_index().items()}
