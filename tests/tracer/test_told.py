"""What one process read of code, the next need not read; it is what it would have read."""

from __future__ import annotations

import argparse
import ast
import dataclasses
import json
import os
import subprocess
import typing
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FunctionType

import pytest

from tracer import bytecode, told
from tracer.digests import digest_of

MODULES = (argparse, ast, dataclasses, json.decoder, os, subprocess, typing)


def codes() -> list[CodeType]:
    return [code for module in MODULES for code in codes_in(vars(module).values())]


def codes_in(things: object) -> Iterator[CodeType]:
    for thing in things:  # type: ignore[attr-defined]
        if type(thing) is FunctionType:
            yield thing.__code__
        elif isinstance(thing, type):
            yield from (one.__code__ for one in vars(thing).values() if type(one) is FunctionType)


@pytest.fixture
def forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that has read no code yet."""
    monkeypatch.setattr(bytecode, "_remembered", {})
    monkeypatch.setattr(bytecode, "_told", {})


def read_again(monkeypatch: pytest.MonkeyPatch, code: CodeType) -> bytecode.CodeFacts:
    monkeypatch.setattr(bytecode, "_remembered", {})
    return bytecode.facts_of(code)


@pytest.mark.usefixtures("forgetful")
def test_what_is_taken_is_what_would_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every field of the facts survives being written down, with its type."""
    found = codes()
    as_read = [bytecode.facts_of(code) for code in found]
    text = told.written(found)
    assert text is not None
    assert len(told.take(text).contents) > 400
    for code, facts in zip(found, as_read, strict=True):
        again = read_again(monkeypatch, code)
        # Not told is what marshal cannot write in the old way: slices as constants, since 3.14.
        assert bytecode.is_told(code) == (bytecode.content_of(code) != b"")
        assert again == facts
        assert list(map(type, again)) == list(map(type, facts))


@pytest.mark.usefixtures("forgetful")
def test_code_that_differs_in_anything_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """One number, name, flag or kind of constant is another content."""

    def function(x: float) -> tuple[float, int, bytes]:
        return x * 2.0, 0, b"raw"

    code = function.__code__
    text = told.written([code])
    assert text is not None
    told.take(text)
    read_again(monkeypatch, code)
    assert bytecode.is_told(code)
    constants = code.co_consts
    for other in (
        code.replace(co_consts=tuple(3.0 if one == 2.0 else one for one in constants)),
        code.replace(co_consts=tuple(-0.0 if one == 0 else one for one in constants)),
        code.replace(co_consts=tuple(bytearray(b"raw") if one == b"raw" else one
                                     for one in constants)),
        code.replace(co_varnames=("y",)),
        code.replace(co_flags=code.co_flags | 0x20),
        code.replace(co_name="other"),
    ):  # fmt: skip
        assert bytecode.content_of(other) != bytecode.content_of(code)


def test_a_buffer_of_a_class_of_the_user_is_not_asked() -> None:
    """To tell the content of code made by hand runs nothing."""

    class Loud(bytearray):
        def __buffer__(self, flags: int) -> memoryview:
            raise AssertionError("it was asked")

    code = codes()[0].replace(co_consts=(None, Loud(b"x")))
    assert not bytecode.content_of(code)


@pytest.mark.usefixtures("forgetful")
def test_nothing_is_taken_from_another_interpreter_or_another_reader() -> None:
    """Who reads code differently, or may, is not believed."""
    text = told.written(codes()[:3])
    assert text is not None
    record = json.loads(text)
    other_python = {**record, "by": ["3.99", *record["by"][1:]]}
    other_reader = {**record, "by": [*record["by"][:-1], [0, 0]]}
    for damaged in (json.dumps(other_python), json.dumps(other_reader), "", "[]", text[:-9]):
        kept = damaged if isinstance(damaged, bytes) else damaged.encode()
        assert told.take(kept) == told.Told()
    assert not bytecode._told


@pytest.mark.usefixtures("forgetful")
def test_it_is_written_again_only_where_something_new_was_read() -> None:
    """What another text tells is not written once more."""
    first, second = codes()[:10], codes()[:12]
    text = told.written(first)
    assert text is not None
    known = told.take(text)
    bytecode._remembered.clear()
    assert told.written(first, known=known) is None
    assert told.written(second, known=known) is not None


@pytest.mark.usefixtures("forgetful")
def test_other_drafts_are_written_down(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the next walk will find in the same order is told, whether new code was read or not."""
    found, drafted = codes()[:3], digest_of("drafts")
    text = told.written(found, drafted)
    assert text is not None
    known = told.take(text)
    assert known.drafted == drafted
    monkeypatch.setattr(bytecode, "_remembered", {})
    for code in found:
        bytecode.facts_of(code)
    assert told.written(found, drafted, known) is None
    assert told.written(found, digest_of("others"), known) is not None


@pytest.mark.usefixtures("forgetful")
@pytest.mark.parametrize("name", ["", "a\nb", "a.b", "\n", "a b", "\ud800", "ä"])
def test_names_that_no_compiler_makes_are_taken_as_they_were(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Code made by hand may have any text for a name."""

    def function(x: float) -> float:
        other = round(x)
        return max(other, x)

    code = function.__code__.replace(
        co_names=(name, "max"), co_varnames=("x", name), co_name=name, co_qualname=name
    )
    as_read = bytecode.facts_of(code)
    text = told.written([code])
    assert text is not None
    told.take(text)
    assert read_again(monkeypatch, code) == as_read
    assert bytecode.is_told(code) == bool(bytecode.content_of(code))


def test_the_files_that_read_code_are_all_that_have_a_part_in_it() -> None:
    """An edit of any module that `bytecode` or `drafts` imports makes everything be done again."""
    folder = Path(told.__file__).parent
    waiting, found = ["bytecode", "told", "drafts"], set[str]()
    while waiting:
        name = waiting.pop()
        if name in found or not (folder / f"{name}.py").is_file():
            continue
        found.add(name)
        for node in ast.walk(ast.parse((folder / f"{name}.py").read_bytes())):
            if isinstance(node, ast.ImportFrom) and node.level == 1:
                waiting += [node.module] if node.module else [one.name for one in node.names]
    assert found - {"collecting"} == set(told.READERS)
