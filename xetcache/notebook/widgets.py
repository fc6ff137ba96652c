"""A widget as it stands → HTML that shows it where its model is gone.

Boxes, texts and progress bars look about as they did; anything else is written as its name
and its value. Knows ipywidgets by the attributes of its classes, and never imports it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from contextlib import suppress
from html import escape
from typing import Any, Final, cast

MIME: Final = "application/vnd.jupyter.widget-view+json"
"""What a widget is shown as: the number of a model that lives in the process."""


def lasting(bundle: dict[str, Any]) -> dict[str, Any]:
    """Return what to show of a widget, as it is now, in place of what only this process can."""
    module: Any = sys.modules.get("ipywidgets.widgets.widget")
    known = getattr(module, "_instances", None)
    if known is None:
        known = getattr(getattr(module, "Widget", None), "widgets", {})  # before 8
    widget = known.get(bundle[MIME]["model_id"])
    text = bundle.get("text/plain", "a widget")
    if widget is None:
        return {"text/plain": text}
    with suppress(Exception):  # such as the bar of `tqdm` once it has ended
        text = repr(widget)
    try:
        return {"text/plain": text, "text/html": f"<div>{_html(widget)}</div>"}
    except Exception:  # noqa: BLE001 - attributes of any widget may be computed
        return {"text/plain": text}


def _html(widget: Any) -> str:
    children = getattr(widget, "children", None)
    if isinstance(children, tuple | list):
        direction = "row" if "HBox" in widget._view_name else "column"  # noqa: SLF001 - it is public
        parts = "".join(map(_html, cast(Iterable[Any], children)))
        return f'<div style="display:flex;flex-direction:{direction};gap:4px">{parts}</div>'
    view = widget._view_name  # noqa: SLF001 - as above
    if view == "HTMLView":
        return f"<span>{widget.value}</span>"
    name = escape(str(getattr(widget, "description", "")))
    if view == "ProgressView":
        whole, done = widget.max - widget.min, widget.value - widget.min
        return f'<span>{name} <progress max="{whole}" value="{done}"></progress></span>'
    text = escape(str(widget.value))
    return f"<span>{name}: {text}</span>" if name else f"<span>{text}</span>"
