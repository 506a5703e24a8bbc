"""Playing: one deterministic episode, and slices of sessions of them."""
