"""A taught model as a learner: what every strategy has in common in an evaluation."""

import time
from dataclasses import replace

from evals.learners.options import read_options
from evals.ports import Bench
from evals.training.checkpoint import Checkpoint
from evals.training.loop import begin, teach
from evals.training.models import load_model
from evals.training.regimes import draw_samples
from evals.training.samples import question_prompt
from evals.training.strategy import Lesson, Strategy, StrategyOptions
from evals.training.student import Student
from evals.training.tuned import tuned_options
from evals.types import Asked, Period, Prediction, Taught, Usage
from rag_lifelong.answering import is_no_answer
from rag_lifelong.models import default_cache_dir


class TaughtLearner:
    """Teaches each period when it is observed, and answers from the weights alone.

    The state after the last period is kept in `Bench.folder`. To be asked about an earlier period
    than that, the periods are taught again: the same weights come of it.
    """

    def __init__(self, bench: Bench, strategy: type[Strategy]) -> None:
        given = {**tuned_options(strategy.name, bench.options.get("model")), **bench.options}
        self.options: StrategyOptions = read_options(
            strategy.Options, replace(bench, options=given), learner=strategy.name
        )
        self._bench = bench
        self._strategy = strategy
        self._checkpoint = Checkpoint(bench.folder)
        self._observed: list[Period] = []
        self._state: tuple[int, Strategy] | None = None

    def observe(self, period: Period) -> Taught:
        """Teach a period, unless it is kept that it was.

        Raises:
            ModelError: If the model to teach is missing or cannot be loaded.
        """
        self._observed.append(period)
        with self._checkpoint.lock:
            number = len(self._observed)
            taught = self._checkpoint.taught(number)
            if taught is None:
                self._bring_to(number - 1)
                taught = self._teach(number)
            return taught

    def answer(self, asked: Asked) -> Prediction:
        """What the model says, as it was after the last period observed."""
        return self.read(asked, question_prompt(asked.question, asked.asked_at))

    def read(self, asked: Asked, prompt: str) -> Prediction:
        """What the model, as it was after the last period observed, says when it reads a prompt.

        Operations are those of a model that remembers what it has read. A prompt or prefix that is
        taught stands before every question, so that its keys and values are computed once, and
        count for none; here a prompt is in fact read again with each token.

        Args:
            asked: The question that the prompt asks.
            prompt: What is read, evidence too if there is any.
        """
        started = time.perf_counter()
        strategy = self._bring_to(len(self._observed))
        counted = strategy.student.meter.flops
        strategy.route(asked.question, asked.asked_at)
        routing = strategy.student.meter.flops - counted
        written = strategy.student.write(prompt)
        blocks, head = strategy.student.sizes()
        n_written = len(written.logprobs)
        return Prediction(
            said=written.text,
            abstained=is_no_answer(written.text)
            or written.confidence < self.options.min_confidence,
            confidence=written.confidence,
            usage=Usage(
                seconds=time.perf_counter() - started,
                calls=1,
                tokens_in=written.n_read,
                tokens_out=n_written,
                flops=routing + 2.0 * (blocks * (written.n_read + n_written) + head * n_written),
            ),
        )

    def _bring_to(self, number: int) -> Strategy:
        """The strategy as it was after a period; taught again if only a later one is kept."""
        if self._state is None or self._state[0] != number:
            self._state = self._kept(number) or (0, self._begun())
            for missing in range(self._state[0] + 1, number + 1):
                self._teach(missing, keep=False)
        return self._state[1]

    def _kept(self, number: int) -> tuple[int, Strategy] | None:
        kept = self._checkpoint.load() if number else None
        return kept if kept is not None and kept[0] <= number else None

    def _begun(self) -> Strategy:
        options, models = self.options, self._bench.config.models
        loaded = load_model(
            options.model,
            cache=(models.cache_dir or default_cache_dir()) / "evals",
            bf16=options.bf16,
            allow_download=models.allow_download,
        )
        strategy = self._strategy(options, seed=self._bench.seed)
        begin(strategy, Student(loaded.model, loaded.tokenizer))
        return strategy

    def _teach(self, number: int, *, keep: bool = True) -> Taught:
        assert self._state is not None
        strategy = self._state[1]
        period = self._observed[number - 1]
        drawn = draw_samples(
            period.documents,
            regime=self.options.data,
            augmenter=self.options.augmenter,
            period=number,
            bench=self._bench,
            max_tokens=self.options.max_tokens,
        )
        meter = strategy.student.meter
        flops, tokens = meter.flops, meter.tokens
        teach(
            strategy,
            Lesson(
                number=number,
                name=period.name,
                samples=drawn.samples[:: self.options.every],
                documents=period.documents,
            ),
        )
        taught = Taught(
            flops=meter.flops - flops + drawn.flops,
            tokens=meter.tokens - tokens + drawn.usage.tokens_in + drawn.usage.tokens_out,
            state_bytes=strategy.state_bytes(),
        )
        self._state = (number, strategy)
        if keep:
            self._checkpoint.save(strategy, number, taught)
        return taught
