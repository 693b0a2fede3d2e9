"""Measuring answers: what was said against what was right, one family of metrics a module."""
