"""Validation of trading policies that a sceptic accepts.

Reports and run folders live in ``eval_tools.report``, which imports matplotlib; nothing here does.
"""

from eval_tools.evaluation import (
    Contender,
    DataSource,
    Evaluation,
    Options,
    baseline_contenders,
    evaluate,
    fixed_bracket,
    metrics,
)
from eval_tools.measures.bootstrap import Interval, mean_interval
from eval_tools.measures.statistics import daily_statistics, trade_statistics
from eval_tools.measures.trades import ReconciliationError, trade_table
from eval_tools.policies.agents import AgentPolicy, agent_policy, load_agent
from eval_tools.policies.baselines import Baseline, BaselinePolicy, baseline
from eval_tools.policies.controls import FixedBracket, gross_params
from eval_tools.policies.policy import Context, Policy, as_policy
from eval_tools.rollout.slices import (
    Coverage,
    CoverageError,
    Episode,
    Slice,
    coverage,
    run_slices,
    session_slices,
    session_table,
    sessions_between,
    whole_slices,
)

__all__ = [
    "AgentPolicy",
    "Baseline",
    "BaselinePolicy",
    "Contender",
    "Context",
    "Coverage",
    "CoverageError",
    "DataSource",
    "Episode",
    "Evaluation",
    "FixedBracket",
    "Interval",
    "Options",
    "Policy",
    "ReconciliationError",
    "Slice",
    "agent_policy",
    "as_policy",
    "baseline",
    "baseline_contenders",
    "coverage",
    "daily_statistics",
    "evaluate",
    "fixed_bracket",
    "gross_params",
    "load_agent",
    "mean_interval",
    "metrics",
    "run_slices",
    "session_slices",
    "session_table",
    "sessions_between",
    "trade_statistics",
    "trade_table",
    "whole_slices",
]
