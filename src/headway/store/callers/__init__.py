"""Connections that belong to the caller, of whatever driver: what the store has to say on them is said in their own transactions."""
