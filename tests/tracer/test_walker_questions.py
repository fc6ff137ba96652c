"""What functions say about themselves counts where something asks them, and only there."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tracer.programs import Edit, Outcome, Program
from tracer.digests import Digest

SUBJECTS = """
    def h(x, k: int = 1):
        'one'
        rate = x
        def inner(y: float):
            return y
        return rate
    class K:
        'one of K'
        a: int = 1
        def m(self, p: int = 2):
            'one of m'
            cost = p
            return cost
        def shown(self):
            return sorted(self.__dict__)
"""
IMPORTS = """
    import cmd, contextlib, dis, doctest, functools, inspect, io, marshal, operator
    import pydoc, sys, types, typing, unittest
    def told(teller, *of):
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            teller(*of)
        return out.getvalue()
    def g(x):
        return x
    KNOWN = set()
"""
"""What some of the cases need; each case reaches only what it names."""

EDITS = {
    "docstring": ("'one'", "'two'"),
    "docstring of a class": ("'one of K'", "'two of K'"),
    "docstring of a method": ("'one of m'", "'two of m'"),
    "annotation": ("k: int", "k: str"),
    "annotation of a class": ("a: int", "a: str"),
    "annotation inside": ("y: float", "y: str"),
    "local name": ("rate", "cost_of_x"),
}

EVALUATED = sys.version_info < (3, 14)
"""Annotations are evaluated where the function is made."""

ASKED = {
    "docstring": (
        "h.__doc__",
        "(h if x else type(x)).__doc__",
        "(h if x else x.__class__).__doc__",
        "inspect.getdoc(h)",
        "pydoc.getdoc(h)",
        "pydoc.render_doc(h)",
        "told(help, h)",
        "h.__code__.co_consts[0]",
        "[one for one in h.__code__.co_consts if type(one) is str]",
        "marshal.dumps(h.__code__)",
        "dis.Bytecode(h).info()",
        "doctest.DocTestFinder(exclude_empty=False).find(h, 'h', module=False)[0].docstring",
        "getattr(h, '__doc__')",
        "operator.attrgetter('__doc__')(h)",
        "'{0.__doc__}'.format(h)",
        "[getattr(h, name) for name in dir(h) if type(getattr(h, name)) is str]",
        "[getattr(h, name) for name in h.__dir__() if type(getattr(h, name)) is str]",
        "[one for _, one in inspect.getmembers(h) if type(one) is str]",
        "functools.wraps(h)(g).__doc__",
        "property(h).__doc__",
        "h.__code__.replace(co_name='other').co_consts[0]",
        "list(h.__code__.co_consts)[0]",
        "KNOWN.add(h.__code__.co_consts[0]) or max(KNOWN)",
        "KNOWN.add(h.__code__) or [one.co_consts[0] for one in KNOWN]",
        "list(map(marshal.dumps, [h.__code__]))",
    ),
    "docstring of a class": (
        "inspect.getdoc(K)",
        "[one for one in vars(K).values() if type(one) is str]",
        "[one for one in K.__dict__.values() if type(one) is str]",
        "list(map(vars, [K]))[0]['__' + 'doc__']",
        "[getattr(K, name) for name in dir(K) if type(getattr(K, name)) is str]",
        "told(help, K)",
        "type('Z', (), dict(vars(K))).__doc__",
    ),
    "docstring of a method": (
        "K().m.__doc__",
        "inspect.getdoc(K.m)",
        "pydoc.render_doc(K)",
        "[one.__doc__ for name, one in sorted(vars(K).items()) if name == 'm']",
    ),
    "annotation": (
        "h.__annotations__",
        "str(inspect.signature(h))",
        "inspect.getfullargspec(h).annotations",
        "inspect.get_annotations(h)",
        "typing.get_type_hints(h)",
        "pydoc.render_doc(h)",
    ),
    "annotation of a class": (
        "K.__annotations__",
        *(["[one for one in vars(K).values() if type(one) is dict]"] if EVALUATED else []),
        "typing.get_type_hints(K)",
    ),
    "annotation inside": (
        *(["h.__code__.co_names"] if EVALUATED else []),
        "marshal.dumps(h.__code__)",
    ),
    "local name": (
        "h.__code__.co_varnames",
        "sorted(h.__code__.co_varnames)",
        "repr(h.__code__.co_varnames)",
        "dis.Bytecode(h).info()",
        "marshal.dumps(h.__code__)",
        "[one.argval for one in dis.get_instructions(h) if one.argval == 'rate']",
    ),
}

NOT_ASKED = {
    "docstring": (
        "str(inspect.signature(h))",
        "inspect.getfullargspec(h).args",
        "inspect.isfunction(h)",
        "inspect.getattr_static(K, 'a')",
        "inspect.get_annotations(h)",
        "inspect.cleandoc('text')",
        "typing.get_type_hints(h)",
        "h.__code__.co_argcount",
        "h.__code__.co_varnames",
        "h.__code__ == g.__code__, h.__code__ is g.__code__, h.__code__ in KNOWN",
        "types.FunctionType(h.__code__, {}, h.__name__ or 'other')(3)",
        "KNOWN.add(h.__code__)",
        "h.__name__",
        "K().shown()",
        "vars(K).values() and dir(h)",
    ),
    "docstring of a class": (
        "K().shown()",
        "K.__dict__['a']",
        "K.__dict__.get('a')",
        "'a' in K.__dict__",
        "h.__doc__ is None",
        "inspect.signature(K.m).parameters['p'].default",
    ),
    "docstring of a method": (
        "[one for one in vars(K).values() if type(one) is str]",
        "K().shown()",
        "inspect.signature(K.m).parameters['p'].default",
    ),
    "annotation": ("h.__doc__", "inspect.getdoc(h)", "h.__code__.co_varnames", "vars(K)"),
    "annotation of a class": ("K().shown()", "K.__dict__['a']", "inspect.getdoc(K)"),
    "annotation inside": ("inspect.getdoc(h)", "h.__code__.co_varnames"),
    "local name": (
        "str(inspect.signature(h))",
        "inspect.getdoc(h)",
        "h.__code__.co_argcount",
        "h.__code__.co_name",
        "typing.get_type_hints(h)",
    ),
}


def edited(what: str, text: str) -> Edit:
    """Return the program that evaluates `text`, and one edit of its subjects."""
    source = "".join(map(textwrap.dedent, (IMPORTS, SUBJECTS)))
    return Edit(what, f"{source}\ndef f(x):\n    return {text}\n", *EDITS[what])


def cases(table: dict[str, tuple[str, ...]]) -> pytest.MarkDecorator:
    """Run a test once for each edit and each text that a table has for it."""
    pairs = [(what, text) for what, texts in table.items() for text in texts]
    return pytest.mark.parametrize(("what", "text"), pairs)


@cases(ASKED)
def test_what_is_asked_is_noticed(what: str, text: str, compare: Callable[[Edit], Outcome]) -> None:
    """Code that reads a docstring, an annotation or a name depends on it."""
    outcome = compare(edited(what, text))
    assert outcome.matters
    assert outcome.noticed


@cases(NOT_ASKED)
def test_what_is_not_asked_is_no_change(
    what: str, text: str, compare: Callable[[Edit], Outcome]
) -> None:
    """Code that asks for something else is kept when they change."""
    assert not compare(edited(what, text)).noticed


def test_what_is_handed_on_is_asked_for_where_it_arrives(
    program: Callable[..., Program],
) -> None:
    """A wrapper that takes over a docstring says nothing, who reads it does."""
    source = textwrap.dedent("""
        def h(x):
            'one'
            return x
        def wrapped(function):
            def made(x):
                return function(x)
            made.__doc__ = function.__doc__
            made.__name__ = function.__name__
            made.__code__ = function.__code__
            return made
        def handed(x):
            return wrapped(h)(x)
        def told(x):
            return wrapped(h).__doc__
    """)
    before, after = program(source), program(source.replace("one", "two"))
    assert before.graph("handed").digest == after.graph("handed").digest
    assert before.graph("told").digest != after.graph("told").digest


LISTED = textwrap.dedent("""
    class K:
        'one'
        def shown(self):
            return [text for text in self.__dict__.values() if type(text) is str]
    class Meta(type):
        def shown(cls):
            return [text for text in cls.__dict__.values() if type(text) is str]
    class L(metaclass=Meta):
        'one'
        @classmethod
        def listed(cls):
            return [text for text in vars(cls).values() if type(text) is str]
    def shown(of):
        return [text for text in of.__dict__.values() if type(text) is str]
