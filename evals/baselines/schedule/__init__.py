"""Schedules: when how much is learnt, and of which tokens."""
