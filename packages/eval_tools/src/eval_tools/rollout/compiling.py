"""Compiler options for programs that compile for longer than they run; no number changes."""

from functools import cache

import jax

_QUICK = {
    # the older emitter of fused loops, which later compilers have not got
    "xla_cpu_use_fusion_emitters": False,
    "xla_backend_optimization_level": 1,
}


@cache
def quick_to_compile() -> dict[str, bool | int]:
    """Options that halve the time of the compiler, as far as the installed one knows them."""
    if jax.default_backend() != "cpu":
        return {}
    return {name: value for name, value in _QUICK.items() if is_known(name, value)}


def is_known(name: str, value: bool | int) -> bool:
    """Whether the installed compiler has the option."""
    try:
        jax.jit(lambda: 0, compiler_options={name: value}).lower().compile()
    except jax.errors.JaxRuntimeError:
        return False
    return True
