"""Errors of the tracer, as one tree.

    TracerError                      slug: tracer-error
    ├── UntraceableError             slug: untraceable          (also TypeError)
    ├── NotDigestibleError           slug: not-digestible       (also TypeError)
    ├── AlgorithmError               slug: algorithm            (also RuntimeError)
    └── UnknownPythonError           slug: unknown-python       (also RuntimeError)

Every slug has an entry of the same name in `docs/reference/messages.md`.
"""

from __future__ import annotations

from typing import ClassVar


class TracerError(Exception):
    """Root of everything the tracer raises on purpose."""

    slug: ClassVar[str] = "tracer-error"


class UntraceableError(TracerError, TypeError):
    """Code was reached whose meaning cannot be proved."""

    slug: ClassVar[str] = "untraceable"

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(path, reason)
        self.path = path
        self.reason = reason

    def __str__(self) -> str:
        return f"`{self.path}` cannot be traced: {self.reason}"


class NotDigestibleError(TracerError, TypeError):
    """A value has no digest that would mean the same in another process."""

    slug: ClassVar[str] = "not-digestible"

    def __init__(self, path: str, type_name: str, reason: str = "") -> None:
        super().__init__(path, type_name, reason)
        self.path = path
        self.type_name = type_name
        self.reason = reason

    def __str__(self) -> str:
        because = f" ({self.reason})" if self.reason else ""
        return f"`{self.path}` is a `{self.type_name}`, which has no digest{because}"

    def under(self, prefix: str) -> NotDigestibleError:
        """Return the same error with its path seen from a level further out."""
        return NotDigestibleError(prefix + self.path, self.type_name, self.reason)


class AlgorithmError(TracerError, RuntimeError):
    """Digests of this process cannot be made by the algorithm that is asked for."""

    slug: ClassVar[str] = "algorithm"

    def __init__(self, algorithm: str, reason: str) -> None:
        super().__init__(algorithm, reason)
        self.algorithm = algorithm
        self.reason = reason

    def __str__(self) -> str:
        return f"digests cannot be made by {self.algorithm}: {self.reason}"


class UnknownPythonError(TracerError, RuntimeError):
    """The bytecode of this Python is not described in `pyversion.py`."""

    slug: ClassVar[str] = "unknown-python"
