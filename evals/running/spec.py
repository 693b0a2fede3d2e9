"""What a run is asked to be: benchmark, learners, seeds, wordings, and how much is asked."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from evals.learners.wordings import READING
from evals.registry import LearnerEntry, learner_entry
from rag_lifelong.errors import EvalError

READINGS = ("llm", "perfect")
_OURS = frozenset({"name", "path", "seed"})
"""What `load_stream` is told by the run itself."""
# A spec names a folder of the run, on any file system.
_SPEC = re.compile(r"[\w.-]+(@[\w.+-]+=[\w.+-]+(,[\w.+-]+=[\w.+-]+)*)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class LearnerSpec:
    """A learner and its options, and what the two are called in a run."""

    text: str
    """`hybrid`, or `hybrid@k=3,order=best-first`."""
    options: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Those of its name and those given beside it."""

    @classmethod
    def parse(cls, text: str, beside: Mapping[str, str] | None = None) -> "LearnerSpec":
        """Read `NAME` or `NAME@key=value,key=value`.

        Args:
            text: What is called so in the run's folder.
            beside: Options that are no part of the name, as addresses and keys cannot be.

        Raises:
            EvalError: If it is not of that form, or there is no such learner.

        >>> LearnerSpec.parse("hybrid@k=3,order=best-first").options["order"]
        'best-first'
        """
        if not _SPEC.fullmatch(text):
            raise EvalError(
                f"no learner can be called {text!r}",
                hint="write NAME or NAME@key=value,key=value with letters, digits and . _ + -; "
                "other values go to --learner-option NAME.key=value",
            )
        name, _, options = text.partition("@")
        learner_entry(name)
        named = dict(pair.split("=", 1) for pair in options.split(",") if pair)
        return cls(text, MappingProxyType({**named, **(beside or {})}))

    @property
    def name(self) -> str:
        """Which of `LEARNERS` it is."""
        return self.text.partition("@")[0]

    @property
    def entry(self) -> LearnerEntry:
        """What makes it."""
        return learner_entry(self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSpec:
    """A run: what is asked of whom, how often, and read how.

    Raises:
        EvalError: If a number is out of range, or a name unknown or given twice.
    """

    stream: str
    """One of `evals.streams.STREAMS`."""
    data: Path | None = None
    """Where its files lie."""
    options: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """The benchmark's own settings."""
    learners: tuple[LearnerSpec, ...] = ()
    """None named: all that apply."""
    beside: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: MappingProxyType({}))
    """Options given beside the name of a learner, by that name; for those that none names too."""
    seeds: int = 3
    """How many: a generated benchmark makes another world with each, others draw another sample."""
    wordings: int = 3
    """How many of each question's wordings and of the reader's instructions are used, in pairs."""
    limit: int | None = None
    """Most questions of each kind and period; None: all."""
    rows: tuple[int, ...] | None = None
    """The rows to ask, from 0; None: all. Every period is observed in any case."""
    reading: str = "llm"
    """Who reads: `llm` or `perfect`."""

    def __post_init__(self) -> None:
        if self.reading not in READINGS:
            raise EvalError(f"no way of reading {self.reading!r}", hint=" or ".join(READINGS))
        if self.seeds < 1:
            raise EvalError(f"{self.seeds} seeds: at least 1 is needed")
        if not 1 <= self.wordings <= len(READING):
            raise EvalError(f"{self.wordings} wordings: there are 1 to {len(READING)}")
        if self.limit is not None and self.limit < 1:
            raise EvalError(f"a limit of {self.limit} questions: at least 1 is needed")
        if taken := sorted(_OURS & self.options.keys()):
            raise EvalError(
                f"{taken[0]!r} is no option of a benchmark", hint="see --data and --seeds"
            )
        self._check_learners()

    def _check_learners(self) -> None:
        names = [learner.text for learner in self.learners]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise EvalError(f"named twice: {', '.join(twice)}")
        for name in self.beside:
            learner_entry(name.partition("@")[0])
            if names and name not in names:
                raise EvalError(
                    f"an option is given for {name}, which takes no part",
                    hint=f"name it with --learner, or one of: {', '.join(names)}",
                )
