"""What is written of instructions when some of them are left out."""

from __future__ import annotations

import dis
import importlib.util
import zipimport
from importlib.abc import SourceLoader
from types import CodeType

import pytest

from tracer.instructions import handlers, with_nested
from tracer.stream import Stream

MODULES = ["argparse", "ast", "asyncio.base_events", "contextlib", "subprocess", "typing"]


def codes(module: str) -> list[CodeType]:
    """Return the code objects of a module of the standard library, compiled from its source."""
    spec = importlib.util.find_spec(module)
    assert spec is not None
    assert isinstance(spec.loader, SourceLoader | zipimport.zipimporter)
    source = spec.loader.get_source(module)
    if source is None:
        pytest.skip("the standard library has no source here")
    return list(with_nested(compile(source, "<lib>", "exec", dont_inherit=True)))


@pytest.mark.parametrize("module", MODULES)
def test_what_moves_nothing_changes_nothing(module: str) -> None:
    """Text that is replaced by itself leaves jumps and handlers as the compiler wrote them."""
    written = 0
    for code in codes(module):
        stream = Stream(code.co_code)
        stream.replace(0, 2, code.co_code[:2])
        text, _, table = stream.written(code)
        assert text == code.co_code
        assert table == code.co_exceptiontable
        written += bool(table)
    assert written


@pytest.mark.parametrize("module", MODULES)
def test_jumps_lead_where_they_led(module: str) -> None:
    """Where something was put in, each jump leads to the instruction it led to."""
    nop = bytes((dis.opmap["NOP"], 0))
    jumps = 0
    for code in codes(module):
        raw = code.co_code
        if any(byte > 200 for byte in raw[1::2]):
            continue  # one more might take an extension
        loads = [one.offset for one in dis.get_instructions(code) if one.opname == "LOAD_CONST"]
        for middle in loads[:: max(1, len(loads) // 5)]:
            stream = Stream(raw)
            stream.replace(middle, middle + 2, raw[middle : middle + 2] + nop)
            text, _, table = stream.written(code)
            moved = code.replace(co_code=text, co_exceptiontable=table)
            assert _leads(moved, middle) == _leads(code, None)
            assert len(handlers(moved)) == len(handlers(code))
            jumps += len(_leads(code, None))
    assert jumps


def _leads(code: CodeType, added: int | None) -> list[tuple[int, int]]:
    """Return where each jump is and leads to, without an instruction that was added."""

    def place(offset: int) -> int:
        return offset if added is None or offset <= added else offset - 2

    return [
        (place(one.offset), place(int(one.argval)))
        for one in dis.get_instructions(code)
        if one.opcode in dis.hasjrel
    ]
