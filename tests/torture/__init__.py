"""Crashes, faults and damage against the store, each judged by a plain model of what it must say.

Short runs are ordinary tests (`test_torture.py`); `python -m tests.torture` makes long ones.
"""
