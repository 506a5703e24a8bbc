"""The command ``eval-tools``."""
