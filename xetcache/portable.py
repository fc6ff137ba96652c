"""Second names of entries, under which another minor version of Python finds them.

    portable/ab/<portable key>-<key>-<closure>.json    says which Python made the entry

The portable key of a call is made of its arguments and of all the source that it can
reach, the key and closure of an entry of bytecode. The record leads from one to the other,
so an entry is there once. Several Pythons may have one each.

Asked only where `python = "ignore"`, and after the names of this Python.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Final

import tracer

from .call import Options
from .codecs import Buffer
from .config import Settings
from .entry import Header
from .key import FORMAT as KEY_FORMAT
from .key import Key, entry_name
from .stores import Store

FORMAT: Final = 1
"""Number of what enters a portable key, beside what enters any key."""

IGNORE: Final = "ignore"


def is_wanted(options: Options, now: Settings) -> bool:
    """Tell whether a call may be served what another version of Python computed."""
    return (options.python or now.python) == IGNORE


def may_serve(header: Header, options: Options, now: Settings) -> bool:
    """Tell whether an entry was made by this Python, or by one that does not matter."""
    return not is_of_another(header) or is_wanted(options, now)


def is_of_another(header: Header) -> bool:
    """Tell whether another version of Python made an entry."""
    return header.python not in {tracer.PYTHON, ""}


def key_of(key: Key) -> str:
    """Return the portable key of a call; nothing where it has none.

    Cost: the code is walked again, and its source is read, parsed and compiled.
    """
    try:
        graph = key.trace.portable()
    except tracer.TracerError:  # it could be traced before, so it has changed since
        return ""
    if graph is None:
        return ""
    formats = b"%d %d" % (FORMAT, KEY_FORMAT)
    return str(tracer.digest_of("portable key", formats, graph, *key.others))


def record(store: Store, portable: str, header: Header, payload: Iterable[Buffer]) -> None:
    """Give an entry its second name.

    Not where its value holds code: `cloudpickle` writes bytecode, which means something
    else to another Python, or nothing. Views among the buffers are elements of arrays.

    Raises:
        StoreError: the store cannot be written.
    """
    pickles = [part for part in payload if isinstance(part, bytes)]
    if header.codec.startswith("pickle") and any(_BY_VALUE in part for part in pickles):
        return
    name = f"{_prefix(portable)}{header.key}-{header.closure}.json"
    text = json.dumps({"format": FORMAT, "python": header.python}, sort_keys=True)
    store.write(name, text.encode())


def names(store: Store, portable: str) -> Iterator[str]:
    """Yield names of entries that other Pythons may have made for a call; see `entry_name`.

    Raises:
        StoreError: the store cannot be read.
    """
    for name in store.names(_prefix(portable)):
        match name.rpartition("/")[2].removesuffix(".json").split("-"):
            case _, key, closure:
                yield entry_name(key, closure)
            case _:
                pass  # not ours


def _prefix(portable: str) -> str:
    return f"portable/{portable[:2]}/{portable}-"


_BY_VALUE: Final = b"cloudpickle"
"""The module whose functions such a pickle calls."""
