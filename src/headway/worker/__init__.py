"""Claim, run, settle and keep: what works the queues."""