""")


@pytest.mark.parametrize(
    ("text", "is_told"),
    [("K().shown()", False), ("L.shown()", True), ("L.listed()", True), ("shown(K)", True)],
)
def test_a_method_lists_its_object_and_not_its_class(
    text: str, is_told: bool, compare: Callable[[Edit], Outcome]
) -> None:
    """`self.__dict__` has no docstring in it; that of a class has."""
    outcome = compare(Edit("", f"{LISTED}\ndef f(x):\n    return {text}\n", "'one'", "'two'"))
    assert (outcome.matters, outcome.noticed) == (is_told, is_told)


NESTED = {
    "str(inspect.signature(inner))": ("h, /, *", "k, /, *"),
    "str(inspect.signature(inner)) + ''": ("*others", "*rest"),
    "inner.__doc__": ("'one'", "'two'"),
    "L.__doc__": ("'one of L'", "'two of L'"),
    "type(L()).__doc__": ("'one of L'", "'two of L'"),
    "type(L()).__name__": ("L", "M"),
    "[one for one in vars(L).values() if type(one) is str]": ("'one of L'", "'two of L'"),
}


@pytest.mark.parametrize("text", NESTED)
def test_what_is_nested_in_a_function_is_asked_too(
    text: str, compare: Callable[[Edit], Outcome]
) -> None:
    """A function answers for the functions and classes that it makes."""
    source = textwrap.dedent(f"""
        import inspect
        def f(x):
            def inner(h, /, *others):
                'one'
                return x
            class L:
                'one of L'
            return {text}
    """)
    outcome = compare(Edit("", source, *NESTED[text]))
    assert outcome.matters
    assert outcome.noticed


@pytest.mark.parametrize(
    ("text", "old", "new"),
    [
        ("str(inspect.signature(inner))", "rate", "cost"),
        ("str(inspect.signature(inner))", "'one", "'two"),
        ("type(L()).__doc__", "'one of inner'", "'two of inner'"),
        ("type(L()).__name__", "'one", "'two"),
        ("type(L()).__name__", "rate", "cost"),
        ("inner.__doc__", "rate", "cost"),
    ],
)
def test_what_is_not_asked_of_what_is_nested_is_no_change(
    text: str, old: str, new: str, compare: Callable[[Edit], Outcome]
) -> None:
    """A local name in a nested function is none of its parameters, and so on."""
    source = textwrap.dedent(f"""
        import inspect
        def f(x):
            def inner(h, /, *others):
                'one of inner'
                rate = x
                return rate
            class L:
                'one of L'
            return {text}
    """)
    assert not compare(Edit("", source, old, new)).noticed


@pytest.fixture
def in_tmp_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))


@pytest.mark.parametrize(
    ("read", "old", "new"),
    [
        ("h.__doc__", "'one'", "'two'"),
        ("h.__annotations__", "y: int", "y: str"),
        ("h.__code__.co_varnames", "rate", "cost"),
        ("h(1)", "", ""),
    ],
)
@pytest.mark.usefixtures("in_tmp_path")
def test_a_module_not_imported_yet_is_asked_too(
    read: str, old: str, new: str, tmp_path: Path, program: Callable[..., Program]
) -> None:
    """What functions say counts in source that the call will import."""
    made = program(f"def f(x):\n    import later_on\n    return later_on.{read}\n")
    source = "def h(y: int):\n    'one'\n    rate = y\n    return rate\n"
    found: set[Digest] = set()
    for text in (source, source.replace(old, new) if old else edits_of_all(source)):
        (tmp_path / "later_on.py").write_text(text, encoding="utf-8")
        found.add(made.graph().digest)
    assert len(found) == (2 if old else 1)


def edits_of_all(source: str) -> str:
    """Return a source in which everything is said in another way."""
    return source.replace("'one'", "'two'").replace("int", "str").replace("rate", "cost")
