"""Paths of `pathlib`, loaded when one is first seen: a program may have none."""

from __future__ import annotations

from pathlib import PurePath

from .encoding import Encoder
from .handlers import handle_family


def install() -> None:
    """Register the handler of this file."""
    handle_family(PurePath, _path)


def _path(encoder: Encoder, value: PurePath) -> None:
    # In its slots are answers that were kept, such as its own text.
    encoder.refer(type(value), ".__class__")
    encoder.atom(PurePath.__str__(value))
    encoder.added(value)
