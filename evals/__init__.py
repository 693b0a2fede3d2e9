"""Measuring answers: what was said against what was right."""
