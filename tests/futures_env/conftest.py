"""Environments shared by the tests of futures_env: one market, two shapes."""

import gymnax
import pytest

import futures_env


@pytest.fixture(scope="session")
def phase1_env() -> futures_env.FuturesEnv:
    return gymnax.make("FuturesNQ-Phase1")[0]


@pytest.fixture(scope="session")
def phase2_env() -> futures_env.FuturesEnv:
    return gymnax.make("FuturesNQ-Phase2")[0]
