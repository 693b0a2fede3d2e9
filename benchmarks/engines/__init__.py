"""The vector stores that `benchmarks/store.py` measures, one adapter a file."""

import os

THREADS = 2
"""What every engine may use."""

for _variable in (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "RAYON_NUM_THREADS",
    "TOKIO_WORKER_THREADS",
    "LANCE_CPU_THREADS",
    "LANCE_IO_THREADS",
):
    os.environ[_variable] = str(THREADS)  # before numpy and the engines are imported
