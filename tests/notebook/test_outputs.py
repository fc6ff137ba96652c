"""Of what a cell has shown, what can be seen in the end is kept."""

from __future__ import annotations

import pytest

from xetcache.notebook.outputs import RESULT, around_result, collapsed, result_in


def text(*parts: str, name: str = "stdout") -> list[tuple[str, ...]]:
    return [("stream", name, part) for part in parts]


def display(what: str, number: str | None = None, *, update: bool = False) -> tuple[object, ...]:
    transient = {} if number is None else {"display_id": number}
    return ("display", {"text/plain": what}, {}, transient, update)


def test_text_is_joined() -> None:
    """Pieces of one stream are one, as long as nothing comes between."""
    noted = [*text("a", "\n"), *text("b", name="stderr"), *text("c", "d")]
    assert collapsed(noted) == [*text("a\n"), *text("b", name="stderr"), *text("cd")]
    noted = [*text("a"), display("x"), *text("b")]
    assert collapsed(noted) == noted


def test_what_was_cleared_is_gone() -> None:
    """At once or, if it waits, with the next output; what nothing followed stays."""
    assert collapsed([*text("a"), ("clear", False), *text("b")]) == text("b")
    assert collapsed([*text("a"), ("clear", True), *text("b")]) == text("b")
    assert collapsed([*text("a"), ("clear", True)]) == text("a")
    assert collapsed([*text("a"), ("clear", False)]) == []
    assert collapsed([*text("a"), ("clear", True), ("clear", False), *text("b")]) == text("b")


def test_an_update_replaces() -> None:
    """Every display with its id; one that another cell has made is updated on a hit, too."""
    noted = [display("1", "a"), *text("x"), display("2", "b"), display("3", "a", update=True)]
    assert collapsed(noted) == [display("3", "a"), *text("x"), display("2", "b")]
    noted = [display("1", "a"), display("1", "a"), display("2", "a", update=True)]
    assert collapsed(noted) == [display("2", "a"), display("2", "a")]
    noted = [display("1", "other", update=True), display("2", "other", update=True)]
    assert collapsed(noted) == [display("2", "other", update=True)]


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ("10%\r20%\r30%\n", "\r30%\n"),
        ("\r 10%\r 20%\rdone", "\rdone"),
        ("long text\rshort", "long text\rshort"),  # `shortext`
        ("a\rbbb\rcc\n", "\rbbb\rcc\n"),
        ("text\r\n", "text\r\n"),
        ("text\r", "text\r"),
        ("1\r2\n3\r4\n", "\r2\n\r4\n"),
        ("\x1b[31m10%\x1b[0m\r\x1b[32m99%\x1b[0m", "\r\x1b[32m99%\x1b[0m"),
        ("red\x1b[31m\rplain", "red\x1b[31m\rplain"),  # which is red, too
        ("one\x1b[A\rother", "one\x1b[A\rother"),
        ("ab\b\rabcd", "ab\b\rabcd"),
    ],
)
def test_what_was_written_over_is_gone(written: str, seen: str) -> None:
    """A carriage return starts a line again; what is surely hidden is not kept."""
    assert collapsed(text(*written)) == text(seen)


def test_progress_is_small() -> None:
    """Ten thousand states of a bar are one."""
    noted = text(*(f"\r{step:6}/10000 {'#' * (step // 200)}" for step in range(10_000)))
    assert collapsed(noted) == text(f"\r  9999/10000 {'#' * 49}")


def test_around_result() -> None:
    """A figure comes after the value of the cell."""
    before, after = text("a"), [display("figure")]
    assert around_result([*before, (RESULT,), *after]) == (before, after)
    assert around_result(before) == (before, [])


def test_how_the_value_was_shown() -> None:
    """Known only where IPython showed it: a value that shows itself has no such form."""
    shown = ({"text/plain": "2"}, {})
    assert result_in([*text("a"), (RESULT, *shown), display("figure")]) == shown
    assert result_in([*text("a"), (RESULT,)]) is None
    assert result_in([(RESULT, {}, {})]) is None
    assert result_in(text("a")) is None
