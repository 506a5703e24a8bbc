"""Parameters of an environment: defaults, checks, batches, curricula."""
