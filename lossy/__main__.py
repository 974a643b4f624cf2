"""`python -m lossy` is the command line."""

from lossy.cli import main

main(prog_name="lossy")
