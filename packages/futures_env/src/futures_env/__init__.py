"""gymnax-compatible JAX environments of futures markets under prop-firm account rules.

``import futures_env`` registers the environments with gymnax and gymnasium::

    import gymnax, futures_env
    env, params = gymnax.make("FuturesNQ-Phase2")
"""

from futures_env.accounts.catalogue import account_rules
from futures_env.accounts.files import load_rules
from futures_env.accounts.firms import ACCOUNT_RULES
from futures_env.accounts.money import Fees, PayoutRules
from futures_env.accounts.rules import AccountRules
from futures_env.adapters.five_values import LegacyStepEnv
from futures_env.adapters.gymnax_wrappers import make_gymnax_wrappers_copyable
from futures_env.adapters.ids import register_five_values, register_with_gymnasium
from futures_env.adapters.single import GymnasiumEnv
from futures_env.adapters.vector import FuturesVectorEnv
from futures_env.codes import (
    RULES_VERSION,
    AccountStatus,
    Action,
    DoneReason,
    DrawdownMode,
    ExitReason,
    ExtremeOrder,
    Lock,
    PassTest,
    describe,
)
from futures_env.core.opening import ForcedPosition
from futures_env.data.filters import filter_starts, filter_training, fit_threshold
from futures_env.data.loader import load_market, make_market
from futures_env.data.market import concat_markets, market_hash
from futures_env.data.mirror import with_mirrored
from futures_env.data.signals import signal_features
from futures_env.data.splits import session_dates, slice_market
from futures_env.data.store import save_market
from futures_env.data.synthetic.market import synthetic_market
from futures_env.env import FuturesEnv
from futures_env.features.pipeline import FEATURES, Feature
from futures_env.market.info import ArgumentError, MarketInfo, SessionRule
from futures_env.market.instruments import INSTRUMENTS, Instrument, instrument
from futures_env.market.table import ContractTable, MarketData
from futures_env.observation_mask import mask_from_observation
from futures_env.params.batching import (
    broadcast_params,
    compliance_mix,
    mixed_params,
    params_in_axes,
    sample_params,
)
from futures_env.params.curriculum import CURRICULA, Curriculum, curriculum, piecewise_linear
from futures_env.params.curriculum_file import find_curriculum, load_curriculum
from futures_env.params.defaults import REWARD_PRESETS, reward_preset
from futures_env.registration import RuleBatch, register_environments, stack_rules
from futures_env.testing import EnvCheckError, check_env
from futures_env.types import EnvParams, EnvState

register_environments()
register_five_values()
register_with_gymnasium()
make_gymnax_wrappers_copyable()

__all__ = [
    "ACCOUNT_RULES",
    "CURRICULA",
    "FEATURES",
    "INSTRUMENTS",
    "REWARD_PRESETS",
    "RULES_VERSION",
    "AccountRules",
    "AccountStatus",
    "Action",
    "ArgumentError",
    "ContractTable",
    "Curriculum",
    "DoneReason",
    "DrawdownMode",
    "EnvCheckError",
    "EnvParams",
    "EnvState",
    "ExitReason",
    "ExtremeOrder",
    "Feature",
    "Fees",
    "ForcedPosition",
    "FuturesEnv",
    "FuturesVectorEnv",
    "GymnasiumEnv",
    "Instrument",
    "LegacyStepEnv",
    "Lock",
    "MarketData",
    "MarketInfo",
    "PassTest",
    "PayoutRules",
    "RuleBatch",
    "SessionRule",
    "account_rules",
    "broadcast_params",
    "check_env",
    "compliance_mix",
    "concat_markets",
    "curriculum",
    "describe",
    "filter_starts",
    "filter_training",
    "find_curriculum",
    "fit_threshold",
    "instrument",
    "load_curriculum",
    "load_market",
    "load_rules",
    "make_market",
    "market_hash",
    "mask_from_observation",
    "mixed_params",
    "params_in_axes",
    "piecewise_linear",
    "register_environments",
    "register_five_values",
    "register_with_gymnasium",
    "reward_preset",
    "sample_params",
    "save_market",
    "session_dates",
    "signal_features",
    "slice_market",
    "stack_rules",
    "synthetic_market",
    "with_mirrored",
]
