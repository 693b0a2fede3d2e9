"""Sequential fine-tuning: all weights, one period after another, and nothing against forgetting."""

from evals.training.strategy import Strategy


class Sequential(Strategy):
    """The lower bound of every strategy that starts from the same weights."""

    name = "sequential"
