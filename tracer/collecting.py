"""The garbage collector of Python, paused while a walk makes what it keeps.

A walk makes some hundred thousand objects and hardly any garbage. Each time a few hundred
more have been made Python looks for cycles among them, and now and then among all objects of
the program: a third of the time of a large walk. What it would find is found afterwards.
Besides, a collection runs finalizers of the program, and a walk runs none of its code.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

_MANY: Final = 500
"""Fewer new objects than make Python look for garbage."""

_OF_A_PROGRAM: Final = 1_000
"""Where so many objects are frozen, a program did it, and so they stay.

Python 3.12 freezes some 400 when it starts. A program freezes all there are: thousands.
"""

_pauses: list[None] = []
"""One for each pause under way, of whatever thread."""


@contextmanager
def collector_paused() -> Generator[None]:
    """Collect no garbage within, unless another thread ends a pause of its own meanwhile."""
    if not gc.isenabled():
        yield
        return
    _pauses.append(None)
    gc.disable()
    before = gc.get_count()[0]
    try:
        yield
    finally:
        _pauses.pop()
        is_mostly_ours = gc.get_count()[0] > max(_MANY, 3 * before)  # others may be garbage
        if is_mostly_ours and gc.get_freeze_count() < _OF_A_PROGRAM:
            # All are old now, which takes no time. The next collection would look at each
            # and make it so: a tenth of a walk, for garbage that is not there.
            gc.freeze()
            gc.unfreeze()
        gc.enable()


def _go_on_in_child() -> None:
    """Collect in a process that was forked while a thread, which it has not got, paused."""
    if _pauses:
        _pauses.clear()
        gc.enable()


if hasattr(os, "register_at_fork"):  # not on Windows, which does not fork
    os.register_at_fork(after_in_child=_go_on_in_child)
