"""``FuturesEnv``: the gymnax adapter around ``core``, with autoreset, masks, metrics and spaces."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from gymnax.environments import environment, spaces

from futures_env.accounts.catalogue import account_rules
from futures_env.accounts.rules import AccountRules
from futures_env.codes import Action
from futures_env.config import EnvConfig
from futures_env.core import opening, terminations
from futures_env.core.bars import ClosedBar, read_bar
from futures_env.core.mask import legality
from futures_env.core.observations import observation
from futures_env.core.opening import ForcedPosition
from futures_env.core.random_bits import bits_from_key
from futures_env.core.rules import market_of, rules_of
from futures_env.core.transition import advance
from futures_env.features.pipeline import FEATURES, Feature
from futures_env.hooks import LearnerHooks
from futures_env.market.table import MarketData
from futures_env.params.checks import check_params, is_concrete
from futures_env.params.defaults import default_params, with_dtypes_of
from futures_env.spaces import whole_range
from futures_env.types import EnvParams, EnvState


class FuturesEnv(LearnerHooks, environment.Environment[EnvState, EnvParams]):
    """Trade one bar at a time under the rules of a prop-firm account.

    The agent decides on the close of a bar and the next bar is lived through; the rules stand in
    docs/environments/rules.md. ``params.market`` is data: pass another market of the same shape
    and nothing recompiles.

    Observation, float32 (N,), blocks in the order of ``observation_layout``:
        bars: ``window`` x F features (20 x 11 by default), time-major, the last row just closed.
        markets: one-hot, (M,), with ``market_block`` only.
        account (5): side, open profit, distances to stop and target (in ATR), bars held / 390.
        management (3), Phase 2: trailing, break-even moved, distance to the floor in drawdowns.
        validity (3), Phase 2: can enter, can break even, in a position.
        N = 225 in Phase 1 and 231 in Phase 2 by default.

    Actions, ``codes.Action``: HOLD, BUY, SELL; Phase 2 adds STOP_TO_BREAK_EVEN, TRAIL_ON and
    TRAIL_OFF. ``action_mask`` tells which are legal; an illegal one does what HOLD does.

    Reward, () float32: the sum of ``info["reward_terms"]``, each weighted by its parameter; by
    default the change of equity after costs / ``pnl_scale_usd``, less 10 when the account fails.

    Terminated: the account failed (drawdown, hard daily limit, time), or passed with
    ``end_on_pass``. Truncated: ``max_steps_in_episode``, the end of the data of a contract, or a
    session's last bar with ``end_at_session_close``. Both may hold; ``info["done_reason"]`` says.
    """

    def __init__(
        self,
        phase: int = 1,
        *,
        market: MarketData,
        window: int = 20,
        features: Sequence[str | Feature] = FEATURES,
        market_block: bool = False,
        rules: str | AccountRules | None = None,
        name: str = "Futures",
    ) -> None:
        """Configure the environment.

        Args:
            phase: 1 or 2.
            market: default market of ``default_params``; not part of the identity.
            window: bars in the observation.
            features: the market's feature columns, by name or as ``Feature``.
            market_block: add a one-hot block of the market being traded to the observation.
            rules: of the account in ``default_params``, by name or file; None: the phase's own.
            name: public id.

        Raises:
            ValueError: when the configuration or the market's columns do not fit.
        """
        self.config = EnvConfig(
            name=name,
            phase=phase,
            window=window,
            features=tuple(one if isinstance(one, str) else one.name for one in features),
            market_block=market.num_markets if market_block else 0,
            warm_up_sessions=market.warm_up_sessions,
        )
        self.config.check_market(market)
        self._market = market
        self._rules = rules
        self._checked: EnvParams | None = None

    @property
    def _identity(self) -> tuple[type, EnvConfig]:
        return type(self), self.config

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FuturesEnv) and self._identity == other._identity

    def __hash__(self) -> int:
        return hash(self._identity)

    def __repr__(self) -> str:
        bars = f"{self._market.num_bars:,} bars of {', '.join(map(str, self._market.infos))}"
        return f"{type(self).__name__}({self.name}, window {self.config.window}, {bars})"

    @property
    def name(self) -> str:
        """Public id."""
        return self.config.name

    @property
    def num_actions(self) -> int:
        """3 in Phase 1, 6 in Phase 2."""
        return self.config.spec.num_actions

    @property
    def action_names(self) -> tuple[str, ...]:
        """Names of the actions in the order of their codes."""
        return tuple(Action(code).name for code in range(self.num_actions))

    @property
    def observation_layout(self) -> tuple[str, ...]:
        """One name per observation column."""
        return self.config.observation_layout

    @property
    def observation_ages(self) -> tuple[int, ...]:
        """Bars that each observation column lies back."""
        return self.config.observation_ages

    @cached_property
    def _default_params(self) -> EnvParams:
        params = default_params(self.config.spec, self._market)
        return params if self._rules is None else account_rules(self._rules).apply(params)

    @property
    def default_params(self) -> EnvParams:
        """Parameters with every default, on the market given to the constructor."""
        return self._default_params

    # Resolving ``params=None`` before the jitted functions keeps market arrays out of their
    # constants and two equal environments with different markets apart.
    def step(  # ty: ignore[incompatible-attribute-override]
        self,
        key: jax.Array,
        state: EnvState,
        action: int | float | jax.Array,
        params: EnvParams | None = None,
    ) -> tuple[jax.Array, EnvState, jax.Array, jax.Array, jax.Array, dict[str, Any]]:
        """Step with autoreset: (obs, state, reward, terminated, truncated, info).

        ``info["final_observation"]`` is the observation before the reset; it costs nothing
        inside a jitted function that does not read it.
        """
        action = jnp.asarray(action, jnp.int32)
        return self._step(key, state, action, self._ready(params))

    def reset(  # ty: ignore[incompatible-attribute-override]
        self, key: jax.Array, params: EnvParams | None = None
    ) -> tuple[jax.Array, EnvState]:
        """Begin an episode: (obs, state)."""
        return self._reset(key, self._ready(params))

    @partial(jax.jit, static_argnames=("self",))
    def _step(
        self, key: jax.Array, state: EnvState, action: jax.Array, params: EnvParams
    ) -> tuple[jax.Array, EnvState, jax.Array, jax.Array, jax.Array, dict[str, Any]]:
        stepped, bar, reward, info = advance(self.config.spec, params, state, action)
        terminated = terminations.is_terminated(params, stepped)
        truncated = terminations.is_truncated(params, stepped, bar)
        fresh = self._begin(key, params)
        time = jnp.where(terminated | truncated, fresh.time, stepped.time)
        begun = time == 0  # told by the time: see core/settlement.py, left_with()
        following = jax.tree.map(lambda new, old: jnp.where(begun, new, old), fresh, stepped)
        following = replace(following, time=time)
        info |= {
            "terminated": terminated,
            "truncated": truncated,
            "final_observation": self._observe(stepped, params, bar),
        }
        observed = self._observe(following, params, read_bar(params.market, following.row))
        return observed, following, reward, terminated, truncated, info

    @partial(jax.jit, static_argnames=("self",))
    def _reset(self, key: jax.Array, params: EnvParams) -> tuple[jax.Array, EnvState]:
        return self.reset_env(key, params)

    def step_env(
        self, key: jax.Array, state: EnvState, action: int | float | jax.Array, params: EnvParams
    ) -> tuple[jax.Array, EnvState, jax.Array, jax.Array, dict[str, Any]]:
        """One step without autoreset: (obs, state, reward, terminated, info)."""
        del key
        state, bar, reward, info = advance(self.config.spec, params, state, action)
        terminated = terminations.is_terminated(params, state)
        return self._observe(state, params, bar), state, reward, terminated, info

    def reset_env(self, key: jax.Array, params: EnvParams) -> tuple[jax.Array, EnvState]:
        """Begin an episode without jit: (obs, state)."""
        state = self._begin(key, params)
        return self.observe(key, state, None, params), state

    def state_at(
        self, row: jax.Array | int, params: EnvParams, forced: ForcedPosition | None = None
    ) -> EnvState:
        """The state after bar ``row`` of the market, without randomness.

        A row without a full window behind it is moved to the first one that has it.
        """
        return opening.state_at(params, self._with_window(row), forced)

    def observe(
        self,
        key: jax.Array,
        state: EnvState,
        action: int | float | jax.Array | None,
        params: EnvParams,
    ) -> jax.Array:
        """The observation of ``state``, float32 (len(observation_layout),)."""
        del key, action
        return self._observe(state, params, read_bar(params.market, state.row))

    def action_mask(self, state: EnvState, params: EnvParams) -> jax.Array:
        """Legal actions in ``state``, (num_actions,) bool."""
        decision_bar = read_bar(params.market, state.row)
        rules = rules_of(params, market_of(params, decision_bar))
        return legality(params, rules, state, decision_bar).mask(self.config.spec)

    def is_truncated(self, state: EnvState, params: EnvParams) -> jax.Array:
        """Time limit, data end, or session end where asked. () bool."""
        return terminations.is_truncated(params, state, read_bar(params.market, state.row))

    def is_terminated(self, state: EnvState, params: EnvParams) -> jax.Array:
        """Account failed, or passed with ``end_on_pass``. () bool."""
        return terminations.is_terminated(params, state)

    def check_params(self, params: EnvParams) -> None:
        """Refuse parameters that cannot be meant (ValueError, see ``params/checks.py``)."""
        check_params(params)
        if params.market is not self._market:
            self.config.check_market(params.market)

    def action_space(self, params: EnvParams | None = None) -> spaces.Discrete:
        """Discrete(num_actions)."""
        del params
        return spaces.Discrete(self.num_actions)

    def observation_space(self, params: EnvParams | None = None) -> spaces.Box:
        """Box of the observation's shape; finite, features within +-10, the rest unbounded."""
        del params
        limit = float(np.finfo(np.float32).max)
        return spaces.Box(-limit, limit, (len(self.observation_layout),), jnp.float32)

    def state_space(self, params: EnvParams) -> spaces.Dict:
        """Box per state field, of its dtype's whole range."""
        fields = self.state_at(0, params).__dict__
        return spaces.Dict({name: whole_range(value) for name, value in fields.items()})

    def _begin(self, key: jax.Array, params: EnvParams) -> EnvState:
        bits = bits_from_key(key, 5)
        row = self._with_window(opening.draw_start(params, bits[:2]))
        return opening.state_at(params, row, opening.draw_forced(params, row, bits[2:]))

    def _ready(self, params: EnvParams | None) -> EnvParams:
        """Parameters in their declared dtypes, so that Python numbers share the one trace.

        Concrete ones are checked once, not again in every step of a loop.
        """
        default = self.default_params
        if params is None:
            return default
        if params is not self._checked and is_concrete(params):
            with jax.ensure_compile_time_eval():  # a trace may close over concrete ones
                self.check_params(params)
            self._checked = params
        return with_dtypes_of(default, params)

    def _with_window(self, row: jax.Array | int) -> jax.Array:
        return jnp.maximum(jnp.asarray(row, jnp.int32), self.config.window - 1)

    def _observe(self, state: EnvState, params: EnvParams, decision_bar: ClosedBar) -> jax.Array:
        rules = rules_of(params, market_of(params, decision_bar))
        legal = legality(params, rules, state, decision_bar)
        return observation(self.config, params, rules, state, decision_bar, legal)
