"""A free variable called as a local that generated code makes for itself shares its place: the code crashes.

Eager: the lists. Compiled: a segmentation fault, since the generated code stores a value into the cell's
place, deletes it there, and loads the cell; a NameError where that is found empty. Needs torch only, and a
process to lose: the code runs in a child. Exits 1 when that dies.
"""

import os
import subprocess
import sys

import torch


def outer():
    tmp_1, tmp_2 = [1], [2]

    def f(x):
        return x + 1, tmp_1, tmp_2

    return f


if "child" in sys.argv:
    torch.compile(outer(), backend="eager", fullgraph=True)(torch.ones(1))
    sys.exit(0)
eager = outer()(torch.ones(1))[1:]
child = [sys.executable, os.path.abspath(__file__), "child"]
status = subprocess.run(child, capture_output=True, check=False).returncode
print(f"eager: {eager}, compiled: {'the lists' if status == 0 else f'the process ended with {status}'}")
sys.exit(status != 0)
