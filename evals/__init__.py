"""Evaluations: any learner on any stream, honestly and repeatably.

`streams/` reads benchmarks, `learners/` holds what is compared, `running/` asks every learner after
every period, `metrics/` and `statistics.py` measure, `reports/` shows.
"""
