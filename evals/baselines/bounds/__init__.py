"""Bounds: what no strategy should fall below, and what none can be expected to exceed."""
