"""Whether a cell printed or displayed anything while it ran.

What is written passes through unchanged; it is noted that it did.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import Any, Final, cast

_ABSENT: Final = object()


@dataclass(slots=True)
class Watch:
    """Notes output from `start` to `stop`."""

    shell: Any
    seen: bool = False
    _wrapped: list[tuple[Any, str, Any, Any]] = field(
        default_factory=list[tuple[Any, str, Any, Any]]
    )

    def start(self) -> None:
        """Begin to note what is written to the standard streams or displayed."""
        # The method and not `sys.stdout`: whoever holds the stream already, such as a
        # handler of `logging`, writes through it too.
        for target, name in (
            (sys.stdout, "write"),
            (sys.stderr, "write"),
            (self.shell.display_pub, "publish"),
        ):
            self._wrap(target, name)

    def _wrap(self, target: Any, name: str) -> None:
        original = getattr(target, name)

        def noting(*args: Any, **kwargs: Any) -> Any:
            # In a terminal the value of the cell is printed, and that comes back.
            self.seen |= not getattr(self.shell.displayhook, "is_active", False)
            return original(*args, **kwargs)

        try:
            own = _own(target, name)
            setattr(target, name, noting)
        except (AttributeError, TypeError):
            return  # a stream of a kind that cannot be watched
        self._wrapped.append((target, name, own, noting))

    def stop(self) -> None:
        """Note no more."""
        for target, name, own, noting in reversed(self._wrapped):
            # Another may have wrapped what we put there; it will put ours back itself.
            if _own(target, name) is not noting:
                continue
            if own is _ABSENT:
                delattr(target, name)
            else:
                setattr(target, name, own)
        self._wrapped.clear()


def _own(target: Any, name: str) -> Any:
    return cast(dict[str, Any], vars(target)).get(name, _ABSENT)
