"""Small programs given as text, before and after an edit."""

from __future__ import annotations

import linecache
import sys
import textwrap
import warnings
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import pytest

from tracer.digests import Digest
from tracer.graph import DependencyGraph
from tracer.walker import Walked, walk


@dataclass(frozen=True)
class Edit:
    """A program, one edit of it, and the call that shows whether the edit matters."""

    id: str
    source: str
    old: str
    new: str
    modules: dict[str, str] = field(default_factory=dict)
    """Other modules of the program, by name; the edit may be in one of them."""
    call: str = "f(3)"
    needs: tuple[str, ...] = ()
    """Installed modules without which the case is skipped."""
    since: tuple[int, int] = (3, 11)
    """The first minor version of Python that can read the program."""
    until: tuple[int, int] = (3, 99)
    """The last one on which the edit matters."""
    bug: str = ""
    """Why the case fails today; empty when it does not."""
    bug_since: tuple[int, int] = (3, 11)
    """The first minor version of Python on which it fails."""


def cases(*edits: Edit) -> pytest.MarkDecorator:
    """Run a test once for each edit; those with a known bug are expected to fail."""
    parameters = []
    for edit in edits:
        if not edit.since <= sys.version_info[:2] <= edit.until:
            continue
        fails = edit.bug and sys.version_info[:2] >= edit.bug_since
        marks = [pytest.mark.xfail(strict=True, reason=edit.bug)] if fails else []
        parameters.append(pytest.param(edit, id=edit.id, marks=marks))
    return pytest.mark.parametrize("edit", parameters)


class Program:
    """Modules made from text, imported under their names until the test ends."""

    def __init__(self, sources: dict[str, str]) -> None:
        self.modules: dict[str, ModuleType] = {}
        for name in sources:
            module = ModuleType(name)
            is_package = any(other.startswith(f"{name}.") for other in sources)
            module.__file__ = f"/project/{name.replace('.', '/')}.py"
            module.__package__ = name if is_package else name.rpartition(".")[0]
            if is_package:
                module.__path__ = []
            self.modules[name] = module
        for name, module in self.modules.items():
            sys.modules[name] = module
            parent, _, last = name.rpartition(".")
            if parent:
                setattr(self.modules[parent], last, module)
        for name, source in sources.items():
            file = self.modules[name].__file__ or ""
            text = textwrap.dedent(source)
            # Where source is looked for that is in no file.
            linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
            with warnings.catch_warnings():
                # `return` in `finally`, which some program has.
                warnings.simplefilter("ignore", SyntaxWarning)
                code = compile(text, file, "exec", dont_inherit=True)
            exec(code, self.modules[name].__dict__)

    def __getitem__(self, name: str) -> Any:
        return self.modules["app"].__dict__[name]

    def walk(self, name: str = "f") -> Walked:
        """Walk the function `name` of the main module; no equal drafts make other graphs."""
        walked = walk(self[name])
        drafted = walked.drafts.digest()
        assert drafted is not None
        assert _graphs.setdefault(drafted, walked.graph.digest) == walked.graph.digest
        return walked

    def portable(self, name: str = "f") -> Digest | None:
        """Return the portable digest of the function `name`."""
        return walk(self[name], portable=True).portable

    def graph(self, name: str = "f") -> DependencyGraph:
        """Return the dependency graph of the function `name`."""
        return self.walk(name).graph

    def call(self, text: str) -> object:
        """Evaluate `text` in the main module; an exception is an outcome like any other."""
        try:
            return eval(text, self.modules["app"].__dict__)
        except Exception as error:  # noqa: BLE001 - whatever the program raises
            return (type(error).__name__, str(error))


_graphs: dict[Digest, Digest] = {}
"""Digest of drafts → digest of the graph that they made."""


@dataclass(frozen=True)
class Outcome:
    """What a program gave before and after an edit."""

    values: tuple[str, str]
    graphs: tuple[DependencyGraph, DependencyGraph]

    @property
    def matters(self) -> bool:
        return self.values[0] != self.values[1]

    @property
    def noticed(self) -> bool:
        return self.graphs[0].digest != self.graphs[1].digest
