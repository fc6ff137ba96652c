"""The canonical form of code: what runs and nothing else, the same in every process."""

from __future__ import annotations

import ast
import dis
import importlib.util
import os
import subprocess
import sys
import textwrap
import warnings
import zipimport
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FunctionType

import bytecode
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracer import bytecode as subject
from tracer.bytecode import CodeFacts, facts_of
from tracer.instructions import handlers, instructions, jump_target, marked, with_nested

ROOT = str(Path(__file__).parents[2])


def code_of(source: str) -> CodeType:
    """Compile a module and return the first code object in it."""
    module = compile(textwrap.dedent(source), "<test>", "exec", dont_inherit=True)
    return next(
        item
        for item in module.co_consts
        if isinstance(item, CodeType) and item.co_name != "__annotate__"
    )


def facts(source: str) -> CodeFacts:
    """Return what is known of the first function in a module."""
    return facts_of(code_of(source))


BODY = """
def f(a, b=1, *rest, key=2, **more):
    total = 0
    for item in rest:
        try:
            total += helper(item, a) * 2
        except ValueError:
            total -= other.deep.name(b)
        finally:
            done()
    return [total + i for i in range(key) if i]
"""

SAME = {
    "comment": ("total = 0", "total = 0  # from nothing"),
    "blank lines": ("total = 0", "total = 0\n\n\n"),
    "docstring": ("    total = 0", '    """Add up."""\n    total = 0'),
    "own name": ("def f", "def g"),
    "annotations": ("a, b=1", "a: int, b: str = 1"),
    "return annotation": ("**more):", "**more) -> int:"),
    "variable annotation": ("total = 0", "total: int = 0"),
    "local renamed": ("total", "amount"),
    "loop variable renamed": ("i for i in range(key) if i", "j for j in range(key) if j"),
    "star arguments renamed": ("rest", "others"),
    "double star renamed": ("more", "rest_of_all"),
    "pass": ("total = 0", "total = 0\n    pass"),
    "parentheses": ("total + i for", "(total + i) for"),
    "helper renamed": ("helper", "assistant"),
    "module renamed": ("other", "another"),
    "quotes and spaces": ("(item, a) * 2", "( item , a )*2"),
    "value of a default": ("b=1", "b=7"),
    "constant folded": ("* 2", "* (1 + 1)"),
}


@pytest.mark.parametrize("edit", SAME.values(), ids=SAME)
def test_what_does_not_run_is_left_out(edit: tuple[str, str]) -> None:
    """Text that runs the same instructions has the same canonical form."""
    assert edit[0] in BODY
    assert facts(BODY.replace(*edit)).canonical == facts(BODY).canonical


DIFFERENT = {
    "operator": ("+=", "*="),
    "constant": ("* 2", "* 3"),
    "constant type": ("* 2", "* 2.0"),
    "order of arguments": ("(item, a)", "(a, item)"),
    "attribute after a call": ("done()", "done().name"),
    "exception": ("ValueError:", "ValueError as error:"),
    "no finally": ("        finally:\n            done()\n", "        done()\n"),
    "comparison": ("if i]", "if not i]"),
    "star removed": ("*rest, key=2", "rest=(), *, key=2"),
    "double star removed": (", **more", ""),
    "keyword renamed": ("key", "size"),
    "positional renamed": ("a, b", "z, b"),
    "keyword to positional": ("*rest, key=2", "key=2, *rest"),
    "positional only": ("b=1, *rest", "b=1, /, *rest"),
    "await": ("def f", "async def f"),
    "yield": ("done()", "yield done()"),
    "return to yield": ("    return [", "    yield ["),
    "global twice": ("helper(item", "done(item"),
    "list to set": ("[total + i for i in range(key) if i]", "{total + i for i in range(key) if i}"),
    "order of statements": ("total = 0\n", "done()\n    total = 0\n"),
}


@pytest.mark.parametrize("edit", DIFFERENT.values(), ids=DIFFERENT)
def test_what_runs_counts(edit: tuple[str, str]) -> None:
    """Each other instruction, constant, name of an attribute or parameter is another form."""
    assert edit[0] in BODY
    assert facts(BODY.replace(*edit)).canonical != facts(BODY).canonical


