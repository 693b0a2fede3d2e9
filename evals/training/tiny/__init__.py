"""A model of two million weights, pretrained in minutes on language that benchmarks do not tell.

It is small enough to be taught in every test and in every cell of an evaluation, and able enough to
answer: from what it is taught, and from evidence in the product's own prompt.
"""
