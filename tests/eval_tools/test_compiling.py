"""An option that the installed compiler does not know is left out, not an error."""

from eval_tools.rollout import compiling


def test_unknown_options_are_left_out(monkeypatch) -> None:
    wanted = {"xla_backend_optimization_level": 1, "xla_no_such_option": True}
    monkeypatch.setattr(compiling, "_QUICK", wanted)
    found = compiling.quick_to_compile.__wrapped__()
    assert found == {"xla_backend_optimization_level": 1}


def test_a_wrong_value_is_no_option() -> None:
    assert compiling.is_known("xla_backend_optimization_level", 1)
    assert not compiling.is_known("xla_backend_optimization_level", "high")


def test_other_processors_than_the_cpu_get_no_options(monkeypatch) -> None:
    monkeypatch.setattr(compiling.jax, "default_backend", lambda: "gpu")
    assert compiling.quick_to_compile.__wrapped__() == {}
