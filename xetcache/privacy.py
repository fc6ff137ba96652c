"""What must not be shown: values whose names say that they are secret.

Their digests enter keys like any other; a preview of them is written nowhere.
"""

from __future__ import annotations

from typing import Final

HIDDEN: Final = "(hidden)"
"""What stands in the place of a preview."""

_WORDS: Final = ("key", "token", "secret", "passw", "auth", "cred", "cookie", "dsn")


def is_secret(path: str) -> bool:
    """Tell whether a path of names leads to something that must not be shown."""
    lowered = path.lower()
    return any(word in lowered for word in _WORDS)
