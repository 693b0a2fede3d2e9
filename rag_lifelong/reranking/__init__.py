"""Rerankers: models that read a question and a text together, and say how well they match."""

CROSS_ENCODER = "rag_lifelong.reranking.cross_encoder:CrossEncoderReranker"
