"""Errors of xetcache, as one tree.

    XetcacheError                    slug: xetcache-error
    ├── OptionError                  slug: unknown-option       (also TypeError)
    ├── NotSupportedError            slug: not-supported        (also TypeError)
    ├── NotStorableError             slug: not-storable         (also TypeError)
    ├── EntryDamagedError            slug: entry-damaged        (also ValueError)
    ├── StoreError                   slug: store-unavailable    (also OSError)
    ├── CellError                    slug: cell-inputs          (also NameError)
    ├── ConfigError                  slug: bad-setting          (also ValueError)
    └── CacheMissError               slug: cache-miss           (also LookupError)

Every slug has an entry of the same name in `docs/reference/messages.md`.
"""

from __future__ import annotations

from typing import ClassVar


class XetcacheError(Exception):
    """Root of everything xetcache raises on purpose."""

    slug: ClassVar[str] = "xetcache-error"


class OptionError(XetcacheError, TypeError):
    """An option was given that does not exist, or cannot have that value."""

    slug: ClassVar[str] = "unknown-option"


class NotSupportedError(XetcacheError, TypeError):
    """The thing to memoize is of a kind that cannot be memoized."""

    slug: ClassVar[str] = "not-supported"


class NotStorableError(XetcacheError, TypeError):
    """A result, or a part of it, cannot be written to a store."""

    slug: ClassVar[str] = "not-storable"

    def __init__(self, path: str, type_name: str, reason: str) -> None:
        super().__init__(path, type_name, reason)
        self.path = path
        self.type_name = type_name
        self.reason = reason

    def __str__(self) -> str:
        return f"`{self.path}` is a `{self.type_name}`, which cannot be stored: {self.reason}"


class EntryDamagedError(XetcacheError, ValueError):
    """Bytes read from a store are not a whole entry of a known format."""

    slug: ClassVar[str] = "entry-damaged"


class StoreError(XetcacheError, OSError):
    """A store could not be read or written: missing, read-only, full, broken."""

    slug: ClassVar[str] = "store-unavailable"


class CellError(XetcacheError, NameError):
    """A cell's `input=` or `output=` names a variable that is not there."""

    slug: ClassVar[str] = "cell-inputs"


class ConfigError(XetcacheError, ValueError):
    """A setting in the environment or in `pyproject.toml` cannot be used."""

    slug: ClassVar[str] = "bad-setting"


class CacheMissError(XetcacheError, LookupError):
    """A call would have to be computed while `mode` is `offline`."""

    slug: ClassVar[str] = "cache-miss"
