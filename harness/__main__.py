"""`python -m harness` is `stackproof`."""

from harness.cli import main

main()
