"""Everything measured of one policy, and the numbers drawn from it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from eval_tools.formats import words
from eval_tools.measures.bootstrap import Interval
from eval_tools.measures.sharpe import SharpeRatio
from eval_tools.measures.statistics import daily_statistics, trade_statistics
from eval_tools.rollout.episode import Coverage, Episode, coverage
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
        num_actions: of its environment.
        daily: P&L after costs in USD by trading day, every day asked for, indexed by date.
    """

    name: str
    sessions: list[Episode] = field(repr=False)
    accounts: list[Episode] = field(repr=False)
    trades: pd.DataFrame = field(repr=False)
    account_trades: pd.DataFrame = field(repr=False)
    num_actions: int
    daily: pd.Series = field(repr=False)
    interval: Interval

    @property
    def coverage(self) -> Coverage:
        """Of the per-session slices."""
        return coverage(self.sessions)

    @cached_property
    def account(self) -> list[dict[str, Any]]:
        """How each long account fared."""
        return [account_metrics(episode) for episode in self.accounts]


def did_the_same(one: PolicyResult, other: PolicyResult) -> bool:
    """Whether two policies had the same positions and the same equity on every bar."""
    columns = ["row", "side", "contracts", "stop_price", "equity_cents"]
    pairs = zip(one.sessions, other.sessions, strict=True)
    return all(a.steps[columns].equals(b.steps[columns]) for a, b in pairs)


def endings(episodes: Sequence[Episode]) -> dict[str, int]:
    """How accounts ended: at the slice's end, or failed by reason.

    Nothing is stepped after a failure, so each failure stands on one bar.
    """
    codes = Counter(int(code) for one in episodes for code in one.steps["account_status"])
    failed = {code.name.lower(): codes[code] for code in FAILURES}
    used = sum(one.accounts_used for one in episodes)
    return {"slice_end": used - sum(failed.values())} | failed


def result_metrics(result: PolicyResult) -> dict[str, Any]:
    """All numbers of one policy, ready for JSON."""
    steps = pd.concat([episode.steps for episode in result.sessions], ignore_index=True)
    ends, ratio = endings(result.sessions), SharpeRatio.of(result.daily)
    in_position = (steps["side"] != 0) | steps["entry_filled"] | steps["trade_closed"]
    return {
        "coverage": asdict(result.coverage) | {"share": result.coverage.share},
        "mean_daily_pnl": asdict(result.interval),
        "days": asdict(daily_statistics(result.daily)),
        "probabilistic_sharpe": None if ratio is None else ratio.probabilistic(),
        "trades": asdict(trade_statistics(result.trades)),
        "exposure": float(in_position.mean()),
        "breaches": sum(ends.values()) - ends["slice_end"],
        "illegal_actions": int(steps["illegal_action"].sum()),
        "actions": _shares(steps["action"], result.num_actions),
        "actions_where_there_was_a_choice": _shares(
            steps["action"][steps["legal"] > 1], result.num_actions
        ),
        "endings": ends,
        "exit_reasons": _counts(result.trades["exit_reason"]),
        "account": result.account,
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
        "accounts_used": episode.accounts_used,
        "final_status": AccountStatus(final["account_status"]).name.lower(),
        "passed_on_the_way": "passed" in status,
        "net_pnl_usd": episode.net_cents / 100,
        "max_drawdown_usd": int((steps["high_water_mark_cents"] - steps["equity_cents"]).max())
        / 100,
        "lowest_room_to_floor_usd": int((steps["equity_cents"] - steps["floor_cents"]).min()) / 100,
        "bars": len(steps),
    }


def account_remark(result: PolicyResult, market: MarketData) -> str:
    """One sentence on each long account."""
    sentences = []
    for episode, account in zip(result.accounts, result.account, strict=True):
        run, asked = account["sessions_run"], account["sessions_asked"]
        pnl, status = f"{account['net_pnl_usd']:+,.2f} USD", account["final_status"]
        last = np.asarray(market.date)[episode.steps["row"].iloc[-1]].astype("datetime64[D]")
        if account["accounts_used"] > 1:
            outcome = f"{account['accounts_used']} accounts, each replaced when it failed"
        elif run < asked:
            outcome = f"{words(status)} on {last}, the rest not traded"
        else:
            outcome = f"{status} at the end"
        sentences.append(
            f"One account over the range: {pnl}, {outcome}; {run} of {asked} sessions run whole."
        )
    return " ".join(sentences)


def by_session(results: Mapping[str, PolicyResult]) -> pd.DataFrame:
    """One row per policy and per-session slice: what slices.parquet holds."""
    rows = []
    for name, result in results.items():
        for episode in result.sessions:
            steps = episode.steps
            failed = steps["account_status"] >= AccountStatus.FAILED_DRAWDOWN
            rows.append(
                {
                    "policy": name,
                    "slice": episode.slice.name,
                    "bars": len(steps),
                    "trades": int(steps["trade_closed"].sum()),
                    "net_cents": episode.net_cents,
                    "accounts_used": episode.accounts_used,
                    "breaches": int(failed.sum()),
                    "complete": len(episode.sessions_run) == len(episode.slice.sessions),
                }
            )
    return pd.DataFrame(rows)


def _shares(actions: pd.Series, num_actions: int) -> dict[str, float]:
    """Share of every action, 0 for one never taken."""
    shares = actions.value_counts(normalize=True)
    return {Action(code).name.lower(): float(shares.get(code, 0)) for code in range(num_actions)}


def _counts(words: pd.Series) -> dict[str, int]:
    return {str(word): int(count) for word, count in words.value_counts().sort_index().items()}
