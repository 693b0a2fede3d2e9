"""Time-aware retrieval: from a question and a moment to a few dated chunks."""
