"""Replay: what was told before is learnt again beside what is new."""
