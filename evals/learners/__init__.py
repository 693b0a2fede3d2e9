"""Learners that look things up, the bounds of them, and what they share.

Every system that is compared is listed in `evals.registry`.
"""
