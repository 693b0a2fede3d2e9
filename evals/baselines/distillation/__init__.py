"""Distillation: what the model said before is taught along with what is new."""
