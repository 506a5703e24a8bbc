"""Static data of a pytree that jax does not look at."""

from typing import Any


class HostOnly:
    """Static data that never tells two pytrees apart.

    jax compares the static data of its arguments to find a compiled function: with this around
    them, markets of other origin share one trace. What a trace returns must then not carry the
    record of whatever market it was first called with: ``MarketData`` drops it there.
    """

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, HostOnly)

    def __hash__(self) -> int:
        return hash(HostOnly)

    def __repr__(self) -> str:
        return repr(self.value)
