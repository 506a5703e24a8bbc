"""Under which conditions a policy is judged: market, account, costs, orders, what it has seen."""
