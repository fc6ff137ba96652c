"""Imports inside a function, and what it reads from the modules it imports.

`import importlib` in a function makes a local variable. Where that is bound nowhere
else and used for its attributes alone, what is read is known like a global name path.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import CodeType
from typing import NamedTuple, cast

from . import pyversion as py
from .instructions import VARIABLE_LOADS, Unit, attributes_after, constant_of
from .kinds import global_of


class Import(NamedTuple):
    """An `import` statement that is run by the code itself."""

    module: str
    level: int
    names: tuple[str, ...]
    reads: tuple[tuple[str, ...], ...] | None
    """Name paths read from it, the first part `import <module>`; None where not known."""


def absolute_name(module: str, level: int, namespace: Mapping[str, object]) -> str:
    """Return the full name of a module that code in `namespace` imports relatively."""
    if level == 0:
        return module
    package = global_of(namespace, "__package__")
    if not isinstance(package, str):
        name = str(global_of(namespace, "__name__", ""))
        package = name if "__path__" in namespace else name.rpartition(".")[0]
    for _ in range(level - 1):
        package = package.rpartition(".")[0]
    return f"{package}.{module}" if module else package


Reads = Mapping[int, tuple[tuple[str, ...], ...]]
"""Index of an `IMPORT_NAME` → the paths read from what it binds, where they are known."""


def import_at(code: CodeType, units: Sequence[Unit], index: int, reads: Reads) -> Import:
    """Return the statement whose `IMPORT_NAME` is at `index`."""
    module = name_of_import(code, units[index])
    level, names = _asked(code, units, index)
    return Import(module, level, names, reads.get(index))


def name_of_import(code: CodeType, unit: Unit) -> str:
    """Return the name of the module that an instruction imports."""
    return code.co_names[unit[2] >> py.IMPORT_SHIFT]


def reads_of_imports(code: CodeType, units: list[Unit], targets: set[int]) -> Reads:
    """Return what the code reads from each module that it imports into a variable."""
    starts = [index for index, unit in enumerate(units) if unit[1] == py.IMPORT_NAME]
    if not starts:
        return {}
    found: dict[int, tuple[tuple[str, ...], ...]] = {}
    for index in starts:
        variables = _bound_by(code, units, index)
        if variables is None:
            continue
        paths: list[tuple[str, ...]] = []
        for variable, root in variables:
            read = _read_from(code, units, targets, variable, root)
            if read is None:
                break
            paths += read
        else:
            found[index] = tuple(dict.fromkeys(paths))
    return found


def read_sites(
    code: CodeType, units: list[Unit], targets: set[int], path: tuple[str, ...]
) -> Iterator[tuple[int, int]]:
    """Yield where `path`, read from an import, is loaded: first index, index after it."""
    for index in (index for index, unit in enumerate(units) if unit[1] == py.IMPORT_NAME):
        for variable, root in _bound_by(code, units, index) or ():
            if root != path[: len(root)]:
                continue
            for number, (_, op, argument, _) in enumerate(units):
                if op in VARIABLE_LOADS and argument == variable:
                    found = list(root)
                    after = attributes_after(code, units, number + 1, targets, found)
                    if tuple(found) == path:
                        yield number, after


def _asked(code: CodeType, units: Sequence[Unit], index: int) -> tuple[int, tuple[str, ...]]:
    if index >= 2:  # noqa: PLR2004
        level, names = (constant_of(code, *unit[1:3]) for unit in units[index - 2 : index])
        if level is not None and names is not None:
            return cast(int, level.value), tuple(cast("tuple[str, ...] | None", names.value) or ())
    return 0, ()


def _bound_by(
    code: CodeType, units: Sequence[Unit], index: int
) -> list[tuple[int, tuple[str, ...]]] | None:
    """Return the local variables an import binds, each with what it means."""
    level, names = _asked(code, units, index)
    module = name_of_import(code, units[index])
    root = f"import {'.' * level}{module}"
    if not names:
        _, op, argument, _ = units[index + 1]
        if op != py.STORE_FAST or level:
            return None
        return [(argument, (f"import {module.partition('.')[0]}",))]
    found: list[tuple[int, tuple[str, ...]]] = []
    for number in range(len(names)):
        place = index + 1 + 2 * number
        if units[place][1] != py.IMPORT_FROM or units[place + 1][1] != py.STORE_FAST:
            return None
        found.append((units[place + 1][2], (root, code.co_names[units[place][2]])))
    return found


def _read_from(
    code: CodeType,
    units: list[Unit],
    targets: set[int],
    variable: int,
    root: tuple[str, ...],
) -> list[tuple[str, ...]] | None:
    """Return the paths read from a variable, or None where it is used in another way."""
    arguments = code.co_argcount + code.co_kwonlyargcount
    if variable < arguments or code.co_varnames[variable] in code.co_cellvars:
        return None
    found: list[tuple[str, ...]] = []
    stores = 0
    for index, (_, op, argument, _) in enumerate(units):
        if op not in py.LOCALS or argument != variable:
            continue
        if op == py.STORE_FAST:
            stores += 1
        elif op in VARIABLE_LOADS:
            path = list(root)
            attributes_after(code, units, index + 1, targets, path)
            if len(path) == 1:
                return None
            found.append(tuple(path))
        else:
            return None
    return found if stores == 1 else None
