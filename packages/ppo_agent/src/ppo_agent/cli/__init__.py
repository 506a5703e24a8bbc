"""The command ``ppo-agent``."""
