"""Functions that run and are hard to find: what a static graph may miss.

One small program a cause. Where it has a reason why, it is a known fault of the walk: the
function named `hidden` could be edited, and its graph would be the same. Since Python 3.12
who observes the call is told that `hidden` ran, and keeps nothing; before, an old result
would be served. What is seen, in many more ways, is in `test_executed.py`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from tests.conftest import Project
from tests.tracer.executed import Comparison


@dataclass(frozen=True)
class Hidden:
    """A program whose `run` runs `hidden`, which is hard to find."""

    id: str
    source: str
    why: str = ""
    """Why it is not in its graph; empty where it is, or the graph is refused."""
    untold: str = ""
    """Why who observes the call is not told of it either, since 3.12; empty where it is."""
    files: dict[str, str] = field(default_factory=dict)
    since: tuple[int, int] = (3, 11)
    """The first minor version of Python that has the feature."""


STANDARD_LIBRARY_CALLS = (
    "the standard library calls a method by a name that only it spells, which is not among "
    "`meanings.PROTOCOL_NAMES`"
)
REGISTERED = "what the program registered with a library is in no variable of the program"
PATCHED = "what a library reaches in itself is not looked at, though the program replaced it"
LOGGERS = "what reports, such as a handler of a logger, is taken to make no difference"

PROGRAMS = [
    # Modules that the call imports.
    Hidden(
        id="parent-of-imported",
        source="""
            def run():
                import pack.sub
                return pack.RATE
        """,
        files={
            "pack/__init__.py": """
                def hidden():
                    return 2
                RATE = hidden()
            """,
            "pack/sub.py": "",
        },
    ),
    Hidden(
        id="submodule-from-package",
        source="""
            def run():
                from pack import sub
                return sub.hidden()
        """,
        files={
            "pack/__init__.py": "",
            "pack/sub.py": """
                def hidden():
                    return 1
            """,
        },
    ),
    Hidden(
        id="relative-submodule",
        source="""
            def run():
                from pack import answer
                return answer()
        """,
        files={
            "pack/__init__.py": "from .sub import answer\n",
            "pack/sub.py": """
                from . import deep
                def answer():
                    return deep.hidden()
            """,
            "pack/deep.py": """
                def hidden():
                    return 1
            """,
        },
    ),
    Hidden(
        id="star-in-source",
        source="""
            import other
            def run():
                import late
                return late.answer()
        """,
        files={
            "other.py": """
                def hidden():
                    return 1
            """,
            "late.py": """
                from other import *
                def answer():
                    return hidden()
            """,
        },
    ),
    Hidden(
        id="computed-name-in-source",
        source="""
            import other
            def run():
                import late
                return late.answer(other.Holder(), "hid")
        """,
        files={
            "other.py": """
                class Holder:
                    def hidden(self):
                        return 1
            """,
            "late.py": """
                def answer(holder, start):
                    return getattr(holder, start + "den")()
            """,
        },
    ),
    Hidden(
        id="path-extended-by-call",
        why="a module is looked for where `sys.path` leads before the call, not in it",
        source="""
            import sys
            def run():
                sys.path.insert(0, "more")
                import late
                return late.hidden()
        """,
        files={
            "more/late.py": """
                def hidden():
                    return 1
            """,
        },
    ),
    Hidden(
        id="run-module",
        source="""
            import runpy
            def run():
                return runpy.run_module("late")["RATE"]
        """,
        files={
            "late.py": """
                def hidden():
                    return 1
                RATE = hidden()
            """,
        },
    ),
    Hidden(
        id="lazy-loader",
        why="a module that `LazyLoader` has still to run has no names, only a class that runs it",
        source="""
            import importlib.util
            import sys
            spec = importlib.util.find_spec("late")
            loader = spec.loader = importlib.util.LazyLoader(spec.loader)
            late = sys.modules["late"] = importlib.util.module_from_spec(spec)
            loader.exec_module(late)
            def run():
                return late.hidden()
        """,
        files={
            "late.py": """
                def hidden():
                    return 1
            """,
        },
    ),
    Hidden(
        id="import-in-executed-text",
        why="text for `exec` widens what is global here; what it imports is not looked at",
        source="""
            def run():
                space = {}
                exec("import other; rate = other.hidden()", space)
                return space["rate"]
        """,
        files={
            "other.py": """
                def hidden():
                    return 1
            """,
        },
    ),
    Hidden(
        id="finder-in-meta-path",
        why=REGISTERED,
        source="""
            import sys
            def hidden(name):
                return None
            class Finder:
                def find_spec(self, name, path=None, target=None):
                    return hidden(name)
            sys.meta_path.insert(0, Finder())
            def run():
                try:
                    import not_there
                except ImportError:
                    return 1
        """,
    ),
    # Attributes and values of the program itself.
    Hidden(
        id="module-of-another-class",
        source="""
            import other
            def run():
                return other.rate
        """,
        files={
            "other.py": """
                import sys
                import types
                def hidden():
                    return 1
                class Other(types.ModuleType):
                    @property
                    def rate(self):
                        return hidden()
                sys.modules[__name__].__class__ = Other
            """,
        },
    ),
    Hidden(
        id="value-under-a-cached-property",
        why="what an instance has under the name of a `cached_property` counts as its answer",
        source="""
            import functools
            class Model:
                @functools.cached_property
                def loss(self):
                    return abs
            def hidden():
                return 1
            model = Model()
            model.loss = hidden
            def run():
                return model.loss()
        """,
    ),
    Hidden(
        id="computed-format",
        source="""
            class Row:
                @property
                def hidden(self):
                    return 1
            def run(name="hid"):
                return "{0.%sden}".replace("%s", name).format(Row())
        """,
    ),
    Hidden(
        id="subclasses-of-a-library-class",
        why="`__subclasses__` is followed for classes of the program only",
        source="""
            class Wrong(LookupError):
                def hidden(self):
                    return 1
            def run():
                found = [one for one in LookupError.__subclasses__() if one.__name__ == "Wrong"]
                return found[0]().hidden()
        """,
    ),
    Hidden(
        id="subclasses-by-type",
        why="`type.__subclasses__` that is held as a value is not known to find classes",
        source="""
            subclasses = type.__subclasses__
            class Base:
                pass
            class Found(Base):
                def hidden(self):
                    return 1
            def run():
                return [one().hidden() for one in subclasses(Base)]
        """,
    ),
    Hidden(
        id="lazy-type-alias",
        source="""
            def hidden():
                return int
            type Alias = hidden()
            def run():
                return Alias.__value__
        """,
        since=(3, 12),
    ),
    Hidden(
        id="thread-local",
        source="""
            import threading
            local = threading.local()
            def hidden():
                return 1
            local.act = hidden
            def run():
                return local.act()
        """,
    ),
    Hidden(
        id="answer-from-an-older-state",
        why="what a cache keeps is never looked at, though what it was computed from is gone",
        source="""
            import functools
            def hidden():
                return 1
            ACT = hidden
            @functools.cache
            def chosen():
                return ACT
            chosen()
            ACT = int
            def run():
                return chosen()()
        """,
    ),
    Hidden(
        id="name-in-a-pickle",
        why="bytes that `pickle.loads` is given name modules and functions, as text may",
        source="""
            import other
            import pickle
            def run():
                return pickle.loads(b"cother\\nhidden\\n(tR.")
        """,
        files={
            "other.py": """
                def hidden():
                    return 1
            """,
        },
    ),
    Hidden(
        id="weak-callback",
        why="who waits for the end of an object that is reached is not looked at",
        source="""
            import weakref
            class Row:
                pass
            def hidden(reference):
                SEEN.append(1)
            SEEN = []
            ROWS = [Row()]
            reference = weakref.ref(ROWS[0], hidden)
            def run():
                ROWS.clear()
                return 1
        """,
    ),
    Hidden(
        id="finalizer",
        why="as above, kept by `weakref` itself",
        source="""
            import weakref
            class Row:
                pass
            def hidden():
                SEEN.append(1)
            SEEN = []
            ROWS = [Row()]
            weakref.finalize(ROWS[0], hidden)
            def run():
                ROWS.clear()
                return 1
        """,
    ),
    # Names that only the standard library spells.
    Hidden(
        id="aclosing",
        why=STANDARD_LIBRARY_CALLS,
        source="""
            import asyncio
            import contextlib
            def hidden():
                return 1
            class Source:
                async def aclose(self):
                    hidden()
            async def main():
                async with contextlib.aclosing(Source()):
                    return 1
            def run():
                return asyncio.run(main())
        """,
    ),
    Hidden(
        id="logging-filter",
        why=STANDARD_LIBRARY_CALLS,
        untold=LOGGERS,
        source="""
            import logging
            def hidden(record):
                return False
            class Quiet:
                def filter(self, record):
                    return hidden(record)
            def run():
                logger = logging.getLogger("quiet")
                logger.addFilter(Quiet())
                logger.error("nothing")
                return 1
        """,
    ),
    Hidden(
        id="raw-file",
        why=STANDARD_LIBRARY_CALLS,
        source="""
            import io
            def hidden():
                return True
            class Raw:
                closed = False
                def readable(self):
                    return hidden()
                def writable(self):
                    return False
                def seekable(self):
                    return False
                def read1(self, size):
                    return b""
                def read(self, size=-1):
                    return b""
                def flush(self):
                    pass
                def close(self):
                    pass
            def run():
                return io.TextIOWrapper(Raw()).read()
        """,
    ),
    Hidden(
        id="exact-ratio",
        why=STANDARD_LIBRARY_CALLS,
        source="""
            import statistics
            def hidden():
                return 1, 2
            class Share(int):
                def as_integer_ratio(self):
                    return hidden()
            def run():
                return str(statistics.mean([Share(1), Share(2)]))
        """,
    ),
    Hidden(
        id="protocol-of-a-transport",
        why=STANDARD_LIBRARY_CALLS,
        source="""
            import asyncio
            import os
            def hidden():
                return None
            class Protocol:
                def connection_made(self, transport):
                    hidden()
                    transport.close()
                def connection_lost(self, error):
                    pass
            async def main():
                reading, writing = os.pipe()
                file = os.fdopen(writing, "wb")
                await asyncio.get_running_loop().connect_write_pipe(Protocol, file)
                await asyncio.sleep(0.01)
                os.close(reading)
                return 1
            def run():
                return asyncio.run(main())
        """,
    ),
    Hidden(
        id="loader-of-a-module",
        why=STANDARD_LIBRARY_CALLS,
        source="""
            import importlib.util
            def hidden():
                return None
            class Loader:
                def create_module(self, spec):
                    return hidden()
                def exec_module(self, module):
                    pass
            def run():
                spec = importlib.util.spec_from_loader("made", Loader())
                return importlib.util.module_from_spec(spec).__name__
        """,
    ),
    Hidden(
        id="part-of-an-exception-group",
        why=STANDARD_LIBRARY_CALLS,
        source="""
            def hidden(parts):
                return Group("part", parts)
            class Group(ExceptionGroup):
                def derive(self, parts):
                    return hidden(parts)
            def run():
                try:
                    raise Group("all", [ValueError(1), TypeError(2)])
                except* ValueError:
                    pass
                except* TypeError:
                    pass
                return 1
        """,
    ),
    Hidden(
        id="handler-by-text",
        why="`dictConfig` imports classes that text in its argument names, as `import_module` does",
        untold=LOGGERS,
        source="""
            import logging.config
            def hidden():
                return None
            class Handler(logging.Handler):
                def emit(self, record):
                    hidden()
            CONFIG = {
                "version": 1,
                "handlers": {"own": {"class": "app.Handler"}},
                "loggers": {"by text": {"handlers": ["own"], "propagate": False}},
            }
            def run():
                logging.config.dictConfig(CONFIG)
                logging.getLogger("by text").error("once")
                return 1
        """,
    ),
    # What the program put into a library.
    Hidden(
        id="copyreg",
        why=REGISTERED,
        source="""
            import copy
            import copyreg
            class Row:
                pass
            def hidden(row):
                return Row, ()
            copyreg.pickle(Row, hidden)
            def run():
                return type(copy.copy(Row())).__name__
        """,
    ),
    Hidden(
        id="codec",
        why=REGISTERED,
        source="""
            import codecs
            def hidden(text, errors="strict"):
                return b"encoded", len(text)
            def search(name):
                return codecs.CodecInfo(hidden, None, name=name) if name == "own" else None
            codecs.register(search)
            def run():
                return "text".encode("own")
        """,
    ),
    Hidden(
        id="codec-errors",
        why=REGISTERED,
        source="""
            import codecs
            def hidden(error):
                return "?", error.end
            codecs.register_error("own", hidden)
            def run():
                return "\\xe9".encode("ascii", "own")
        """,
    ),
    Hidden(
        id="database-adapter",
        why=REGISTERED,
        source="""
            import sqlite3
            class Row:
                pass
            def hidden(row):
                return 3
            sqlite3.register_adapter(Row, hidden)
            def run():
                return sqlite3.connect(":memory:").execute("select ?", (Row(),)).fetchone()
        """,
    ),
    Hidden(
        id="handler-of-a-logger",
        why=REGISTERED,
        untold=LOGGERS,
        source="""
            import logging
            def hidden():
                return None
            class Handler(logging.Handler):
                def emit(self, record):
                    hidden()
            logging.getLogger("own").addHandler(Handler())
            logging.getLogger("own").propagate = False
            def run():
                logging.getLogger("own").error("once")
                return 1
        """,
    ),
    Hidden(
        id="signal-handler",
        why=REGISTERED,
        source="""
            import signal
            def hidden(number, frame):
                return None
            signal.signal(signal.SIGINT, hidden)
            def run():
                signal.raise_signal(signal.SIGINT)
                return 1
        """,
    ),
    Hidden(
        id="collector-callback",
        why=REGISTERED,
        source="""
            import gc
            def hidden(phase, info):
                return None
            gc.callbacks.append(hidden)
            def run():
                gc.collect()
                return 1
        """,
    ),
    Hidden(
        id="floating-point-callback",
        why=REGISTERED,
        source="""
            import numpy
            def hidden(kind, flag):
                return None
            numpy.seterr(all="call")
            numpy.seterrcall(hidden)
            def run():
                return str(numpy.array([1.0]) / 0)
        """,
    ),
    Hidden(
        id="accessor-of-a-frame",
        why="a member of a library's class that is no function, such as a descriptor, is not seen",
        source="""
            import pandas
            @pandas.api.extensions.register_series_accessor("own")
            class Accessor:
                def __init__(self, series):
                    pass
                def hidden(self):
                    return 1
            def run():
                return pandas.Series([1]).own.hidden()
        """,
    ),
    Hidden(
        id="descriptor-in-a-library-class",
        why="as above; of the wrappers only a property's getter is looked into",
        source="""
            import fractions
            def hidden(self, value):
                return None
            fractions.Fraction.rate = property(None, hidden)
            def run():
                fractions.Fraction(1, 2).rate = 3
                return 1
        """,
    ),
    Hidden(
        id="option-of-a-library",
        why=REGISTERED,
        source="""
            import pandas
            def hidden(number):
                return "number"
            pandas.set_option("display.float_format", hidden)
            def run():
                return str(pandas.Series([1.5]))
        """,
    ),
    Hidden(
        id="patched-method-behind-a-function",
        why=PATCHED,
        source="""
            import textwrap
            def hidden(self, text):
                return text
            textwrap.TextWrapper.fill = hidden
            def run():
                return textwrap.fill("a b")
        """,
    ),
    Hidden(
        id="patched-class-behind-a-function",
        why=PATCHED,
        source="""
            import textwrap
            class Wrapper(textwrap.TextWrapper):
                def fill(self, text):
                    return hidden(text)
            def hidden(text):
                return text
            textwrap.TextWrapper = Wrapper
            def run():
                return textwrap.fill("a b")
        """,
    ),
]


def case(program: Hidden) -> object:
    marks = [
        pytest.mark.skipif(
            sys.version_info < program.since, reason=f"for Python {program.since} and later"
        )
    ]
    if program.why and (sys.version_info < (3, 12) or program.untold):
        # The rest of the test may not fail: only that something is missing unreported.
        marks.append(pytest.mark.xfail(strict=True, raises=AssertionError, reason=program.why))
    return pytest.param(program, id=program.id, marks=marks)


@pytest.mark.parametrize("program", [case(program) for program in PROGRAMS])
def test_what_runs_is_in_the_graph_or_reported(
    program: Hidden, project: Project, what_ran: Callable[..., list[Comparison]]
) -> None:
    """A function that a call runs is in the graph, or refused, or told to who observes."""
    for name, text in {"app.py": program.source, **program.files}.items():
        project.write(name, text)

    (only,) = what_ran(rounds=1)

    if not any("hidden" in one for one in only.executed):
        pytest.fail(f"`hidden` did not run, only {only.executed}")
    assert only.holes == () or only.refused or only.told
