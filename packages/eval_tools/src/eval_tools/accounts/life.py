"""The whole life of an account: evaluations until one passes, then the funded account's payouts."""

from collections.abc import Generator
from dataclasses import dataclass, field
from enum import StrEnum

from eval_tools.accounts.days import Days, days_of
from eval_tools.accounts.fees import Costs, costs
from eval_tools.accounts.path import AccountPath, Opening, Play, opening_of
from eval_tools.accounts.payouts import Payout, next_payout
from eval_tools.accounts.verdict import Verdict, verdict
from futures_env.accounts.rules import AccountRules
from futures_env.codes import AccountStatus


class End(StrEnum):
    """Why a life ended."""

    EVALUATION_FAILED = "the last evaluation failed"
    FUNDED_FAILED = "the funded account failed"
    LAST_PAYOUT = "the last payout was made"
    NO_FUNDED_RULES = "passed; the rules of the funded account are not known"
    DATA_END = "the bars ended"


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One account: its rules, its bars and what became of it."""

    rules: AccountRules
    path: AccountPath = field(repr=False)
    verdict: Verdict


@dataclass(frozen=True, kw_only=True)
class Life:
    """Evaluations, the funded account in the stretches between its payouts, and the money.

    Attributes:
        evaluations: one stage for each attempt, in order.
        funded: one stage from each payout (or the start) to the next; empty without a pass.
        payouts: in order.
        end: why it ended.
        costs: fees of the attempts and of the activation.
    """

    evaluations: list[Stage]
    funded: list[Stage]
    payouts: list[Payout]
    end: End
    costs: Costs

    @property
    def paid(self) -> int:
        """Sum of the payouts in cents, before the firm's part."""
        return sum(payout.amount for payout in self.payouts)

    @property
    def net(self) -> int | None:
        """The trader's part of the payouts less the fees, in cents; None: a part is not known."""
        kept = [payout.kept for payout in self.payouts]
        total = self.costs.total
        known = [part for part in kept if part is not None]
        return sum(known) - total if total is not None and len(known) == len(kept) else None


@dataclass(frozen=True, kw_only=True)
class Request:
    """An account that a life needs played; the arguments of ``Play``."""

    rules: AccountRules
    session: int
    opening: Opening


Course = Generator[Request, AccountPath | None, Life]
"""A life that asks for its accounts one by one, so that many of them can be played together."""


def live(rules: AccountRules, play: Play, session: int, *, attempts: int = 1) -> Life:
    """Live through a market; see ``course``.

    Args:
        rules: of the evaluation; ``rules.funded`` follows its pass.
        play: how an account is traded.
        session: index of the session in which the first account begins.
        attempts: evaluations at most.

    Raises:
        ValueError: for a funded rule set, or less than one attempt.
    """
    asks = course(rules, session, attempts=attempts)
    try:
        request = next(asks)
        while True:
            request = asks.send(play(request.rules, request.session, request.opening))
    except StopIteration as lived:
        return lived.value


def course(rules: AccountRules, session: int, *, attempts: int = 1) -> Course:
    """Up to ``attempts`` evaluations one after the other, then the payouts.

    Every account begins with the session after the one in which the last was decided. A failed
    evaluation is reset, which costs the reset's fee.
    """
    if not rules.profit_target or attempts < 1:
        raise ValueError(f"{rules.name}: a life begins with at least one evaluation")
    evaluations: list[Stage] = []
    while len(evaluations) < attempts and not _passed(evaluations):
        path = yield Request(rules=rules, session=session, opening=opening_of(rules))
        if path is None:
            break
        stage = _stage(rules, path)
        evaluations.append(stage)
        session = int(path.session[stage.verdict.bar]) + 1
        if stage.verdict.outcome == AccountStatus.ACTIVE:
            break
    funded, payouts, end = [], [], _end_of_evaluations(evaluations, attempts)
    if _passed(evaluations) and rules.funded is not None:
        funded, payouts, end = yield from _funded_life(rules.funded, session)
    paid = costs(
        rules.fees,
        evaluations=1,
        resets=max(len(evaluations) - 1, 0),
        activations=int(_passed(evaluations)),
    )
    return Life(evaluations=evaluations, funded=funded, payouts=payouts, end=end, costs=paid)


def after_payout(path: AccountPath, bar: int, amount: int) -> Opening:
    """The account after a payout at the close of ``bar``; its peak and its floor do not move."""
    return Opening(
        balance=int(path.balance[bar]) - amount,
        high_water_mark=int(path.high_water_mark[bar]),
        floor=int(path.floor[bar]),
    )


def _funded_life(
    rules: AccountRules, session: int
) -> Generator[Request, AccountPath | None, tuple[list[Stage], list[Payout], End]]:
    """Stretches and payouts of a funded account, until its last payout, its failure or the data."""
    stages: list[Stage] = []
    payouts: list[Payout] = []
    opening = opening_of(rules)
    while (path := (yield Request(rules=rules, session=session, opening=opening))) is not None:
        days = living_days(path)
        payout = next_payout(rules, days, path.floor[days.last_bar], len(payouts) + 1)
        if payout is None:
            stages.append(_stage(rules, path))
            failed = path.status[-1] >= AccountStatus.FAILED_DRAWDOWN
            return stages, payouts, End.FUNDED_FAILED if failed else End.DATA_END
        bar = int(days.last_bar[payout.day])
        stages.append(_stage(rules, path.until(bar + 1)))
        payouts.append(payout)
        if rules.payouts and len(payouts) == rules.payouts.max_payouts:
            return stages, payouts, End.LAST_PAYOUT
        session, opening = int(path.session[bar]) + 1, after_payout(path, bar, payout.amount)
    return stages, payouts, End.DATA_END


def living_days(path: AccountPath) -> Days:
    """The whole days of an account that has not failed by their close."""
    days = days_of(path)
    alive = path.status[days.last_bar] < AccountStatus.FAILED_DRAWDOWN
    whole = alive & path.session_last[days.last_bar]
    return Days(**{name: values[whole] for name, values in vars(days).items()})


def _stage(rules: AccountRules, path: AccountPath) -> Stage:
    return Stage(rules=rules, path=path, verdict=verdict(path, rules))


def _passed(stages: list[Stage]) -> bool:
    return bool(stages) and stages[-1].verdict.outcome == AccountStatus.PASSED


def _end_of_evaluations(stages: list[Stage], attempts: int) -> End:
    if _passed(stages):
        return End.NO_FUNDED_RULES
    undecided = not stages or stages[-1].verdict.outcome == AccountStatus.ACTIVE
    return End.DATA_END if undecided or len(stages) < attempts else End.EVALUATION_FAILED
