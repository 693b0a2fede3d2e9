"""What the tiny model is, and how it is pretrained: all that its weights depend on but the seed."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The size of the model."""

    vocabulary: int = 1_024
    """Most tokens: 256 bytes, the numbers of two digits, and what is frequent in the language."""
    width: int = 192
    layers: int = 4
    heads: int = 4
    inner: int = 512
    """Width inside the feed-forward blocks."""
    context: int = 1_024
    """Most tokens it is made for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mix:
    """How often each kind of sample is drawn, as shares of one."""

    reading: float = 0.7
    documents: float = 0.18
    questions: float = 0.12
    """Without evidence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How the model is pretrained."""

    shape: Shape = field(default_factory=Shape)
    mix: Mix = field(default_factory=Mix)
    steps: int = 2_500
    batch: int = 16
    """Samples of a step."""
    rate: float = 2e-3
    """Highest learning rate; it rises for a few of the steps and falls along a cosine."""
    weight_decay: float = 0.05
    given: float = 0.3
    """Weight in the loss of a token that is given, against one of the answer: names come up again
    in what is given, and predicting them there is what teaches copying."""
    lines: int = 5
    """Most lines of evidence in the end."""
    one_line: float = 0.2
    """Share of the steps in which there is one line of evidence."""
    all_lines: float = 0.45
    """Share of the steps after which there may be all; in between they become more."""
    facts: int = 100
    """Facts of each world."""
    steps_per_world: int = 48
    """Steps after which a world with wholly other names takes over."""
    worlds_of_words: int = 30
    """Worlds whose documents and questions the vocabulary is learnt from."""
    save_every: int = 200
    """Steps after which a checkpoint is kept."""


FULL = Recipe()
"""The recipe of the model called `tiny`."""

MICRO = Recipe(
    shape=Shape(vocabulary=700, width=32, layers=2, heads=2, inner=64),
    steps=6,
    batch=4,
    facts=8,
    steps_per_world=3,
    worlds_of_words=2,
    save_every=4,
)
"""Seconds, for tests; it learns next to nothing."""
