"""Coverage-guided fuzzing of everything that reads bytes from outside, by libFuzzer (atheris).

`python -m tests.fuzz --seconds 600` runs each seam so long in a process of its own, with a limit on
its memory and on the time of one input. An input that ends in anything but a `ParseError` is kept.
"""
