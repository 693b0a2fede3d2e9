"""The store: append-only, on two clocks, with SQLite as its commit point and FAISS as its speed.

Knows revisions, chunks, times and vectors; nothing about files, models or questions.
"""
