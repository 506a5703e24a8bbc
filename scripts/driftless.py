"""The table of docs/driftless.md: P(pass) of every evaluation without an edge and without costs.

Random entries with a bracket, on a synthetic martingale, sized so that an account is decided within
the horizon; beside each the closed form of its target and drawdown.
"""

import sys
from dataclasses import dataclass, replace

import gymnax
import tyro

from eval_tools.attempts.lives import Desk, Horizon
from eval_tools.attempts.plan import Stake, plan
from eval_tools.attempts.table import Tried, rows_of
from eval_tools.policies.baselines import Baseline, baseline
from eval_tools.policies.controls import gross_params
from eval_tools.rollout.sessions import sessions_between
from futures_env import ACCOUNT_RULES, synthetic_market
from futures_env.accounts.rules import AccountRules
from futures_env.market.table import MarketData


@dataclass(frozen=True, kw_only=True)
class Config:
    """How the table is made."""

    attempts: int = 256
    """Start days of each rule set."""
    sessions: int = 300
    """Length of the martingale."""
    days: int = 40
    """Sessions after which an attempt counts as not decided."""
    risk_share: float = 0.1
    """US dollars at risk a trade as a share of the drawdown."""
    seed: int = 0
    """Of the martingale and of the entries."""


def main(config: Config) -> None:
    """Print the table as Markdown, one row a rule set, those flat earlier in a market of theirs."""
    rules = [one for one in ACCOUNT_RULES.values() if one.profit_target]
    print(
        "| rule set | target | drawdown | driftless P(pass) | 95 % interval | closed form | open |"
    )
    print("|---|---|---|---|---|---|---|")
    for flat_by in dict.fromkeys(one.flat_by for one in rules):
        market = synthetic_market(sessions=config.sessions, seed=config.seed, flat_by=flat_by)
        for one in rules:
            if one.flat_by == flat_by:
                print(_row(one, market, config), flush=True)
                print(one.name, file=sys.stderr)


def _row(rules: AccountRules, market: MarketData, config: Config) -> str:
    env, params = gymnax.make("FuturesNQ-Phase1", market=market)
    params = gross_params(params)
    days = sessions_between(market, env.config.window)["session"].to_numpy()
    stake = Stake(risk_usd=config.risk_share * rules.drawdown)
    alone = replace(rules, funded=None)
    attempts = plan([alone], [stake], days[: -config.days + 1], config.attempts)
    horizon = Horizon(evaluation=config.days, funded=1)
    desk = Desk(env, baseline(Baseline.RANDOM_LEGAL), params, horizon, config.seed)
    (row,) = rows_of(Tried(attempts=attempts, lives=desk.live(attempts)), None, 0.95)
    chance, formula = row.passing, row.formula
    bound = "" if formula is None or formula.exact else "<= "
    shown = "-" if formula is None else f"{bound}{formula.value:.1%}"
    undecided = row.outcomes.get("active", 0) / chance.attempts
    cells = [
        rules.name,
        f"{rules.profit_target:,.0f}",
        f"{rules.drawdown:,.0f}",
        f"{chance.share:.1%}",
        f"{chance.low:.1%} to {chance.high:.1%}",
        shown,
        f"{undecided:.0%}",
    ]
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main(tyro.cli(Config))
