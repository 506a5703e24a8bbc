"""Many lives of accounts, played together: what all of them ask for next runs on lanes at once."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from eval_tools.accounts.life import Course, Life, Request, course
from eval_tools.accounts.path import AccountPath
from eval_tools.attempts.plan import Attempt, Stake
from eval_tools.policies.policy import Policy
from eval_tools.rollout.accounts import PATH_COLUMNS, HostBars, account_path
from eval_tools.rollout.cast import Cast, varied
from eval_tools.rollout.lanes import Queue, TradingEnv, evaluation_params
from eval_tools.rollout.ranges import run_lanes
from eval_tools.rollout.records import STEP_COLUMNS, step_table
from futures_env.accounts.rules import RULE_FIELDS, AccountRules
from futures_env.types import EnvParams

_NEEDED = [STEP_COLUMNS.index(name) for name in PATH_COLUMNS]
_DIFFER = (*RULE_FIELDS, "contracts", "risk_per_trade_usd")
"""Fields of EnvParams in which the accounts of one call may differ."""

LANES = 128
"""Accounts side by side: more take more memory and are hardly faster on a processor."""


@dataclass(frozen=True, kw_only=True)
class Horizon:
    """Sessions after which an account that is not decided is left, in the evaluation and funded."""

    evaluation: int
    funded: int

    def of(self, rules: AccountRules) -> int:
        """The one of an account."""
        return self.evaluation if rules.profit_target else self.funded


class Desk:
    """Plays accounts of one policy under any rule set and size, many at once.

    Args:
        env: environment of the phase.
        policy: callable pytree.
        params: market, costs and orders; size and account are replaced.
        horizon: how long an account is followed.
        seed: of the policy's draws; a bar's draw depends on the seed and the bar alone.
    """

    def __init__(
        self, env: TradingEnv, policy: Policy, params: EnvParams, horizon: Horizon, seed: int
    ) -> None:
        self._env, self._policy, self._params = env, policy, params
        self._horizon, self._key = horizon, jax.random.key(seed)
        self._bars = HostBars(params.market)
        self._accounts: dict[tuple[str, Stake], EnvParams] = {}

    def live(
        self, attempts: Sequence[Attempt], progress: Callable[[float], None] | None = None
    ) -> list[Life]:
        """The life of every attempt, in order; what is asked for next is played in rounds."""
        lives: dict[int, Life] = {}
        open_: dict[int, tuple[Course, Request]] = {}
        for index, one in enumerate(attempts):
            begun = course(one.rules, one.session)
            open_[index] = begun, next(begun)
        while open_:
            asked = [(attempts[index].stake, request) for index, (_, request) in open_.items()]
            paths = self._play(asked)
            for (index, (lived, _)), path in zip(list(open_.items()), paths, strict=True):
                try:
                    open_[index] = lived, lived.send(path)
                except StopIteration as ended:
                    lives[index] = ended.value
                    del open_[index]
                if progress is not None:
                    progress(len(lives) / len(attempts))
        return [lives[index] for index in range(len(attempts))]

    def _play(self, asked: Sequence[tuple[Stake, Request]]) -> Iterator[AccountPath | None]:
        """The path of every request, in order; None where no bar is left."""
        last = len(self._bars.session) - 1
        possible = [i for i, (_, request) in enumerate(asked) if self._first(request) < last]
        chunks = [possible[begin : begin + LANES] for begin in range(0, len(possible), LANES)]
        playing = (path for chunk in chunks for path in self._chunk([asked[i] for i in chunk]))
        left = set(possible)
        for index in range(len(asked)):
            yield next(playing) if index in left else None

    def _chunk(self, asked: list[tuple[Stake, Request]]) -> list[AccountPath]:
        """Up to ``LANES`` accounts; the lanes that are left over do nothing."""
        keys = [self._account_of(stake, request.rules) for stake, request in asked]
        kinds = list(dict.fromkeys(keys))
        each = [kinds.index(key) for key in keys] + [0] * (LANES - len(asked))
        shared = varied([self._accounts[kind] for kind in kinds], _DIFFER).take(each)
        queues = self._queues([request for _, request in asked])
        cast = Cast.of([self._policy], LANES)
        blocks = [block[:, _NEEDED] for block in run_lanes(self._env, cast, shared, queues)]
        return [
            self._path(np.concatenate([block[:, :, lane] for block in blocks]), key, request)
            for lane, (key, (_, request)) in enumerate(zip(keys, asked, strict=True))
        ]

    def _account_of(self, stake: Stake, rules: AccountRules) -> tuple[str, Stake]:
        key = (rules.name, stake)
        if key not in self._accounts:
            params = evaluation_params(rules.apply(stake.apply(self._params)))
            # a best-day rule is the verdict's: the account goes on until that is content
            waits = rules.best_day_effect in ("blocks_pass", "raises_target")
            ends = jnp.bool_(rules.profit_target > 0 and not waits)
            self._accounts[key] = replace(params, end_on_pass=ends)
        return key

    def _first(self, request: Request) -> int:
        return int(np.searchsorted(self._bars.session, request.session))

    def _queues(self, requests: Sequence[Request]) -> Queue:
        """One range a lane; -1 where a lane has nothing to do."""
        idle = LANES - len(requests)
        first = [self._first(one) for one in requests]
        last = [
            self._bars.last_row(row, self._horizon.of(one.rules))
            for row, one in zip(first, requests, strict=True)
        ]
        opening = [
            [one.opening.balance, one.opening.high_water_mark, one.opening.floor]
            for one in requests
        ]
        return Queue(
            first_row=jnp.asarray([[*first, *[-1] * idle]], jnp.int32).T,
            last_row=jnp.asarray([[*last, *[0] * idle]], jnp.int32).T,
            key=jnp.broadcast_to(self._key, (LANES, 1)),
            reenter=jnp.zeros((LANES, 1), bool),
            opening=jnp.asarray(opening + [[0, 0, 0]] * idle, jnp.int32)[:, None],
        )

    def _path(
        self, records: NDArray[np.int32], key: tuple[str, Stake], request: Request
    ) -> AccountPath:
        played = records[records[:, 0] >= 0]
        steps = step_table(played, PATH_COLUMNS)
        return account_path(steps, self._accounts[key], request.opening, self._bars)
