"""What a user may set of a learner: `NAME@key=value`, read into a checked value."""

from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from evals.ports import Bench
from rag_lifelong.errors import EvalError


class Options(BaseModel):
    """Settings of one learner; a subclass declares them as fields."""

    model_config = ConfigDict(extra="forbid", frozen=True)


AnyOptions = TypeVar("AnyOptions", bound=Options)


def read_options(kind: type[AnyOptions], bench: Bench, *, learner: str) -> AnyOptions:
    """The options of a bench, as a learner declares them.

    Raises:
        EvalError: If one is unknown or has a wrong value.
    """
    try:
        return kind.model_validate(dict(bench.options))
    except ValidationError as error:
        first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        known = ", ".join(kind.model_fields)
        hint = f"options are: {known}" if known else "it has no options"
        raise EvalError(f"{learner} has no option {key!r}", hint=hint)
    raise EvalError(f"option {key} of {learner} = {first.get('input')!r}: {first['msg']}")
