"""Every slug has an entry in the messages page, and every entry has a slug."""

from __future__ import annotations

import re
from pathlib import Path

import tracer
from tracer import errors as tracer_errors
from xetcache import errors
from xetcache.verdict import Reason

PAGE = Path(__file__).parent.parent / "docs" / "reference" / "messages.md"


def slugs() -> set[str]:
    """Return the slugs that code can show."""
    roots = (errors.XetcacheError, tracer.TracerError)
    found = {reason.value for reason in Reason}
    for module, root in ((errors, roots[0]), (tracer_errors, roots[1])):
        for thing in vars(module).values():
            if isinstance(thing, type) and issubclass(thing, root):
                found.add(thing.slug)
    # Said by the functions themselves, and no reason for a verdict.
    return found | {"unseen-reads", "xethub-is-gone"}


def test_every_slug_is_explained() -> None:
    """What a message ends with can be looked up."""
    headings = set(re.findall(r"^### ([\w-]+)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE))
    assert slugs() - headings == set()
    assert headings - slugs() == set()
