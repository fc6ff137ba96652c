"""`%xetcache …`: what is kept of this notebook, and what would be run now.

    %xetcache                     the cells that were run, and what became of them
    %xetcache outdated            those that would run if they were run again now
    %xetcache explain [7 | name]  why a cell was run: `In[7]`, who binds `name`, or the last
    %xetcache ls                  what is kept of cells
    %xetcache clear [7 | name | all]
    %xetcache history name        what was kept of a variable
    %xetcache restore name@2      bring that back
    %xetcache graph               which cell reads what another binds, for Mermaid
    %xetcache auto [on | off | seconds]
    %xetcache quiet [on | off]

Each command returns text; nothing here decides whether a cell is served.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, Final, cast

from .. import comparison, engine, journal, past
from ..call import Options
from ..codecs import decode
from ..config import nearest, settings
from ..entry import Header, from_bytes
from ..errors import CellError, EntryDamagedError, OptionError
from ..explanation import age_text, seconds_text
from .cell import Cell
from .session import Session, Told

NAME: Final = "xetcache"


def run(shell: Any, session: Session, line: str) -> str:
    """Do what the line of the magic says; return what to show.

    Raises:
        OptionError, CellError: it cannot be done.
    """
    command, *words = line.split() or ["status"]
    if command not in _COMMANDS:
        hint = nearest(command, tuple(_COMMANDS)) or f"; it has {', '.join(_COMMANDS)}"
        raise OptionError(f"%{NAME} has no command `{command}`{hint}")
    return _COMMANDS[command](shell, session, *words[:1])


# -- what became of cells -------------------------------------------------------------


def _status(_: Any, session: Session, __: str = "") -> str:
    rows = [(f"In[{one.number}]", one.plan.name, one.text) for one in session.latest()]
    return _table(rows) or "no cell was memoized yet; write %%xetmemo above one that takes long"


def _outdated(shell: Any, session: Session, _: str = "") -> str:
    found = [one for one in session.latest() if not _would_hit(shell, session, one)]
    rows = [(f"In[{one.number}]", one.plan.name) for one in found]
    return _table(rows) or "none: every cell would be served"


def _would_hit(shell: Any, session: Session, one: Told) -> bool:
    answer = _asked(shell, session, one).answer
    return answer is not None and answer.find() is not None


def _asked(shell: Any, session: Session, one: Told) -> Cell:
    cell = Cell(shell, one.plan, session)
    cell.prepare()
    if cell.answer is not None:
        cell.answer.quiet = True
    return cell


def _explain(_: Any, session: Session, what: str = "") -> str:
    one = _cell(session, what)
    store = engine.store_of(one.plan.request.options)
    found = comparison.explain_last(store, one.plan.name)
    return f"In[{one.number}]  {one.text}\n" + ("" if found is None else str(found))


def _cell(session: Session, what: str) -> Told:
    one = session.named(what) if what else next(reversed(session.told), None)
    if one is None:
        raise CellError(f"%{NAME}: no memoized cell is {what or 'there yet'}")
    return one


def _graph(_: Any, session: Session, __: str = "") -> str:
    cells = session.latest()
    lines = [f'    c{one.number}["In[{one.number}] {one.plan.name}"]' for one in cells]
    for place, one in enumerate(cells):
        for name in sorted(one.plan.names.reads):
            makers = [other for other in cells[:place] if name in other.plan.names.bound]
            if makers:
                lines.append(f"    c{makers[-1].number} -->|{name}| c{one.number}")
    return "\n".join(("graph LR", *lines))


# -- what is kept ---------------------------------------------------------------------


def _ls(_: Any, __: Session, what: str = "") -> str:
    rows = [
        (one.key[:8], one.function, age_text(one.created), seconds_text(one.seconds))
        for one in _headers(what)
    ]
    return _table(rows) or "nothing is kept"


def _headers(name: str = "") -> list[Header]:
    """Return what is kept of cells, or of those that bind a variable, newest first."""
    found = [
        one
        for one in past.headers(_store())
        if (names := _OUTPUTS.fullmatch(one.function))
        and (not name or name in names[1].split(", "))
    ]
    return sorted(found, key=lambda one: one.created, reverse=True)


_OUTPUTS: Final = re.compile(r"cell(?:\[(.*)\])?")


def _store() -> Any:
    return engine.store_of(Options(store=settings().memo_path))


def _clear(shell: Any, session: Session, what: str = "") -> str:
    if what == "all":
        store, found = _store(), _headers()
        for one in found:
            store.delete(engine.name_of(one))
        names = [{"key": one.key, "closure": one.closure} for one in found]
        journal.bury(store, "cleared", f"%{NAME} clear all", names)
        return f"removed what was kept of {len(found)} cells"
    one = _cell(session, what)
    cell = _asked(shell, session, one)
    removed = cell.answer is not None and cell.answer.forget()
    return f"removed what was kept of In[{one.number}]" if removed else "nothing was kept"


def _history(_: Any, __: Session, name: str = "") -> str:
    if not name:
        raise OptionError(f"%{NAME} history needs the name of a variable")
    rows = [
        (f"{name}@{number}", age_text(one.created), seconds_text(one.seconds), one.function)
        for number, one in _versions(name)
    ]
    return _table(reversed(rows)) or f"nothing is kept of `{name}`"


def _versions(name: str) -> list[tuple[int, Header]]:
    """Return what is kept of a variable, oldest first, each with its number."""
    return list(enumerate(reversed(_headers(name)), start=1))


def _restore(shell: Any, _: Session, what: str = "") -> str:
    name, _at, number = what.partition("@")
    versions = dict(_versions(name))
    wanted = int(number) if number.isdigit() else max(versions, default=0)
    header = versions.get(wanted)
    if header is None:
        raise CellError(f"%{NAME} restore: there is no `{what}`; see %{NAME} history {name}")
    shell.user_ns[name] = _value_in(header, name)
    return f"restored {name}, computed {age_text(header.created)}"


def _value_in(header: Header, name: str) -> object:
    data = _store().read(engine.name_of(header))
    try:
        entry = from_bytes(data or b"")
        value: Any = decode(entry.header.codec, entry.payload)
    except EntryDamagedError as error:
        # A part of it may be an object of that time, which is there no longer.
        raise CellError(f"%{NAME} restore: `{name}` cannot be read alone: {error}") from error
    kept = cast(dict[str, Any], value[0] if isinstance(value, tuple) else value)
    if name not in kept["names"]:
        raise CellError(f"%{NAME} restore: the cell left no `{name}` then")
    return kept["names"][name]


# -- what the user asks for -----------------------------------------------------------


def _auto(_: Any, session: Session, how: str = "on") -> str:
    if how == "off":
        session.auto_seconds = None
        return "cells are kept where %%xetmemo stands above them"
    try:
        session.auto_seconds = settings().runtime_threshold if how == "on" else float(how)
    except ValueError:
        raise OptionError(f"%{NAME} auto takes on, off or seconds, not `{how}`") from None
    return f"cells that take longer than {session.auto_seconds:g} s are kept"


def _quiet(_: Any, session: Session, how: str = "on") -> str:
    if how not in {"on", "off"}:
        raise OptionError(f"%{NAME} quiet takes on or off, not `{how}`")
    session.is_quiet = how == "on"
    return ""


_COMMANDS: Final[dict[str, Callable[..., str]]] = {
    "status": _status,
    "outdated": _outdated,
    "explain": _explain,
    "ls": _ls,
    "clear": _clear,
    "history": _history,
    "restore": _restore,
    "graph": _graph,
    "auto": _auto,
    "quiet": _quiet,
}


def _table(rows: Iterable[tuple[str, ...]]) -> str:
    rows = list(rows)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    )
    return "\n".join(line.rstrip() for line in lines)