OPERATORS = [
    "+",
    "-",
    "*",
    "/",
    "//",
    "%",
    "**",
    "@",
    "&",
    "|",
    "^",
    "<<",
    ">>",
    "<",
    "<=",
    ">",
    ">=",
    "==",
    "!=",
    "in",
    "is",
    "and",
    "or",
]


def test_every_operator_counts() -> None:
    """No two binary operators have the same form."""
    forms = [facts(f"def f(a, b):\n    return a {sign} b\n").canonical for sign in OPERATORS]
    forms += [
        facts(f"def f(a):\n    return {sign}a\n").canonical for sign in ("-", "+", "~", "not ")
    ]
    forms += [
        facts(f"def f(a, b):\n    a {sign}= b\n    return a\n").canonical for sign in OPERATORS[:13]
    ]
    assert len(set(forms)) == len(forms)


CONSTANTS = [
    "None",
    "True",
    "False",
    "1",
    "0",
    "-1",
    "1.0",
    "0.0",
    "-0.0",
    "1j",
    "-1j",
    "0j",
    "complex(0,-0.0)",
    "...",
    "''",
    "'a'",
    "b''",
    "b'a'",
    "'1'",
    "b'1'",
    "()",
    "(1,)",
    "(True,)",
    "(1.0,)",
    "((1,),)",
    "(1,2)",
    "'1,2'",
    "10**30",
    "1e300",
    "1e-300",
    "'\\ud800'",
    "'\\udc00'",
    "(0.0,)",
    "(-0.0,)",
    "(None,)",
    "('a',)",
    "('ab',)",
    "('a','b')",
    "255",
    "256",
    "-255",
    "-256",
    "x[:]",
    "x[:1]",
    "x[1:]",
    "x[1:1]",
    "x[1.0:]",
    "x['1':]",
    "x[1:1:1]",
    "x[slice(1)]",
    "x[1,]",
]


def test_every_constant_counts() -> None:
    """Constants that are equal but of another type, or of another sign, are others."""
    forms = [facts(f"def f():\n    return {text}\n").canonical for text in CONSTANTS]
    assert len(set(forms)) == len(forms)


def test_infinity_and_not_a_number_count() -> None:
    """Constants that no text spells are told apart by their bits."""
    module = ast.parse("def f():\n    return 1.0\n")
    forms = []
    for value in (float("inf"), float("-inf"), float("nan")):
        node = module.body[0].body[0]
        node.value = ast.copy_location(ast.Constant(value), node.value)
        code = compile(module, "<test>", "exec").co_consts[0]
        forms.append(facts_of(code).canonical)
    assert len(set(forms)) == len(forms)
    assert forms[2] == facts_of(code).canonical


SAME_PLACES = (
    "one(*a, k=b)(*{'j': c})",
    "one(*a(*{'k': b}), j=c)",
)


def test_whether_a_call_has_keywords_counts() -> None:
    """Two calls with stars, of which the first has keywords or the second."""
    one, other = (facts(f"def f(a, b, c):\n    return {text}\n") for text in SAME_PLACES)
    assert one.canonical != other.canonical


CLASS = """
def f(x):
    class K(Base):
        rate = 2

        def m(self, y=1):
            def g(z):
                return z + 300
            return g(y)
    return K
"""


@pytest.mark.parametrize("lines", [1, 200, 253, 300, 70_000])
def test_where_a_class_stands_is_left_out(lines: int) -> None:
    """However many bytes its number takes."""
    moved = facts("\n" * lines + CLASS)
    assert moved.canonical == facts(CLASS).canonical


@pytest.mark.parametrize(
    "annotated",
    ["z: int", "z: list[int] | None", "z: other.deep.Kind", 'z: "later"', "z: x", "z: K"],
)
def test_annotations_of_nested_functions_are_left_out(annotated: str) -> None:
    """Whether they are evaluated when the function is made, or later by code of their own."""
    text = (
        "def f(x):\n    K = x[0]\n    def h(): return x, K\n    def g({}): return z\n    return g\n"
    )
    plain, said = facts(text.format("z")), facts(text.format(annotated))
    assert plain.canonical == said.canonical
    assert plain.reads == said.reads
    assert (plain.annotations, len(said.annotations)) == ((), 1)
    assert said.annotations != facts(text.format("z: float")).annotations


