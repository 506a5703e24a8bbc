"""Bar by bar: what a policy saw, might have done and did, and what came of it."""
