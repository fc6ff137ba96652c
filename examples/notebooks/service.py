"""A stand-in for a service on the network; it needs no key, and no network."""

from __future__ import annotations

import time

GLAD = {"lovely", "glad", "happy"}
SAD = {"lost", "sad", "sorry"}
SECONDS = 0.01


def words(text: str) -> list[str]:
    """Return the words of a text as they are compared."""
    return [word.strip(",.?!").lower() for word in text.split()]


def ask(prompt: str) -> dict[str, object]:
    """Return what the service says, after a while."""
    time.sleep(SECONDS)
    said = set(words(prompt.partition("?")[2]))
    label = "glad" if said & GLAD else "sad" if said & SAD else "neither"
    return {"label": label, "tokens": len(words(prompt))}
