"""Observation goes on as ever after it was interrupted, wherever that was."""

from __future__ import annotations

import os
import sys
from types import FrameType
from typing import Any

import tracer
from tracer import started, untouched, watching
from tracer.untouched import MONITORING
from tracer.walker import walk


def helper(x: int) -> int:
    return x + 1


def work(x: int) -> int:
    return helper(x)


FILES = {started.__file__, untouched.__file__}


class Interrupt:
    """Raises as Ctrl-C does, at one of the lines of these files that run in the block."""

    def __init__(self, line: int) -> None:
        self.left = line

    def __enter__(self) -> None:
        self.before = sys.gettrace()
        sys.settrace(self._enter)

    def __exit__(self, *_: object) -> None:
        sys.settrace(self.before)

    def _enter(self, frame: FrameType, _event: str, _: object) -> Any:
        code = frame.f_code
        # What a collector calls is interrupted for nobody: that is shown, and no more.
        is_ours = code.co_filename in FILES and code.co_name != "_gone"
        return self._line if is_ours else None

    def _line(self, _frame: FrameType, event: str, _: object) -> Any:
        self.left -= event == "line"
        if self.left == 0:
            raise KeyboardInterrupt
        return self._line


def is_interrupted(line: int) -> bool:
    graph = walk(work).graph
    try:
        with Interrupt(line):
            observation = tracer.observe(graph)
            observation.stop()
    except KeyboardInterrupt:
        return True
    return False


def test_whoever_observes_next_sees_what_runs() -> None:
    """Else a function that ran would not count, and what was kept would be served for ever."""
    original, others, graph = os.stat, watching.listeners(), walk(work).graph
    line = 1
    while is_interrupted(line):
        for _ in range(2):
            with tracer.observe(graph) as observation:
                work(1)
            # Not `observation.ran`: processes of other tests may be there still.
            expected = observation.started
            assert expected is not None
            assert expected.is_asked or MONITORING is None
            if expected.is_asked:
                assert {id(work.__code__), id(helper.__code__)} <= expected.ran
        assert watching.listeners() == others
        assert os.stat is original or others
        if MONITORING is not None and not others and MONITORING.get_tool(4) is not None:
            assert untouched.is_watching()
            assert MONITORING.get_events(4) == 0
        line += 1
    assert line > (5 if MONITORING is None else 20)
