"""The question line: retrieve, decide whether the evidence carries an answer, read, check, answer.

An answer is given only when the evidence is about the question and holds the answer's own words;
otherwise it abstains and says why.
"""

from rag_lifelong.answering.confidence import confidence_in
from rag_lifelong.answering.grounds import is_no_answer
from rag_lifelong.answering.line import NOT_IN_SOURCES, answer
from rag_lifelong.answering.reading import Reading, Said, read_found

__all__ = [
    "NOT_IN_SOURCES",
    "Reading",
    "Said",
    "answer",
    "confidence_in",
    "is_no_answer",
    "read_found",
]