@pytest.mark.parametrize("annotated", ["z: g(x)", "z: x if x else K", "z: [y for y in x]"])
def test_an_annotation_that_runs_something_is_code(annotated: str) -> None:
    """Other than looking names up."""
    text = (
        "def f(x):\n    K = x[0]\n    def h(): return x, K\n    def g({}): return z\n    return g\n"
    )
    assert facts(text.format("z")).canonical != facts(text.format(annotated)).canonical


TEMPLATES = ["t'{x}'", "t'{y}'", "t'{x!r}'", "t'{x:2}'", "t'{x} '", "t'{x}{y}'", "f'{x}'"]


@pytest.mark.skipif(sys.version_info < (3, 14), reason="there are none before 3.14")
def test_templates_count() -> None:
    """What is put into a template, and how."""
    forms = [facts(f"def f(x, y):\n    return {text}\n").canonical for text in TEMPLATES]
    assert len(set(forms)) == len(forms)


def test_only_the_exception_table_differs() -> None:
    """What a handler covers counts, where all instructions are the same."""
    code = code_of(BODY)
    raw = bytearray(code.co_exceptiontable)
    entries = list(bytecode_entries(code))
    assert entries
    changed = []
    for place in range(len(raw)):
        # The last two bits of a field are part of its value in every byte of it.
        other = bytearray(raw)
        other[place] ^= 1
        edited = code.replace(co_exceptiontable=bytes(other))
        assert edited.co_code == code.co_code
        changed.append(facts_of(edited).canonical != facts_of(code).canonical)
    assert sum(changed) > len(changed) / 2


ENTRIES = (
    "def f(a):\n    try:\n        one(a)\n        two(a)\n    except ValueError:\n        end(a)\n",
    "def f(a):\n    one(a)\n    try:\n        two(a)\n    except ValueError:\n        end(a)\n",
)


def test_a_statement_moved_out_of_try_counts() -> None:
    """A statement that is no longer covered by the handler is another program."""
    one, other = (facts(text) for text in ENTRIES)
    assert one.canonical != other.canonical


FROZEN = "def f(x):\n    return x in {'a', 'b', 'c', 'd', 1, 2.5, None, ('e', 'f')}\n"

GOLDEN = {
    "FROZEN": FROZEN,
    "BODY": BODY,
    "CLASS": (
        "def f(x):\n    class K(Base, key=1):\n        n: int = 2\n"
        "        def m(self):\n            return super().m(x)\n    return K\n"
    ),
    "ASYNC": (
        "async def f(x):\n    async with lock as held:\n        async for y in x:\n"
        "            yield await y\n"
    ),
    "MATCH": (
        "def f(x):\n    match x:\n        case {'a': 1, **rest}:\n            return rest\n"
        "        case Point(0, y=z) | [z, *_]:\n            return z\n"
    ),
}
DIGESTS: dict[str, dict[tuple[int, int], str]] = {
    "FROZEN": {
        (3, 11): "05c97528419beabf2cc66881ea5afaf9",
        (3, 12): "05c97528419beabf2cc66881ea5afaf9",
        (3, 13): "cdeb30941956334d5fdb85e4c60f31f3",
        (3, 14): "323829deb056e20927b3e3d28375fa3a",
        (3, 15): "8d90ded9c6aa075de97287df0034e186",
    },
    "BODY": {
        (3, 11): "77c755ce74a4914c96e312f585db253a",
        (3, 12): "2e01fd0ec722277cb4125776b1213811",
        (3, 13): "d41bf8ad6437219294b60fd50d7da2bf",
        (3, 14): "19e35006468b3ff58d0fbc490c16c7f8",
        (3, 15): "ff179dbd9a07f0e078727b96032bf736",
    },
    "CLASS": {
        (3, 11): "649357d1293dbd3226e48cad48d1351e",
        (3, 12): "5a8525b08a3ba91234c423403764048b",
        (3, 13): "dee154f8631fd50804b6dcf0a81fff64",
        (3, 14): "0a33d8bbf2c37dd7b145ebb8e24affbc",
        (3, 15): "bc46f167ee0b6c2afe78812f99858e0e",
    },
    "ASYNC": {
        (3, 11): "fcafc2eecf763d459ee479f98bf6fca4",
        (3, 12): "e07daf8d7167c3e3910d9e46e81f4902",
        (3, 13): "3d5f483fdeb39481a2dbdf9d52f5e48a",
        (3, 14): "4b4061b4496662b09c87b75c732a3fff",
        (3, 15): "1ab2d9cb53b2eed88ddfe4412afb0055",
    },
    "MATCH": {
        (3, 11): "773e9f750d7d95ab52f7f6a54f536cb1",
        (3, 12): "c2ddb2277038db79519e32b0913aeab6",
        (3, 13): "5ffeecef9b10c36e364e9062ab70d1cf",
        (3, 14): "535f0f83f1f7daf5254fb95a200ec703",
        (3, 15): "5f9d98017fa230597c5b068b2f7c82f9",
    },
}


