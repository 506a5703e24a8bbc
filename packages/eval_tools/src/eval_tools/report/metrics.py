"""The content of metrics.json, from which summary and page are made."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from eval_tools.conditions.parameters import describe_params
from eval_tools.conditions.trials import Trials
from eval_tools.measures.results import PolicyResult, endings, result_metrics
from eval_tools.measures.sharpe import SharpeRatio, expected_best_ratio
from eval_tools.measures.statistics import SESSIONS_PER_YEAR, Statistic
from eval_tools.outcome import Evaluation
from eval_tools.report.files import FORMAT
from eval_tools.report.rows import Folds
from eval_tools.requirements import POLICY_FIGURES, Requirement
from eval_tools.verdict import MarketFinding
from futures_env.codes import RULES_VERSION


def metrics(
    evaluation: Evaluation, requirements: Sequence[Requirement] = (), folds: Folds | None = None
) -> dict[str, Any]:
    """The content of metrics.json: no time, no path, so that equal seeds give equal bytes.

    Args:
        evaluation: what is summed up.
        requirements: what the policy has to meet; the verdict says which it does.
        folds: of a walk-forward, whose tests the evaluation is of.
    """
    sessions = evaluation.sessions
    gross, null = evaluation.gross, evaluation.null
    results = {name: result_metrics(one) for name, one in evaluation.results.items()}
    luck = _luck(evaluation)
    figures = _figures(results[evaluation.subject.name], luck)
    return {
        "format": FORMAT,
        "rules_version": RULES_VERSION,
        "data": asdict(evaluation.source),
        "conditions": conditions(evaluation),
        "differences_from_training": [asdict(one) for one in evaluation.differences],
        "range": {
            "first_session": f"{sessions['date'].min():%Y-%m-%d}",
            "last_session": f"{sessions['date'].max():%Y-%m-%d}",
            "sessions": len(sessions),
            "seen": None if evaluation.exposure is None else str(evaluation.exposure.seen),
            "bars": int(sessions["bars"].sum()),
        },
        "verdict": {
            "finding": str(evaluation.verdict.finding),
            "headline": evaluation.verdict.headline,
            "remarks": list(evaluation.verdict.remarks),
            "requirements": [asdict(one.check(figures)) for one in requirements],
        },
        "markets": [_market(one) for one in evaluation.markets],
        "policy": evaluation.subject.name,
        "luck": luck,
        "results": results,
        "gross": {
            "mean_daily_pnl": asdict(gross.interval),
            "net_pnl_usd": float(gross.daily.sum()),
            "trades": len(gross.trades),
        },
        "null": None if null is None else _null(null),
        "paired": {name: asdict(interval) for name, interval in evaluation.paired.items()},
        "identical": list(evaluation.identical),
    } | ({} if folds is None else {"folds": asdict(folds)})


def conditions(evaluation: Evaluation) -> dict[str, str]:
    """Checkpoint, training, rule set, costs and orders behind a result, in words."""
    record = evaluation.training
    return {
        "checkpoint": "none" if record is None else record.checkpoint,
        "trained on": "not a trained policy" if record is None else str(record),
    } | describe_params(evaluation.params, evaluation.rules)


def _luck(evaluation: Evaluation) -> dict[str, Any]:
    """What the best of as many strategies without skill would show, and how this one compares."""
    record, ratio = evaluation.training, SharpeRatio.of(evaluation.subject.daily)
    trials = Trials() if record is None else record.trials
    best = None if ratio is None else expected_best_ratio(trials.count, 1 / (ratio.days - 1))
    return {
        "trials": asdict(trials) | {"count": trials.count, "text": str(trials)},
        "best_sharpe_by_luck": None if best is None else best * SESSIONS_PER_YEAR**0.5,
        "deflated_sharpe": None if ratio is None else ratio.deflated(trials.count),
    }


def _market(found: MarketFinding) -> dict[str, Any]:
    """One of several markets, judged on its own."""
    own, sessions = result_metrics(found.subject), found.sessions
    kept = ("mean_daily_pnl", "days", "trades", "breaches", "account")
    return {
        "name": found.name,
        "first_session": f"{sessions['date'].min():%Y-%m-%d}",
        "last_session": f"{sessions['date'].max():%Y-%m-%d}",
        "sessions": len(sessions),
        "finding": str(found.verdict.finding),
        "headline": found.verdict.headline,
        "remarks": list(found.verdict.remarks),
        **{name: own[name] for name in kept},
        "paired": {name: asdict(interval) for name, interval in found.paired.items()},
    }


def _null(result: PolicyResult) -> dict[str, Any]:
    """The policy on a matched martingale."""
    ends = endings(result.sessions)
    return {
        "mean_daily_pnl": asdict(result.interval),
        "net_pnl_usd": float(result.daily.sum()),
        "trades": len(result.trades),
        "breaches": sum(ends.values()) - ends["slice_end"],
    }


def _figures(own: dict[str, Any], luck: dict[str, Any]) -> dict[str, Statistic]:
    """Name -> value of every figure that a requirement may name; several accounts: the worst."""
    interval, accounts = own["mean_daily_pnl"], own["account"]
    found = own["trades"] | own["days"] | {
        "interval_low_usd": interval["low"],
        "interval_high_usd": interval["high"],
        "probabilistic_sharpe": own["probabilistic_sharpe"],
        "deflated_sharpe": luck["deflated_sharpe"],
        "exposure": own["exposure"],
        "breaches": own["breaches"],
        "illegal_actions": own["illegal_actions"],
        "account_net_pnl_usd": min(one["net_pnl_usd"] for one in accounts),
        "account_max_drawdown_usd": max(one["max_drawdown_usd"] for one in accounts),
        "account_lowest_room_to_floor_usd": min(
            one["lowest_room_to_floor_usd"] for one in accounts
        ),
    }  # fmt: skip
    return {name: found[name] for name in POLICY_FIGURES}
