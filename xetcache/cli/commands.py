"""What each subcommand does: one function each, named as the command."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, Final

from .. import acceptance, edits, engine, journal, records
from ..comparison import SCHEMA, explain_last
from ..config import settings
from ..entry import Header
from ..explanation import age_text, seconds_text, size_text
from ..past import headers, is_of
from ..stores import LocalStore
from ..version import __version__


def explain(args: Namespace) -> int:
    """Say why a call missed, or where its value came from."""
    store = _store(args)
    found = explain_last(store, args.function)
    if args.json:
        explanations = [] if found is None else [found.to_dict()]
        document = {"schema": SCHEMA, "xetcache": __version__, "store": store.path}
        print(json.dumps({**document, "explanations": explanations}))
    elif found is None:
        what = f"no call of {args.function}" if args.function else "no call"
        print(f"xetcache: {what} was recorded in {store.path}", file=sys.stderr)
    else:
        print(_for_terminal(str(found)))
    if found is None:
        return 4
    return 1 if args.exit_code and not found.is_hit else 0


def ls(args: Namespace) -> int:
    """List what is kept, newest first."""
    found = sorted(_entries(_store(args), args.function), key=lambda one: one.created, reverse=True)
    if args.json:
        print(json.dumps({"schema": SCHEMA, "entries": [_plain(header) for header in found]}))
        return 0
    if not found:
        print("nothing is kept", file=sys.stderr)
        return 0
    _table(("entry", "function", "computed", "took", "size", "label"), [_row(one) for one in found])
    return 0


def show(args: Namespace) -> int:
    """Show one entry, with what it depends on."""
    store = _store(args)
    found = [one for one in headers(store) if _name(one).startswith(args.entry)]
    if not found:
        print(f"xetcache: no entry begins with {args.entry!r}", file=sys.stderr)
        return 4
    if len(found) > 1:
        print(f"xetcache: {len(found)} entries begin with {args.entry!r}", file=sys.stderr)
        return 2
    header = found[0]
    graph = records.load_graph(store, header.graph)
    if args.json:
        depends = [
            {
                "path": path,
                "kind": node.kind,
                "digest": str(node.digest),
                "preview": node.preview,
                "at": node.where,
            }
            for path, node in (graph.paths() if graph else ())
        ]
        print(json.dumps({"schema": SCHEMA, "entry": _plain(header), "depends_on": depends}))
        return 0
    computed = f"computed {age_text(header.created)} by {header.by}"
    print(f"{header.function}   {computed}, {seconds_text(header.seconds)}")
    made_with = f"{header.python}, xetcache {header.version}"
    print(f"  {made_with}, {size_text(header.size)} as {header.codec}")
    if header.label:
        print(f"  key={header.label}")
    for leaf in header.arguments:
        print(f"  argument   {leaf.path} = {leaf.preview}")
    for path, node in graph.paths() if graph else ():
        steps = [step for step in path if step]
        shown = node.preview or node.where or ""
        print(_for_terminal(f"  {node.kind:<10} {' → '.join(steps)}   {shown}"))
    return 0


def clear(args: Namespace) -> int:
    """Remove what is kept."""
    store = _store(args)
    found = list(_entries(store, args.function))
    size = size_text(sum(one.size for one in found))
    what = f"{len(found)} entr{'y' if len(found) == 1 else 'ies'} ({size}) in {store.path}"
    if args.dry_run or not found:
        print(f"would remove {what}")
        return 0
    if not args.yes and not _agreed(f"remove {what}?"):
        return 2
    for one in found:
        store.delete(_name_in_store(one))
    command = "xetcache clear" + (f" {args.function}" if args.function else "")
    journal.bury(store, "cleared", command, [_plain(one) for one in found])
    print(f"removed {what}")
    return 0


def accept(args: Namespace) -> int:
    """Declare edits harmless, list what was declared so, or take it back."""
    store = _store(args)
    if args.list or args.undo:
        return _accepted(store, args)
    found = edits.of_last_run(store, args.function)
    if not found:
        what = f" of {args.function}" if args.function else ""
        print(
            f"xetcache: no call{what} missed because of an edit in the newest run with misses",
            file=sys.stderr,
        )
        return 4
    accepted = 0
    for edit in found:
        print(_for_terminal(f"{edit.explanation}\n"))
        if args.yes or _agreed("no result changes by this; serve what was kept before it?"):
            acceptance.record(store, edit.acceptance)
            accepted += 1
    if accepted:
        print(f"accepted {_counted(accepted, 'edit')}; `xetcache accept --undo` takes it back")
    return 0 if accepted else 2


def _accepted(store: LocalStore, args: Namespace) -> int:
    found = [
        one
        for one in acceptance.all_in(store)
        if one.kind == "edit" and is_of(one.function, args.function)
    ]
    for one in sorted(found, key=lambda one: one.created):
        print(_for_terminal(f"{one.function}   accepted {age_text(one.created)} by {one.by}"))
        for change in one.changes:
            print(_for_terminal(f"  {change}"))
    if args.undo and found:
        if not args.yes and not _agreed(f"take back {_counted(len(found), 'edit')}?"):
            return 2
        for one in found:
            edits.withdraw(store, one)
        print(f"taken back: {_counted(len(found), 'edit')}")
    if not found:
        print("nothing was accepted", file=sys.stderr)
    return 0


# -- pieces ---------------------------------------------------------------------------


def _store(args: Namespace) -> LocalStore:
    return LocalStore(args.store or settings().memo_path)


def _entries(store: LocalStore, function: str | None) -> Iterator[Header]:
    return (one for one in headers(store) if is_of(one.function, function))


def _name(header: Header) -> str:
    return f"{header.key}-{header.closure}"


def _short(header: Header) -> str:
    # Eight digits for the key and four for the code: enough to type, rarely the same.
    return header.key[:8]


def _name_in_store(header: Header) -> str:
    return engine.name_of(header)


def _plain(header: Header) -> dict[str, Any]:
    return {**asdict(header), "arguments": [list(leaf) for leaf in header.arguments]}


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _agreed(question: str) -> bool:
    if not sys.stdin.isatty():
        print(f"xetcache: {question} Say so with --yes", file=sys.stderr)
        return False
    return input(f"{question} [y/N] ").strip().lower() in {"y", "yes"}


def _row(header: Header) -> tuple[str, ...]:
    return (
        _short(header),
        header.function,
        age_text(header.created),
        seconds_text(header.seconds),
        size_text(header.size),
        header.label or "",
    )


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    widths = [max(len(row[index]) for row in (head, *rows)) for index in range(len(head))]
    for row in (head, *rows):
        print(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        )


_PLAIN_SIGNS: Final = {
    "✗": "x",
    "✓": "+",
    "○": "o",
    "→": "->",
    "·": "-",
    "…": "...",
    "«": '"',
    "»": '"',
}


def _for_terminal(text: str) -> str:
    """Replace signs that the terminal cannot show."""
    encoding = sys.stdout.encoding or "ascii"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        for sign, plain in _PLAIN_SIGNS.items():
            text = text.replace(sign, plain)
        text = text.encode(encoding, "replace").decode(encoding)
    return text
