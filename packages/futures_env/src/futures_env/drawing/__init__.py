"""Pictures of an account at work."""
