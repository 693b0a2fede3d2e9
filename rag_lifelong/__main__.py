"""`python -m rag_lifelong` is the command `rag-lifelong`."""

from rag_lifelong.cli import main

if __name__ == "__main__":
    main()
