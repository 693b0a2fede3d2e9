"""A world that never was: its facts, the documents that tell them, and the questions about them."""
