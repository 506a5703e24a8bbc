"""Copies and pickles of gymnax's own wrappers."""

import copyreg
from typing import Any

from gymnax.wrappers import (
    FlattenObservationWrapper,
    LegacyStepAPIWrapper,
    LogWrapper,
    StickyActionWrapper,
)


def _rebuild(kind: type, attributes: dict[str, Any]) -> Any:
    wrapper = object.__new__(kind)
    wrapper.__dict__.update(attributes)
    return wrapper


def _reduce(wrapper: Any) -> tuple[Any, ...]:
    return _rebuild, (type(wrapper), dict(wrapper.__dict__))


def make_gymnax_wrappers_copyable() -> None:
    """Let ``copy.deepcopy`` and ``pickle`` handle gymnax's wrappers.

    Their ``__getattr__`` looks itself up forever on an instance without attributes, which is what
    both protocols make first; building the instance with its attributes avoids the question.
    """
    for kind in (
        FlattenObservationWrapper,
        LegacyStepAPIWrapper,
        LogWrapper,
        StickyActionWrapper,
    ):
        copyreg.pickle(kind, _reduce)
