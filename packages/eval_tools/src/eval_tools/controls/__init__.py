"""Markets whose answer is known: planted edges with their oracles."""
