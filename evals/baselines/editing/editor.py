"""What editors have in common: which facts they edit, and where in a model."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence

from torch import Tensor, nn

from evals.training.samples import Batch, Kind, Sample
from evals.training.strategy import Lesson, Regime, Strategy, StrategyOptions
from evals.training.student import Student, learnt
from rag_lifelong.errors import EvalError


class Editor(Strategy, ABC):
    """Edits the facts of a period; gradient steps over its texts there are none.

    A fact is a question made from a document with its answer, of several for one answer the first.

    Raises:
        EvalError: If the model is to be taught documents alone, without questions.
    """

    def __init__(self, options: StrategyOptions, *, seed: int = 0) -> None:
        super().__init__(options, seed=seed)
        if options.data is Regime.RAW:
            raise EvalError(
                f"{self.name} edits facts, and raw documents are none",
                hint=f"{self.name}@data={Regime.AUGMENTED}",
            )

    def setup(self, student: Student) -> None:
        """Take the model; what an editor may change it says itself."""
        super().setup(student)
        student.model.requires_grad_(requires_grad=False)

    def begin_period(self, lesson: Lesson) -> None:
        """Edit what the period tells."""
        self.student.model.eval()
        if facts := facts_of(lesson.samples):
            self.edit(facts)

    def batches(self, lesson: Lesson) -> Iterator[Sequence[Sample]]:
        """None."""
        return iter(())

    @abstractmethod
    def edit(self, facts: Sequence[Sample]) -> None:
        """Make the model give each fact's answer to its question."""


def facts_of(samples: Sequence[Sample]) -> list[Sample]:
    """The first question of each answer that documents give, in order."""
    found: dict[tuple[tuple[str, ...], str], Sample] = {}
    for sample in samples:
        if sample.kind is Kind.QA:
            found.setdefault((sample.doc_ids, sample.learnt), sample)
    return list(found.values())


def says(logits: Tensor, batch: Batch) -> bool:
    """Whether a model of these logits writes exactly what is to be learnt."""
    return bool((logits.argmax(-1) == learnt(batch)).all())


def down_projection(layer: nn.Module) -> nn.Linear:
    """The matrix that ends a block's feed-forward part, in which facts are edited.

    It is the last linear map of a block, since all architectures that transformers has put the
    feed-forward part behind attention.
    """
    return [module for module in layer.modules() if isinstance(module, nn.Linear)][-1]


def layer_at(student: Student, share: float) -> int:
    """The layer that lies at a share of the way from the first to the last.

    Rounded down, so that of few layers one is left behind it: 0.7 is the third of 4.
    """
    return int(share * (len(student.layers) - 1))