def _show(source: str) -> str:
    return facts(source).canonical.hex()


@pytest.mark.parametrize("name", GOLDEN)
def test_digests_of_known_functions(name: str) -> None:
    """The canonical form of released versions is kept; a change of it needs a new format."""
    assert _show(GOLDEN[name]) == DIGESTS[name][sys.version_info[:2]]


def test_the_order_of_a_set_does_not_show() -> None:
    """A set among the constants has one form under every hash seed."""
    program = (
        "from tests.tracer.test_bytecode import GOLDEN, _show\n"
        "print(*(_show(text) for text in GOLDEN.values()))"
    )
    shown = {
        subprocess.run(
            [sys.executable, "-W", "ignore", "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": ROOT},
            capture_output=True,
            check=True,
            text=True,
        ).stdout.split()[0]
        for seed in ("1", "2", "3")
    }
    assert shown == {_show(FROZEN)}


# -- the decoder by hand, against the standard library's and the `bytecode` package's ------

MODULES = [
    "abc",
    "argparse",
    "ast",
    "base64",
    "bdb",
    "bisect",
    "calendar",
    "cmd",
    "codecs",
    "collections",
    "configparser",
    "contextlib",
    "copy",
    "csv",
    "dataclasses",
    "datetime",
    "difflib",
    "dis",
    "enum",
    "fractions",
    "functools",
    "glob",
    "heapq",
    "inspect",
    "json.decoder",
    "json.encoder",
    "locale",
    "optparse",
    "pathlib",
    "pdb",
    "pickle",
    "pprint",
    "queue",
    "random",
    "sched",
    "shlex",
    "shutil",
    "statistics",
    "string",
    "subprocess",
    "tarfile",
    "tempfile",
    "textwrap",
    "threading",
    "tokenize",
    "traceback",
    "types",
    "typing",
    "urllib.parse",
    "uuid",
    "weakref",
    "zipfile",
    "asyncio.base_events",
    "_pydecimal",
]


def source_of(module: str) -> str | None:
    """Return the source text of a module of the standard library."""
    path = Path(os.__file__).parent.joinpath(*module.split("."))
    for file in (path.with_suffix(".py"), path / "__init__.py"):
        if file.exists():
            return file.read_text(encoding="utf-8")
    spec = importlib.util.find_spec(module)
    loader = None if spec is None else spec.loader
    return loader.get_source(module) if isinstance(loader, zipimport.zipimporter) else None


def codes_of(module: str) -> list[CodeType]:
    """Return every code object of a module of the standard library."""
    source = source_of(module)
    if source is None:
        pytest.skip(f"{module} has no source here")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return list(with_nested(compile(source, "<lib>", "exec", dont_inherit=True)))


SKIPPED = {dis.opmap["CACHE"], dis.opmap["EXTENDED_ARG"]}


def bytecode_entries(code: CodeType) -> Iterator[tuple[int, int, int, int, bool]]:
    """Yield the exception table as the standard library reads it."""
    for entry in dis._parse_exception_table(code):  # type: ignore[attr-defined]
        yield entry.start, entry.end, entry.target, entry.depth, entry.lasti


