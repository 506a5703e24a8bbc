"""Placeholder until the controllers land."""


def adjust(env, window, current, config):
    return []
