"""Time zones of `zoneinfo`, loaded when one is first seen: it takes longer than all of this."""

from __future__ import annotations

from typing import cast
from zoneinfo import ZoneInfo

from .encoding import Encoder
from .handlers import handle_family


def install() -> None:
    """Register the handler of this file."""
    handle_family(ZoneInfo, _zone)


def _zone(encoder: Encoder, value: ZoneInfo) -> None:
    # Whether it comes from the cache of zones, which its reduction tells, is no content.
    name = cast(object, value.key)
    if name is None:
        raise encoder.refuse(value, "a time zone that was read from a file has no name")
    encoder.mark(b"zone")
    encoder.made(name)
