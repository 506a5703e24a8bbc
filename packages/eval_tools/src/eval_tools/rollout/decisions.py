"""What a policy would do at every close, the newest included, which no later bar has judged yet."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from flax import struct

from eval_tools.formats import words
from eval_tools.policies.policy import Context, Policy, probabilities
from eval_tools.rollout.episode import Slice
from eval_tools.rollout.lanes import TradingEnv, evaluation_params
from futures_env.codes import AccountStatus, Action
from futures_env.core.bars import read_bar
from futures_env.core.rules import in_tier, market_of, rules_of
from futures_env.core.sizing import sized_contracts, stop_distance, target_distance
from futures_env.types import EnvParams, EnvState

_STATUS = {code.value: words(code.name.lower()) for code in AccountStatus}


@struct.dataclass(kw_only=True)
class Decision:
    """One close; leaves (num_bars,) but for those over the actions."""

    row: jax.Array  # int32, the bar that has closed
    action: jax.Array  # int32
    legal: jax.Array  # (num_bars, num_actions) bool
    probabilities: jax.Array  # (num_bars, num_actions) float32, NaN where the policy does not say
    # the bracket that an entry at this close would get
    contracts: jax.Array  # int32
    stop_ticks: jax.Array  # int32
    target_ticks: jax.Array  # int32
    # the account after the bar
    position: jax.Array  # int32, signed contracts
    stop_price: jax.Array  # int32, ticks
    target_price: jax.Array  # int32, ticks
    equity_cents: jax.Array  # int32
    account_status: jax.Array  # int32


def decide(
    env: TradingEnv, policy: Policy, params: EnvParams, piece: Slice, *, seed: int = 0
) -> Decision:
    """Decide at every close of a slice, playing a fresh account that is replaced when it fails.

    Nothing is traded behind the last row: its decision is one that waits for the next bar.

    Args:
        env: environment of the phase.
        policy: callable pytree.
        params: production parameters with the market.
        piece: rows to decide at, from the first to the last.
        seed: of the policy's draws.
    """
    key = jax.random.key(seed)
    bars = piece.last_row - piece.first_row + 1
    first = jnp.int32(piece.first_row)
    return jax.device_get(_decide(env, policy, evaluation_params(params), first, key, bars))


def decision_table(decisions: Decision, params: EnvParams) -> pd.DataFrame:
    """One row per close, prices in the contract's own units.

    Returns:
        close, action, p_ACTION and legal_ACTION for every action; buy_stop, buy_target, sell_stop
        and sell_target (of an entry filled at this close; the real fill is the next open), their
        distances and contracts, 0 and empty where no entry is legal; position, stop, target,
        equity_usd and account_status of the simulated account.
    """
    row = decisions.row
    market = params.market
    sizes = np.asarray(market.contract_table.tick_size, np.float64).round(8)
    tick = sizes[np.asarray(market.market)[row]]
    close = np.asarray(market.close)[row] * tick
    names = [Action(code).name.lower() for code in range(decisions.legal.shape[1])]
    enter = decisions.legal[:, Action.BUY]
    held = decisions.position != 0
    away = {"stop": decisions.stop_ticks * tick, "target": decisions.target_ticks * tick}
    columns = {"close": close, "action": [names[code] for code in decisions.action]}
    columns |= {f"p_{name}": decisions.probabilities[:, i] for i, name in enumerate(names)}
    columns |= {f"legal_{name}": decisions.legal[:, i] for i, name in enumerate(names)}
    columns |= {
        "buy_stop": np.where(enter, close - away["stop"], np.nan),
        "buy_target": np.where(enter, close + away["target"], np.nan),
        "sell_stop": np.where(enter, close + away["stop"], np.nan),
        "sell_target": np.where(enter, close - away["target"], np.nan),
        "contracts": np.where(enter, decisions.contracts, 0),
        "stop_ticks": np.where(enter, decisions.stop_ticks, 0),
        "target_ticks": np.where(enter, decisions.target_ticks, 0),
        "position": decisions.position,
        "stop": np.where(held, decisions.stop_price * tick, np.nan),
        "target": np.where(held, decisions.target_price * tick, np.nan),
        "equity_usd": decisions.equity_cents / 100,
        "account_status": [_STATUS[code] for code in decisions.account_status.tolist()],
    }
    return pd.DataFrame(columns)


@partial(jax.jit, static_argnames=("env", "num_bars"))
def _decide(
    env: TradingEnv,
    policy: Policy,
    params: EnvParams,
    first_row: jax.Array,
    key: jax.Array,
    num_bars: int,
) -> Decision:
    last_row = first_row + num_bars - 1

    def close(state: EnvState, _scanned: None) -> tuple[EnvState, Decision]:
        seen, drawn, stepped = jax.random.split(jax.random.fold_in(key, state.row), 3)
        obs, mask = env.observe(seen, state, None, params), env.action_mask(state, params)
        action = policy(obs, mask, drawn, Context(state, params)).astype(jnp.int32)
        decision = _decision(policy, params, state, obs, mask, action)
        # the last bar has no next one: what is stepped there is thrown away
        _, after, _, failed, _ = env.step_env(stepped, state, action, params)
        fresh = env.state_at(after.row, params)
        after = jax.tree.map(lambda a, b: jnp.where(failed, a, b), fresh, after)
        ended = state.row >= last_row
        return jax.tree.map(lambda a, b: jnp.where(ended, a, b), state, after), decision

    return jax.lax.scan(close, env.state_at(first_row, params), None, length=num_bars)[1]


def _decision(
    policy: Policy,
    params: EnvParams,
    state: EnvState,
    obs: jax.Array,
    mask: jax.Array,
    action: jax.Array,
) -> Decision:
    decision_bar = read_bar(params.market, state.row)
    rules = in_tier(params, rules_of(params, market_of(params, decision_bar)), state.tier)
    stop_ticks = stop_distance(params, rules, decision_bar.atr)
    return Decision(
        row=state.row,
        action=action,
        legal=mask,
        probabilities=probabilities(policy, obs, mask),
        contracts=sized_contracts(params, rules, stop_ticks),
        stop_ticks=stop_ticks,
        target_ticks=target_distance(params, stop_ticks),
        position=state.side * state.contracts,
        stop_price=state.stop_price,
        target_price=state.target_price,
        equity_cents=state.equity_cents,
        account_status=state.account_status.astype(jnp.int32),
    )
