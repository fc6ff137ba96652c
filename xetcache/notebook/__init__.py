"""`%%xetmemo`: cells whose results are kept.

    magic.py       the line: `%%xetmemo input=a,b output=c key=k always=True`
    hooks.py       where IPython lets us in: line and AST transform, before and after a cell
    cell.py        one cell, from its look-up to its line
    plan.py        what a cell is: its names, its outputs, its code
    inference.py   which names it reads and binds; scopes.py asks the compiler
    natives.py     its statements that run again when it is served
    obstacles.py   what it does that no store can give back
    serving.py     the statements that stand in for it when it is served
    results.py     what to keep of a run, or why not
    changes.py     what the run changed of what the cell depends on
    aliases.py     which names share an object with a result
    background.py  threads and tasks that it has left running
    world.py       state of the process that it may change in passing: kept, and set again
    recording.py   what it shows, noted as it passes through, and shown again
    outputs.py     the same as data, and what of it is seen in the end
    session.py     what became of the cells so far, and what the user asked for
    commands.py    `%xetcache …`: to see that, and what is kept
    line.py        the one muted line under it

A memoized cell is run by IPython itself, like any other: only its statements are
replaced where its results are kept. So errors stop a run of all cells, `await` works at
top level, and `In`, `Out` and `_` are right. The only package that imports IPython.
"""

from __future__ import annotations

from typing import Any


def load(shell: Any) -> None:
    """Make `%%xetmemo` known to an IPython shell, once."""
    from .hooks import install  # noqa: PLC0415 - with the first shell that asks for it

    install(shell)


def unload(shell: Any) -> None:
    """Take everything back that `load` did."""
    from .hooks import remove  # noqa: PLC0415 - as above

    remove(shell)
