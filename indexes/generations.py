"""Embedding generations: one column of vectors for each embedding model the store has had.

One generation is in use; ingestion writes to it and searches read it. Moving to another model
fills a second generation from the stored texts, in order, while the first goes on serving; once it
has every text it is put in use, in the commit that adds its last vectors.
"""

import sqlite3
from dataclasses import dataclass

import numpy as np

from indexes import rows
from indexes.columns import column, n_rows, vector_column, vector_dtype
from indexes.forgetting import Place
from rag_lifelong.ports import Embedded, EmbeddingModel
from rag_lifelong.types import indexed_text


@dataclass(frozen=True, slots=True)
class Generation:
    """A numbered generation and the model that makes it."""

    number: int
    model: EmbeddingModel


def active(db: sqlite3.Connection) -> Generation | None:
    """The generation in use; None while there are no vectors."""
    number = rows.get_meta(db, "generation")
    return next((one for one in every(db) if one.number == number), None)


def every(db: sqlite3.Connection) -> list[Generation]:
    """All generations, oldest first."""
    found = db.execute(
        "SELECT generation, name, version, dtype, dim FROM generations ORDER BY generation"
    )
    return [Generation(int(number), EmbeddingModel(*model)) for number, *model in found]


def start(db: sqlite3.Connection, model: EmbeddingModel) -> int:
    """The number of the model's generation, made in the open transaction if there is none."""
    known = every(db)
    for one in known:
        if one.model == model:
            return one.number
    number = known[-1].number + 1 if known else 0
    rows.insert(db, "generations", number, model.name, model.version, model.dtype, model.dim)
    return number


def start_filling(db: sqlite3.Connection, model: EmbeddingModel) -> None:
    """Begin, or go on, to fill the model's generation, in the open transaction."""
    number = start(db, model)
    in_use = active(db)
    if in_use is None or in_use.number != number:
        rows.set_meta(db, "filling", number)


def texts_to_embed(db: sqlite3.Connection, model: EmbeddingModel, limit: int) -> list[str]:
    """The next texts that the model's generation lacks, in order; a forgotten one is empty."""
    at = n_rows(db, vector_column(_number(db, model)))
    end = min(at + limit, n_rows(db, "texts"))
    found = {
        text_no: indexed_text(context, text)
        for text_no, context, text in db.execute(
            "SELECT text_no, context, text FROM texts WHERE text_no >= ? AND text_no < ?",
            (at, end),
        )
    }
    return [found.get(text_no, "") for text_no in range(at, end)]


def backfill(place: Place, embedded: Embedded) -> bool:
    """Append vectors in the open transaction; whether the generation is now complete and in use."""
    number = _number(place.db, embedded.model)
    name = vector_column(number)
    stored = column(place.directory, name, vector_dtype(embedded.model.dim))
    vectors = np.ascontiguousarray(embedded.vectors, np.float32)
    at = n_rows(place.db, name)
    kept = {
        text_no
        for (text_no,) in place.db.execute(
            "SELECT text_no FROM texts WHERE text_no >= ? AND text_no < ?", (at, at + len(vectors))
        )
    }
    # The vector of a forgotten text is nothing, in every generation.
    gone = [i for i in range(len(vectors)) if at + i not in kept]
    vectors[gone] = 0
    stored.append(place.files, place.db, vectors)
    complete = n_rows(place.db, name) == n_rows(place.db, "texts")
    if complete:
        rows.set_meta(place.db, "generation", number)
        rows.set_meta(place.db, "filling", None)
    rows.set_meta(place.db, "commits", int(rows.get_meta(place.db, "commits")) + 1)
    return complete


def _number(db: sqlite3.Connection, model: EmbeddingModel) -> int:
    for one in every(db):
        if one.model == model:
            return one.number
    raise ValueError(f"no generation of {model}")
