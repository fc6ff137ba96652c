"""How we draw."""

from __future__ import annotations

from typing import Any

COLORS = ["tab:blue", "tab:orange", "tab:green"]
MARK = "o"


def scatter(axes: Any, points: Any, kinds: Any) -> None:
    """Draw points of three kinds, each in its color."""
    for kind, color in enumerate(COLORS):
        chosen = points[kinds == kind]
        axes.scatter(chosen[:, 0], chosen[:, 1], s=12, marker=MARK, color=color)
