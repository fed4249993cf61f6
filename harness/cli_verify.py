"""`stackproof verify`: the stack oracle by itself, on any code.

Claim: nothing that is verified is executed or imported, and input that crashes whatever reads it is told as
such. Exit code 3 is also for a Python without an opcode table.
"""

from __future__ import annotations

import os
import sys

import click

from harness.cli_common import HARNESS_FAILED, emit_json, make_console

LISTED = 10
"""Rejected code objects that are listed: whoever has more wants to see the first ones."""


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--list", "whole", is_flag=True, help="The whole listing of everything, accepted code too.")
@click.option("--json", "machine", is_flag=True, help="One JSON object a line on stdout.")
def verify(paths: tuple[str, ...], whole: bool, machine: bool) -> None:
    """Verify compiled code without running it.

    PATH is a .py or .pyc file, a directory (every .py below it), a module's name, or - for marshalled code on
    stdin. What is rejected is listed, with the abstract stack before each instruction.

    A file below a directory that cannot be compiled is counted, and changes no exit code.
    """
    from harness.report.verify import print_code, print_problem, print_verdict
    from oracles.stack import UnsupportedPython
    from oracles.stack.__main__ import Tally, code_line, problem_line, verify_all
    from oracles.stack.opcodes import table
    from oracles.stack.sources import SourceError, find

    try:
        table()
    except UnsupportedPython as missing:
        click.echo(f"Error: {missing}", err=True)
        sys.exit(HARNESS_FAILED)
    try:
        inputs = find(paths, sys.stdin.buffer)
    except SourceError as error:
        raise click.ClickException(str(error)) from None
    console = make_console(machine)
    tally = Tally()
    listed = hidden = 0
    for result in verify_all(inputs, len(os.sched_getaffinity(0)), "all" if whole else "rejected"):
        tally.add(result)
        if result.problem is not None:
            if machine:
                emit_json(problem_line(result.problem))
            else:
                print_problem(console, result.problem)
        for code in result.codes:
            if machine:
                emit_json(code_line(result, code))
            elif whole or listed < LISTED:
                listed += 1
                print_code(console, result, code, whole)
            else:
                hidden += 1
    if machine:
        emit_json(tally.data())
    else:
        print_verdict(console, tally, hidden)
    sys.exit(tally.exit_code)
