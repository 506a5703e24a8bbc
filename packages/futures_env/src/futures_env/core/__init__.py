"""The rules: pure functions from (parameters, state, action) to the next state."""
