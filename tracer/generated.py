"""x"""
from __future__ import annotations
from collections.abc import Sequence
from .drafts import Draft
def generated_in(draft: Draft, drafts: Sequence[Draft]) -> dict[str, bytes]:
    return {}
