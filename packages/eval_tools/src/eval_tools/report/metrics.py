"""The content of metrics.json, from which summary and page are made."""

from dataclasses import asdict
from typing import Any

from eval_tools.conditions.parameters import describe_params
from eval_tools.measures.results import result_metrics
from eval_tools.outcome import Evaluation
from futures_env.codes import RULES_VERSION


def metrics(evaluation: Evaluation) -> dict[str, Any]:
    """The content of metrics.json: no time, no path, so that equal seeds give equal bytes."""
    sessions = evaluation.sessions
    gross = evaluation.gross
    return {
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
        },
        "policy": evaluation.subject.name,
        "results": {name: result_metrics(one) for name, one in evaluation.results.items()},
        "gross": {
            "mean_daily_pnl": asdict(gross.interval),
            "net_pnl_usd": float(gross.daily.sum()),
            "trades": len(gross.trades),
        },
        "paired": {name: asdict(interval) for name, interval in evaluation.paired.items()},
        "identical": list(evaluation.identical),
    }


def conditions(evaluation: Evaluation) -> dict[str, str]:
    """Checkpoint, training, rule set, costs and orders behind a result, in words."""
    record = evaluation.training
    return {
        "checkpoint": "none" if record is None else record.checkpoint,
        "trained on": "not a trained policy" if record is None else str(record),
    } | describe_params(evaluation.params, evaluation.rules)
