"""Stores: name ↔ bytes, kept. No store ever sees a Python value."""

from __future__ import annotations

from .local import LocalStore
from .mapped import LEAST as LEAST_MAPPED
from .memory import MemoryStore
from .store import Store

__all__ = ["LEAST_MAPPED", "LocalStore", "MemoryStore", "Store"]
