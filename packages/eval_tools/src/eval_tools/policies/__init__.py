"""Who plays: trained agents, baselines, and controls of either."""
