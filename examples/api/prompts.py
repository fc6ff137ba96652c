"""What is asked, apart from how it is asked."""

from __future__ import annotations

STYLE = "in one word"


def prompt_for(city: str) -> str:
    """Return the question about one city."""
    return f"What is {city} known for, {STYLE}?"
