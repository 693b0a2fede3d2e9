"""Any system behind an OpenAI-compatible address, asked as its users would ask it.

What it knows and how it finds it is its own business: it is told no documents here, so a system
with its own store must have been told them by other means. The key is taken from the settings
(`reader.api_key`) alone, since a learner's options are written into the folders of a run.
"""

from pydantic import Field

from evals.learners.closed_book import question_alone
from evals.learners.options import Options, read_options
from evals.learners.wordings import CLOSED_BOOK, chosen
from evals.metering import MeteredReader
from evals.ports import Bench
from evals.types import Asked, Period, Prediction, Taught
from rag_lifelong.answering import is_no_answer
from rag_lifelong.config import Config
from rag_lifelong.errors import EvalError
from rag_lifelong.ports import Reader
from rag_lifelong.reading.openai_compatible import OpenAICompatibleReader

MAY_ABSTAIN = "If it cannot be told, reply: unknown."


class EndpointOptions(Options):
    """`endpoint@base_url=...,model=...`; by default those of the reader, if it is an endpoint."""

    base_url: str | None = None
    model: str | None = None
    timeout_s: float = Field(default=120.0, gt=0)


class Endpoint:
    """Asks a system over HTTP; it abstains by saying so, and tells no confidence."""

    def __init__(self, bench: Bench) -> None:
        options = read_options(EndpointOptions, bench, learner="endpoint")
        base_url, model = _address(options, bench.config)
        self._reader = OpenAICompatibleReader(
            base_url,
            model,
            bench.config.reader.api_key,
            timeout_s=options.timeout_s,
            logprobs=False,
        )
        self._max_tokens = bench.config.reader.max_tokens

    def observe(self, period: Period) -> Taught:
        """Tell it nothing."""
        return Taught()

    def answer(self, asked: Asked) -> Prediction:
        """What the system replies to the question and the day it is asked on.

        Raises:
            EvalError: If there is no such wording.
            ModelError: If the endpoint cannot be reached or fails.
        """
        reader = MeteredReader(self._connected)
        prompt = question_alone(asked, f"{chosen(CLOSED_BOOK, asked.wording)} {MAY_ABSTAIN}")
        tokens = reader.read(prompt, max_tokens=self._max_tokens)
        said = " ".join("".join(token.text for token in tokens).split())
        return Prediction(said=said, abstained=is_no_answer(said), usage=reader.spent)

    def _connected(self) -> Reader:
        return self._reader


def _address(options: EndpointOptions, config: Config) -> tuple[str, str]:
    """Where to ask, and for which model."""
    is_endpoint = config.reader.kind == "openai"
    base_url = options.base_url or (config.reader.base_url if is_endpoint else None)
    model = options.model or (config.reader.model if is_endpoint else None)
    if base_url is None or model is None:
        missing = "base_url" if base_url is None else "model"
        raise EvalError(
            f"endpoint needs a {missing}",
            hint="--learner-option endpoint.base_url=http://127.0.0.1:8000/v1 "
            "--learner-option endpoint.model=NAME",
        )
    return base_url, model
