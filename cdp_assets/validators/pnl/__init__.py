"""P&L of validators, their prices and the stakes of clients (validator §5, §6)."""