def taken_apart(op: int, argument: int) -> list[tuple[int, int]]:
    """Return the two instructions that one of 3.13 may be made of, or that one."""
    if op in subject.py.PAIRS:
        first, second = subject.py.PAIRS[op]
        return [(first, argument >> 4), (second, argument & 15)]
    return [(op, argument)]


@pytest.mark.parametrize("module", MODULES)
def test_the_decoder_agrees_with_dis(module: str) -> None:
    """Instructions, arguments, names, jump targets and handlers are those that `dis` sees."""
    for code in codes_of(module):
        ours = instructions(code.co_code)
        theirs = [item for item in dis.get_instructions(code) if item.opcode not in SKIPPED]
        assert [unit[1:3] for unit in ours] == [
            part for item in theirs for part in taken_apart(item.opcode, item.arg or 0)
        ]
        jumps = {unit[0]: jump_target(unit) for unit in ours if unit[1] in subject.py.JUMPS}
        starts = {unit[0] for unit in ours}
        assert set(jumps.values()) <= starts
        expected = [item.argval for item in theirs if item.opcode in dis.hasjrel]
        # `dis` gives the offset behind extended arguments, we the one before them.
        extended = {after: unit for unit in ours for after in range(unit[0], unit[3], 2)}
        assert list(jumps.values()) == [extended[target][0] for target in expected]
        ends = {unit[3] for unit in ours}
        for (start, end, handler, depth), entry in zip(
            handlers(code), bytecode_entries(code), strict=True
        ):
            assert (start, end, handler) == entry[:3]
            assert (depth >> 1, bool(depth & 1)) == entry[3:]
            assert {start, handler} <= starts
            assert end in ends


