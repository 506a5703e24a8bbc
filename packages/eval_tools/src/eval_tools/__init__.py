"""Validation of trading policies that a sceptic accepts.

Reports and run folders live in ``eval_tools.report``, whose page imports matplotlib and jinja2;
nothing here does.
"""

from eval_tools.conditions.market import DataSource
from eval_tools.conditions.training import TrainingRecord
from eval_tools.controls.benchmark import benchmark_market, benchmark_score
from eval_tools.evaluation import (
    Contender,
    Options,
    baseline_contenders,
    evaluate,
    fixed_bracket,
)
from eval_tools.measures.bootstrap import Interval, mean_interval
from eval_tools.measures.daily import daily_pnl
from eval_tools.measures.statistics import daily_statistics, trade_statistics
from eval_tools.measures.trades import ReconciliationError, trade_table
from eval_tools.outcome import Evaluation
from eval_tools.policies.agents import AgentPolicy, agent_policy, load_agent
from eval_tools.policies.baselines import Baseline, BaselinePolicy, baseline
from eval_tools.policies.controls import FixedBracket, gross_params
from eval_tools.policies.own import HostPolicy, JaxPolicy, host_policy, jax_policy
from eval_tools.policies.policy import Context, Policy, as_policy
from eval_tools.report.metrics import metrics
from eval_tools.report.summary import summary_text
from eval_tools.rollout.episode import Coverage, CoverageError, Episode, Slice, coverage
from eval_tools.rollout.sessions import (
    random_slices,
    session_slices,
    session_table,
    sessions_between,
    whole_slices,
)
from eval_tools.rollout.slices import run_slices
from eval_tools.rollout.split import Split, hold_out

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
    "HostPolicy",
    "Interval",
    "JaxPolicy",
    "Options",
    "Policy",
    "ReconciliationError",
    "Slice",
    "Split",
    "TrainingRecord",
    "agent_policy",
    "as_policy",
    "baseline",
    "baseline_contenders",
    "benchmark_market",
    "benchmark_score",
    "coverage",
    "daily_pnl",
    "daily_statistics",
    "evaluate",
    "fixed_bracket",
    "gross_params",
    "hold_out",
    "host_policy",
    "jax_policy",
    "load_agent",
    "mean_interval",
    "metrics",
    "random_slices",
    "run_slices",
    "session_slices",
    "session_table",
    "sessions_between",
    "summary_text",
    "trade_statistics",
    "trade_table",
    "whole_slices",
]
