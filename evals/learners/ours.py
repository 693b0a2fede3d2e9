"""The product's own question line as a learner."""

from dataclasses import replace

from evals.learners.options import Options, read_options
from evals.learners.store_learner import LineOrder, StoreLearner
from evals.ports import Bench
from rag_lifelong.config import RetrievalConfig
from rag_lifelong.loading import ModelLoader
from rag_lifelong.ports import Encoders
from rag_lifelong.retrieval.plan import Moment
from rag_lifelong.retrieval.retriever import retrieve
from rag_lifelong.types import Retrieved


class OursOptions(Options, RetrievalConfig):
    """Any setting of `[retrieval]`, by default the configured one."""

    order: LineOrder = LineOrder.BEST_LAST


class Ours(StoreLearner):
    """Retrieves as `rag-lifelong ask` does, asked when the question is put.

    Option `k` is `evidence`, by the name it has with the other learners.

    Raises:
        EvalError: If an option is unknown or wrong.
    """

    def __init__(self, bench: Bench) -> None:
        configured = bench.config.retrieval.model_dump()
        options = {name: str(value) for name, value in configured.items() if value is not None}
        for name, value in bench.options.items():
            options["evidence" if name == "k" else name] = value
        given = replace(bench, options=options)
        self.settings = read_options(OursOptions, given, learner="ours")
        if bench.reading == "perfect":
            # Nobody is shown the quotes, and choosing them is most of the work.
            self.settings = self.settings.model_copy(update={"quote_chars": 0})
        super().__init__(bench, self.settings.order)
        config = bench.config.model_copy(update={"retrieval": self.settings})
        self._encoders = Encoders(self.embedder, ModelLoader(config).reranker())

    def find(self, question: str, moment: Moment) -> Retrieved:
        """What the product finds."""
        return retrieve(question, moment, self.store.snapshot, self._encoders, self.settings)
