"""What a user says that a function depends on, beyond what is seen: `depends_on=[…]`.

    "model.bin", Path("data")   a file, or a folder with everything in it
    env("MODE")                 an environment variable
    package("scikit-learn")     an installed distribution, by version
    anything else               a function, class or value, as if the function named it

What is outside the program becomes a fact of each entry; the rest joins the dependency
graph.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any, NamedTuple, cast

from .errors import OptionError


class Outside(NamedTuple):
    """Something outside the program: its kind, as facts have it, and its name."""

    kind: str
    name: str

    def __str__(self) -> str:
        return self.name if self.kind == "tree" else f"{self.kind}({self.name!r})"


def env(name: str) -> Outside:
    """Name an environment variable, for `depends_on=`."""
    return Outside("env", name)


def package(name: str) -> Outside:
    """Name an installed distribution, for `depends_on=`: its version counts."""
    return Outside("package", name)


class Declared:
    """What `depends_on=` names, by what becomes of it."""

    # Equal to nothing but itself: what it holds is not to be asked.
    __slots__ = ("objects", "outside")

    def __init__(
        self,
        outside: tuple[Outside, ...] = (),
        objects: tuple[tuple[str, object], ...] = (),
    ) -> None:
        self.outside = outside
        self.objects = objects
        """Functions, classes and values, each under what explanations call it."""


NOTHING = Declared()


def declared(given: object) -> Declared:
    """Sort what was given as `depends_on=`: one thing, or several in a list.

    Raises:
        OptionError: it is a set, whose order would change from run to run.
    """
    if given is None:
        return NOTHING
    if isinstance(given, set | frozenset):
        raise OptionError("xetmemo: depends_on= takes a list, not a set")
    things: Iterable[Any] = (given,)
    if isinstance(given, list | tuple) and not isinstance(given, Outside):
        things = cast("Iterable[Any]", given)
    outside: list[Outside] = []
    objects: list[tuple[str, object]] = []
    for number, thing in enumerate(things):
        if isinstance(thing, Outside):
            outside.append(thing)
        elif isinstance(thing, str | os.PathLike):
            outside.append(Outside("tree", os.fspath(cast("os.PathLike[str]", thing))))
        else:
            objects.append((f"depends_on[{number}]", thing))
    return Declared(tuple(outside), tuple(objects))
