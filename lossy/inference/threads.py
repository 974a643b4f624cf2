"""Keeps native libraries from starting a thread per core for work that one core does faster."""

import os

_LIMITED = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def limit_native_threads() -> None:
    """Ask OpenMP and OpenBLAS for one thread each, unless the user chose otherwise.

    Call it at process start, before numpy is imported: the libraries look once, when they load. Whisper's own
    thread count is given to it explicitly and wins over this. Measured: OpenBLAS's threads nearly double a
    decode's CPU time and do not shorten it.
    """
    for name in _LIMITED:
        os.environ.setdefault(name, "1")
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
