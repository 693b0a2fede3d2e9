"""Regularisation: weights, or what is computed with them, are held near what they were."""
