"""Anybody's trade list under an account's rules: bar by bar through marks and floor tests."""
