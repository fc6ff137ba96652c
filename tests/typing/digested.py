"""Read by pyright, not run: `digest` is a function, with `explain` beside it."""

from typing import assert_type

from tracer import Digest
from xetcache import digest

assert_type(digest([1]), Digest)
found = digest.explain([1], [2], name="x", limit=3)
assert_type(found[0].path, str)
assert_type(found[0].was, str | None)
assert_type(str(found[0]), str)

digest()  # pyright: ignore[reportCallIssue]
digest.explain([1])  # pyright: ignore[reportCallIssue]
