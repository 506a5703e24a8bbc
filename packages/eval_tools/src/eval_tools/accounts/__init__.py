"""Account rules judged from recorded paths, by arithmetic of its own: nothing of the core."""
