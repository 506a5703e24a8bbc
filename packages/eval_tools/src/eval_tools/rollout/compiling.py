"""Compiler options for programs that compile for longer than they run; no number changes."""

from functools import cache

import jax

_QUICK = {"xla_cpu_use_fusion_emitters": False}
"""The older emitter of fused loops, which later compilers have not got.

``xla_backend_optimization_level=1`` would save another fifth, but changes the last bits of chances.
"""


@cache
def quick_to_compile() -> dict[str, bool]:
    """Options that save a third of the compiler's time, as far as the installed one knows them."""
    if jax.default_backend() != "cpu":
        return {}
    return {name: value for name, value in _QUICK.items() if is_known(name, value)}


def is_known(name: str, value: object) -> bool:
    """Whether the installed compiler has the option."""
    try:
        jax.jit(lambda: 0, compiler_options={name: value}).lower().compile()
    except jax.errors.JaxRuntimeError:
        return False
    return True
