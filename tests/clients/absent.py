"""Tests of other people's learners, skipped where one is not installed."""

import importlib.util

import pytest


def client(*modules: str) -> pytest.MarkDecorator:
    """Skip where a module is missing; the reason is on the list of allowed ones."""
    missing = [name for name in modules if importlib.util.find_spec(name) is None]
    reason = f"client absent: {', '.join(missing)}"
    return pytest.mark.skipif(bool(missing), reason=reason)