@pytest.mark.parametrize("module", MODULES[::4])
def test_some_instructions_are_decoded_as_all_are(module: str) -> None:
    """Passing over instructions changes nothing about those that are looked for."""
    kinds = subject.py.JUMPS | subject.py.CONSTANTS | subject.py.CALLS | set(subject.py.PAIRS)
    listed = kinds | {part for pair in subject.py.PAIRS.values() for part in pair}
    for code in codes_of(module):
        pairs = {index * 2 for index, op in enumerate(code.co_code[::2]) if op in subject.py.PAIRS}
        some = instructions(code.co_code, marked(kinds))
        every = instructions(code.co_code)
        assert some == [
            unit
            for unit in every
            if unit[1] in kinds or (unit[1] in listed and unit[0] // 2 * 2 in pairs)
        ]


def test_caches_are_zeros_in_code_that_ran() -> None:
    """Decoding counts on it, to pass over them without counting."""
    space: dict[str, object] = {}
    exec("def f(xs):\n    return [x.real + len(xs) for x in xs]\n", space)
    function = space["f"]
    assert isinstance(function, FunctionType)
    before = function.__code__.co_code
    for _ in range(100):
        function([1, 2, 3])
    assert function.__code__.co_code == before
    for unit in instructions(before):
        first = unit[0] + 2
        assert not any(before[first : unit[3]]) or before[unit[0]] == subject.py.EXTENDED_ARG


@pytest.mark.parametrize("module", MODULES[::4])
def test_the_decoder_agrees_with_the_bytecode_package(module: str) -> None:
    """An independent reader finds the same instructions."""
    for code in codes_of(module):
        theirs = [
            part[0]
            for item in bytecode.ConcreteBytecode.from_code(code, extended_arg=True)
            if isinstance(item, bytecode.ConcreteInstr) and item.opcode not in SKIPPED
            for part in taken_apart(item.opcode, 0)
        ]
        assert [unit[1] for unit in instructions(code.co_code)] == theirs


@pytest.mark.parametrize("module", MODULES[::4])
def test_names_are_those_that_dis_sees(module: str) -> None:
    """Every name that `dis` shows as read, imported or stored is among the facts."""
    for code in codes_of(module):
        inside = list(with_nested(code))
        known = facts_of(code)
        first = {path[0] for path in known.reads}
        for item in (one for part in inside for one in dis.get_instructions(part)):
            if item.opname in {"LOAD_GLOBAL", "LOAD_FROM_DICT_OR_GLOBALS"}:
                assert item.argval in first
            elif item.opname in {"LOAD_ATTR", "LOAD_METHOD", "STORE_ATTR", "LOAD_SUPER_ATTR"}:
                assert known.names & {item.argval, f"type.{item.argval}"}
            elif item.opname == "IMPORT_NAME":
                assert item.argval in {statement.module for statement in known.imports}
            elif item.opname in {"STORE_GLOBAL", "DELETE_GLOBAL"}:
                assert item.argval in known.stores


def test_instrumented_code_is_what_it_was() -> None:
    """Running code, counting or tracing it, does not change its form."""
    space: dict[str, object] = {}
    exec("def f(x):\n    return [i * x for i in range(3) if i]\n", space)
    function = space["f"]
    before = facts_of(function.__code__).canonical
    old = sys.gettrace()
    sys.settrace(lambda *_: None)
    try:
        for number in range(3000):
            function(number)  # type: ignore[operator]
    finally:
        sys.settrace(old)
    subject._remembered.clear()
    assert facts_of(function.__code__).canonical == before


FORMATTED = [
    pytest.param(
        "def f(x, y):\n    return x + y\n",
        "def f(x, y):\n    return (\n        x\n        + y\n    )\n",
        id="two lines",
    ),
    pytest.param(
        "def f(x):\n    if x: return 1\n    return 2\n",
        "def f(x):\n    if x:\n        return 1\n    return 2\n",
        id="if on a line",
    ),
    pytest.param(
        "def f(x):\n    return [y for y in x if y.a]\n",
        "def f(x):\n    return [\n        y\n        for y in x\n        if y.a\n    ]\n",
        id="comprehension over lines",
        marks=pytest.mark.xfail(
            sys.version_info[:2] == (3, 12),
            strict=True,
            reason="the compiler of 3.12 threads jumps only within a line",
        ),
    ),
    pytest.param(
        "def f(x):\n    return g(x, 1, key=[x, 'a' 'b'])\n",
        "def f(x):\n    return g(\n        x,\n        1,\n        key=[\n            x,\n"
        "            'a'\n            'b',\n        ],\n    )\n",
        id="call over lines",
    ),
    pytest.param(
        "def f(x):\n    a = x; b = a\n    return b\n",
        "def f(x):\n    a = x\n    b = a\n    return b\n",
        id="statements on a line",
    ),
]


@pytest.mark.parametrize(("one", "other"), FORMATTED)
def test_formatting_is_left_out(one: str, other: str) -> None:
    """A formatter may break and join lines."""
    assert facts(one).canonical == facts(other).canonical


def test_a_formatter_changes_nothing() -> None:
    """Of the functions of the standard library, all but a few survive another formatting."""
    total = changed = 0
    for module in MODULES[::4]:
        source = source_of(module)
        if source is None:
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            again = compile(ast.unparse(ast.parse(source)), "<lib>", "exec", dont_inherit=True)
            for one, other in zip(codes_of(module), with_nested(again), strict=True):
                total += 1
                changed += facts_of(one).canonical != facts_of(other).canonical
    if not total:
        pytest.skip("the standard library has no source here")
    assert total > 500
    assert changed / total < (0.01 if sys.version_info < (3, 12) else 0.06)


# -- `getattr` with a name that is a constant, and without ---------------------------------

CONSTANT_NAMES = (
    "getattr(x, 'a')",
    "getattr(x, 'a', None)",
    "getattr(x.y(1, 2), 'a')",
    "getattr(x[y], 'a', x + y)",
    "getattr(getattr(x, 'a'), 'b')",
    "hasattr(x, 'a')",
    "setattr(x, 'a', y)",
    "delattr(x, 'a')",
    "getattr(x, 'a')(y)",
    "[getattr(i, 'a') for i in x]",
    "getattr(g(x, y), 'a', g(1, 2, 3))",
    "getattr(x, 'a', y(1)(2)(3))",
)
COMPUTED_NAMES = (
    "getattr(x, y)",
    "getattr(x, y, 'a')",
    "getattr('a', y)",
    "getattr(x, 'a' + y)",
    "getattr(x, f'{y}a')",
    "getattr(x, 'a' if y else 'b')",
    "getattr(x, y or 'a')",
    "getattr(x, (y := 'a') and y)",
    "getattr(x, g('a'))",
    "getattr(x, g('a', 'b'))",
    "getattr(x, g(1, 2, 3))",
    "getattr(g(x, 'a'), y)",
    "getattr(g(x, 'a', 'b'), y)",
    "getattr(x, y.z('a'))",
    "getattr(*x)",
    "getattr(x, *y)",
    "getattr(x, *'a')",
    "getattr(x, 'a'.upper())",
    "getattr(x, 'ab'[y])",
    "map(getattr, x, 'a')",
    "g(getattr, 'a')",
    "g(x, getattr, 'a')",
    "getattr",
    "(getattr, 'a')",
    "[getattr(i, n) for i, n in x]",
    "setattr(x, y, 'a')",
    "hasattr(x, str('a'))",
    "getattr(x, b'a')",
    "getattr(x, ('a',)[0] + y)",
    "getattr(getattr(x, y), 'a')",
    "getattr(getattr(x, 'a'), y)",
    "getattr(x, getattr(y, 'a'))",
    "(lambda: getattr(x, y))()",
)


@pytest.mark.parametrize("text", CONSTANT_NAMES)
def test_a_constant_name_is_seen(text: str) -> None:
    """`getattr` with a constant name reads that name and no other."""
    known = facts(f"def f(x, y):\n    return {text}\n")
    assert not known.computed_attribute
    assert "a" in known.names


@pytest.mark.parametrize("text", COMPUTED_NAMES)
def test_a_computed_name_is_seen(text: str) -> None:
    """`getattr` may read any name unless its second argument is surely a constant."""
    assert facts(f"def f(x, y):\n    return {text}\n").computed_attribute


ARGUMENTS = st.recursive(
    st.sampled_from(["x", "y", "'a'", "1", "x.y", "x[y]", "not x", "[x]", "-x", "*x", "f'{x}'"]),
    lambda inner: st.builds(
        "{}({})".format,
        st.sampled_from(["g", "x.m", "getattr", "x[0]"]),
        st.lists(inner, min_size=1, max_size=4).map(", ".join),
    ),
    max_leaves=8,
)


@given(ARGUMENTS)
def test_a_computed_name_is_never_taken_for_a_constant(text: str) -> None:
    """Whatever stands around it, a `getattr` without a constant name is found."""
    if text.startswith("*"):
        text = f"g({text})"
    tree = ast.parse(text)
    computed = any(
        isinstance(node, ast.Name)
        and node.id == "getattr"
        and not any(
            isinstance(call, ast.Call)
            and call.func is node
            and len(call.args) > 1
            and not isinstance(call.args[0], ast.Starred)
            and isinstance(call.args[1], ast.Constant)
            and isinstance(call.args[1].value, str)
            for call in ast.walk(tree)
        )
        for node in ast.walk(tree)
    )
    if computed:
        assert facts(f"def f(x, y):\n    return {text}\n").computed_attribute


# -- what the code reads ------------------------------------------------------------------


def test_name_paths_are_read_as_far_as_they_go() -> None:
    """Attributes that are read at once belong to the path of the global."""
    known = facts("def f(x):\n    return os.path.join(x), json.dumps(x).strip, os.sep\n")
    assert known.reads == (("os", "path", "join"), ("json", "dumps"), ("os", "sep"))
    assert "strip" in known.names


def test_attributes_of_one_of_two_objects_are_no_path() -> None:
    """What may be read from another object too is not part of a path."""
    known = facts("def f(x):\n    return (x or a).name\n")
    assert known.reads == (("a",),)
    assert "name" in known.names


def test_imports_are_listed() -> None:
    """Statements that import say what they import, from how far, and which names."""
    known = facts("def f():\n    import a.b\n    from .c import d as e\n    from .. import g\n")
    assert [(one.module, one.level, one.names) for one in known.imports] == [
        ("a.b", 0, ()),
        ("c", 1, ("d",)),
        ("", 2, ("g",)),
    ]


def test_nested_code_is_read_too() -> None:
    """Functions and classes inside a function read the same module."""
    known = facts("def f():\n    class K:\n        def m(self):\n            return far.away\n")
    assert ("far", "away") in known.reads
    assert known.labels == ("f", "K", "m")
