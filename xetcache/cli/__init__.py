"""The command `xetcache`: reads words, calls one function, prints; decides nothing.

    xetcache explain [FUNCTION]     why the last call missed, or where its value came from
    xetcache ls                     what is kept
    xetcache show ENTRY             one entry, with what it depends on
    xetcache clear [FUNCTION]       remove what is kept
    xetcache accept [FUNCTION]      declare the last edit harmless: what was kept serves on

Exit status: 0 done · 1 with `--exit-code`: not a hit · 2 wrong usage · 4 no such thing ·
6 the store is out of reach.
"""

from __future__ import annotations

import argparse
import sys

from ..errors import StoreError, XetcacheError


def main(argv: list[str] | None = None) -> int:
    """Run one subcommand; answers to standard output, errors to standard error."""
    from . import commands  # noqa: PLC0415 - `--help` needs none of what they import

    parser = build_parser()
    args = parser.parse_args(argv)
    if args.command is None:
        parser.print_help()
        return 2
    try:
        return getattr(commands, args.command)(args)
    except StoreError as error:
        print(f"xetcache: {error} ({error.slug})", file=sys.stderr)
        return 6
    except XetcacheError as error:
        print(f"xetcache: {error} ({error.slug})", file=sys.stderr)
        return 2
    except BrokenPipeError:
        # Whoever read our output has seen enough.
        sys.stderr.close()
        return 0


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    parser = argparse.ArgumentParser(
        prog="xetcache", description="What is kept, and why a call was computed again."
    )
    parser.add_argument(
        "--store", metavar="FOLDER", help="the store, instead of the one in use here"
    )
    parser.set_defaults(command=None)
    commands = parser.add_subparsers(metavar="COMMAND")

    explain = commands.add_parser(
        "explain", help="say why a call missed, or where its value came from"
    )
    explain.add_argument(
        "function", nargs="?", help="consider calls of this function only: `app.train`"
    )
    explain.add_argument(
        "--last", action="store_true", help="the newest miss of the newest run (the default)"
    )
    explain.add_argument("--json", action="store_true", help="one JSON document")
    explain.add_argument("--exit-code", action="store_true", help="exit with 1 unless it was a hit")
    explain.set_defaults(command="explain")

    ls = commands.add_parser("ls", help="list what is kept, newest first")
    ls.add_argument("function", nargs="?", help="entries of this function only")
    ls.add_argument("--json", action="store_true", help="one JSON document")
    ls.set_defaults(command="ls")

    show = commands.add_parser("show", help="show one entry, with what it depends on")
    show.add_argument("entry", help="the first letters of its name in `ls`")
    show.add_argument("--json", action="store_true", help="one JSON document")
    show.set_defaults(command="show")

    clear = commands.add_parser("clear", help="remove what is kept")
    clear.add_argument("function", nargs="?", help="entries of this function only; all without it")
    clear.add_argument("-y", "--yes", action="store_true", help="do not ask")
    clear.add_argument(
        "--dry-run", action="store_true", help="say what would be removed, and remove nothing"
    )
    clear.set_defaults(command="clear")

    accept = commands.add_parser(
        "accept", help="declare the edit harmless because of which the last calls missed"
    )
    accept.add_argument("function", nargs="?", help="edits that calls of this function met only")
    accept.add_argument("-y", "--yes", action="store_true", help="do not ask")
    instead = accept.add_mutually_exclusive_group()
    instead.add_argument("--list", action="store_true", help="show what was accepted so far")
    instead.add_argument("--undo", action="store_true", help="take back what was accepted")
    accept.set_defaults(command="accept")
    return parser
