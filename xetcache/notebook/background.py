"""What a cell has started and left running: threads and tasks with code of the notebook.

A hit starts nothing, so such a cell is not kept. Threads that wait for work, or that are a
library's own, are no work of the cell.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any

_Work = frozenset[int]


def running() -> _Work:
    """Return identities of the threads and tasks that there are."""
    return frozenset(map(id, (*threading.enumerate(), *_tasks())))


def left_running(before: _Work, namespace: dict[str, object]) -> str:
    """Say what runs code of the notebook that did not run before; nothing if none does."""
    for thread in threading.enumerate():
        frame = sys._current_frames().get(thread.ident or 0)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
        if id(thread) not in before and _is_of(frame, namespace):
            return f"the thread `{thread.name}`"
    for task in _tasks():
        coroutine: Any = task.get_coro()
        frame = getattr(coroutine, "cr_frame", None)
        if id(task) not in before and not task.done() and _is_of(frame, namespace):
            return f"the task `{coroutine.__qualname__}`"
    return ""


def _tasks() -> set[asyncio.Task[Any]]:
    try:
        return asyncio.all_tasks()
    except RuntimeError:  # there is no loop, and so no task
        return set()


def _is_of(frame: FrameType | None, namespace: dict[str, object]) -> bool:
    return any(one.f_globals is namespace for one in _stack(frame))


def _stack(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back
