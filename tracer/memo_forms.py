"""Whether a function only remembers its answers in a dictionary, told from how it is written.

A function does, if nobody can tell from what it returns whether the dictionary had the
answer already. These are known, where `K` is a parameter or a tuple of parameters:

    if K not in D: …; D[K] = v        if K in D: return D[K]        try: return D[K]
    return D[K]                       …; D[K] = v; return v         except KeyError: …

    v = D.get(K)                      return D.setdefault(K, …)
    if v is None: …; D[K] = v
    return v

All may be within `with lock:`. Before and after may stand what does not ask the
dictionary; after, nothing is read but the answer and parameters, since what was made on
the way is there only where the answer was not. All parameters that are read are in the
key, and no variable is captured, so an answer is a function of the key and of what the
code reads by name. `if K in D: return "seen"` is none of these, and neither is a key that
is a constant.

Reads source, where that is what runs, and runs nothing.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from types import CodeType
from typing import Final

from .canonical import tree_of


def why_not_a_memo(code: CodeType, name: str) -> str:
    """Say what a function does with the dictionary of a global name beside remembering answers.

    Returns:
        Nothing where it does no more.
    """
    tree = tree_of(code)
    if tree is None:
        return "its source is not what runs"
    if code.co_freevars:
        return "it captures variables"
    try:
        _Form(tree, name).check()
    except _OtherFormError as error:
        return str(error)
    return ""


def only_empties(code: CodeType, name: str) -> bool:
    """Tell whether all that a function does with the dictionary of a name is to empty it."""
    tree = tree_of(code)
    if tree is None:
        return False
    calls = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    ]
    cleared = [one for one in calls if _method(one, name, "clear") and not one.args]
    return len(cleared) == len(_mentions([tree], name))


class _OtherFormError(Exception):
    """The function is written in another way; says in which."""


_Key = tuple[str, ...]

_OTHER: Final = "it does not only look answers up and add those that are not there"


class _Form:
    """One function, and how it uses one dictionary."""

    def __init__(self, tree: ast.FunctionDef, name: str) -> None:
        self.tree = tree
        self.name = name
        self.parameters = frozenset(
            node.arg for node in ast.walk(tree.args) if isinstance(node, ast.arg)
        )
        self.bound = _bound(tree.body)
        self.key: _Key | None = None
        self.keys: dict[str, _Key] = {}
        """Variables that hold a key."""
        self.answers: set[str] = set()
        """Variables that hold the answer, wherever it came from."""
        self.default: ast.expr | None = None
        """What `get` gives where there is no answer."""

    def check(self) -> None:
        """Raise if it is none of the forms that are known."""
        read = _read([self.tree])
        strange = [node for node in ast.walk(self.tree) if isinstance(node, _STRANGE)]
        if strange or read & _SEE_VARIABLES:
            raise _OtherFormError("it is more than a plain function")
        if self.name in self.bound or self.name in self.parameters:
            raise _OtherFormError("it binds its name")
        self._statements(self.tree.body)
        missing = sorted((read & self.parameters) - {*(self.key or ())})
        if self.key is None or missing:
            what = f"`{missing[0]}` is read and not in the key" if missing else "it has no key"
            raise _OtherFormError(what)

    def _statements(self, body: list[ast.stmt]) -> None:
        """Check statements, the first of which may have nothing to do with the dictionary."""
        for number, statement in enumerate(body):
            if self._asks([statement]):
                self._asking(statement, body[number + 1 :])
                return
            self._note_key(statement)
        raise _OtherFormError(_OTHER)

    def _note_key(self, statement: ast.stmt) -> None:
        match statement:
            case ast.Assign([ast.Name(name)], value):
                key = self._key_in(value)
                if key is not None and self._times_bound(name) == 1:
                    self.keys[name] = key
            case _:
                pass

    def _times_bound(self, name: str) -> int:
        return sum(
            isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Load)
            for node in ast.walk(self.tree)
        )

    # -- how the dictionary is asked ----------------------------------------------

    def _asking(self, statement: ast.stmt, rest: list[ast.stmt]) -> None:
        """Check the statement that asks first, and all that follow."""
        match statement:
            case ast.If(test, body, orelse):
                if self._is_absent(test):
                    self._parted(orelse, body, rest)
                else:
                    self._parted(body, orelse, rest)
            case ast.Try(
                body=[found],
                handlers=[ast.ExceptHandler(type=ast.Name("KeyError"), name=None, body=handler)],
                orelse=[],
                finalbody=[],
            ):
                self._parted([found], handler, rest)
            case ast.Assign([ast.Name(name)], ast.Call() as call) if _method(
                call, self.name, "get"
            ):
                self._get(name, call)
                if not rest or not isinstance(rest[0], ast.If):
                    raise _OtherFormError(_OTHER)
                self._asking(rest[0], rest[1:])
            case ast.Assign([ast.Name(name)], value) if self._is_default_set(value):
                self.answers.add(name)
                self._after(rest, _bound([statement]))
            case ast.Return(value) if value is not None and self._is_default_set(value):
                self._nothing_asks(rest)
            case ast.With([ast.withitem(ast.Name(lock), None)], body) if (
                lock not in self.bound | self.parameters
            ):
                self._statements([*body, *rest])
            case _:
                raise _OtherFormError(_OTHER)

    def _is_absent(self, test: ast.expr) -> bool:
        """Tell whether a test asks if the answer is not there; False if it asks whether it is."""
        match test:
            case ast.UnaryOp(ast.Not(), operand):
                return not self._is_absent(operand)
            case ast.Compare(key, [ast.In() | ast.NotIn() as op], [ast.Name(self.name)]):
                self._check_key(key)
                return isinstance(op, ast.NotIn)
            case ast.Compare(asked, [ast.Is() | ast.IsNot() as op], [default]):
                match asked:
                    case ast.NamedExpr(ast.Name(name), ast.Call() as call):
                        self._get(name, call)
                    case ast.Name(name) if name in self.answers:
                        pass
                    case _:
                        raise _OtherFormError(_OTHER)
                if self.default is None or ast.dump(default) != ast.dump(self.default):
                    raise _OtherFormError(_OTHER)
                return isinstance(op, ast.Is)
            case _:
                raise _OtherFormError(_OTHER)

    def _get(self, variable: str, call: ast.Call) -> None:
        """Note `variable = D.get(K, default)`."""
        if not _method(call, self.name, "get") or len(call.args) not in {1, 2}:
            raise _OtherFormError(_OTHER)
        self._check_key(call.args[0])
        default = call.args[1] if call.args[1:] else ast.Constant(None)
        match default:
            case ast.Constant(None):
                pass
            case ast.Name(name) if name not in self.bound | self.parameters:
                pass
            case _:
                raise _OtherFormError(_OTHER)
        self.default = default
        self.answers.add(variable)

    def _parted(self, found: list[ast.stmt], absent: list[ast.stmt], rest: list[ast.stmt]) -> None:
        """Check what is done where the answer is there, where it is not, and after both."""
        match found:
            case [ast.Return(value)] if value is not None and self._is_answer(value):
                self._adds_and_returns([*absent, *rest])
                return
            case [] | [ast.Pass()]:
                pass
            case [ast.Assign([ast.Name(name)], value)] if self._is_answer(value):
                self.answers.add(name)
            case _:
                raise _OtherFormError(_OTHER)
        if absent and isinstance(absent[-1], ast.Return):
            self._adds_and_returns(absent)
        else:
            self._adds(absent)
        self._after(rest, _bound(absent))

    def _adds(self, body: list[ast.stmt]) -> None:
        """Check statements the last of which adds the answer."""
        if not body:
            raise _OtherFormError(_OTHER)
        self._nothing_asks(body[:-1])
        match body[-1]:
            case ast.Assign([ast.Name(name)], value) if self._is_default_set(value):
                names = {name}
            case ast.Assign(targets, value):
                names = self._added(targets, value)
            case _:
                raise _OtherFormError(_OTHER)
        if not self.answers <= names:
            raise _OtherFormError(_OTHER)

    def _added(self, targets: Sequence[ast.expr], value: ast.expr) -> set[str]:
        """Return the variables that hold the answer once it was added."""
        self._nothing_asks([value])
        names = {value.id} if isinstance(value, ast.Name) else set[str]()
        count = 0
        for target in targets:
            if isinstance(target, ast.Name):
                names.add(target.id)
            elif self._is_place(target):
                count += 1
            else:
                raise _OtherFormError(_OTHER)
        if count != 1:
            raise _OtherFormError(_OTHER)
        return names

    def _adds_and_returns(self, body: list[ast.stmt]) -> None:
        """Check statements that add the answer and return it at once."""
        self._nothing_asks(body[:-2])
        match body[-2:]:
            case [ast.Assign(targets, value), ast.Return(given)] if given is not None and (
                self._asks([body[-2]])
            ):
                names = self._added(targets, value)
                is_it = isinstance(given, ast.Name) and given.id in names
                if not is_it and not self._is_place(given):
                    raise _OtherFormError(_OTHER)
            case [*others, ast.Return(given)] if given is not None and self._is_default_set(given):
                self._nothing_asks(others)
            case _:
                raise _OtherFormError(_OTHER)

    def _after(self, rest: list[ast.stmt], made: frozenset[str]) -> None:
        """Check what is done whether the answer was there or not."""
        allowed = [
            node for node in _walk(rest) if isinstance(node, ast.Subscript) and self._is_place(node)
        ]
        if any(not isinstance(node.ctx, ast.Load) for node in allowed):
            raise _OtherFormError(_OTHER)
        if len(allowed) != len(_mentions(rest, self.name)):
            raise _OtherFormError(_OTHER)
        own = _bound(rest) - made
        before = _bound([one for one in self.tree.body if one not in rest])
        known = self.parameters | self.answers | self.keys.keys() | (own - before)
        variables = _read(rest) & (self.bound | self.parameters)
        if not variables <= known or own & self.answers:
            raise _OtherFormError("what is made while an answer is computed is used after it")

    # -- parts --------------------------------------------------------------------

    def _asks(self, nodes: Sequence[ast.AST]) -> bool:
        return bool(_mentions(nodes, self.name))

    def _nothing_asks(self, nodes: Sequence[ast.AST]) -> None:
        if self._asks(nodes):
            raise _OtherFormError(_OTHER)

    def _key_in(self, node: ast.expr) -> _Key | None:
        """Return the parameters that a key is made of: after `""` those of a tuple."""
        match node:
            case ast.Name(name) if name in self.keys:
                return self.keys[name]
            case ast.Name(name) if name in self.parameters - self.bound:
                return (name,)
            case ast.Tuple(parts):
                names = [part.id for part in parts if isinstance(part, ast.Name)]
                if len(names) == len(parts) and {*names} <= self.parameters - self.bound:
                    return ("", *names)
                return None
            case _:
                return None

    def _check_key(self, node: ast.expr) -> None:
        key = self._key_in(node)
        if key is None:
            raise _OtherFormError("its key is not made of parameters alone")
        if self.key is not None and key != self.key:
            raise _OtherFormError("it has more than one key")
        self.key = key

    def _is_place(self, node: ast.expr) -> bool:
        """Tell whether it is `D[K]`."""
        match node:
            case ast.Subscript(ast.Name(self.name), key):
                self._check_key(key)
                return True
            case _:
                return False

    def _is_answer(self, node: ast.expr) -> bool:
        return (isinstance(node, ast.Name) and node.id in self.answers) or self._is_place(node)

    def _is_default_set(self, node: ast.expr) -> bool:
        """Tell whether it is `D.setdefault(K, …)`."""
        match node:
            case ast.Call(args=[key, value]) if _method(node, self.name, "setdefault"):
                self._check_key(key)
                self._nothing_asks([value])
                return True
            case _:
                return False


_SEE_VARIABLES: Final = frozenset({"locals", "vars", "dir", "eval", "exec", "globals"})

_STRANGE: Final = (
    *(ast.Yield, ast.YieldFrom, ast.Await, ast.AsyncFor, ast.AsyncWith),
    *(ast.Global, ast.Nonlocal, ast.Delete),
)


def _method(call: ast.Call, name: str, method: str) -> bool:
    """Tell whether a method of the dictionary is called, with nothing by keyword."""
    match call:
        case ast.Call(ast.Attribute(ast.Name(of), attribute), keywords=[]):
            return of == name and attribute == method
        case _:
            return False


def _walk(nodes: Iterable[ast.AST]) -> Iterable[ast.AST]:
    for node in nodes:
        yield from ast.walk(node)


def _mentions(nodes: Iterable[ast.AST], name: str) -> list[ast.Name]:
    return [node for node in _walk(nodes) if isinstance(node, ast.Name) and node.id == name]


def _read(nodes: Iterable[ast.AST]) -> frozenset[str]:
    return frozenset(
        node.id
        for node in _walk(nodes)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    )


def _bound(nodes: Iterable[ast.AST]) -> frozenset[str]:
    """Return all names that are bound in any way, in functions within, too."""
    found: set[str | None] = set()
    for node in _walk(nodes):
        match node:
            case ast.Name(name, ast.Store() | ast.Del()):
                found.add(name)
            case ast.arg(name) | ast.FunctionDef(name) | ast.ClassDef(name):
                found.add(name)
            case ast.AsyncFunctionDef(name) | ast.ExceptHandler(name=name):
                found.add(name)
            case ast.MatchAs(name=name) | ast.MatchStar(name) | ast.MatchMapping(rest=name):
                found.add(name)
            case ast.alias(name, asname):
                found.add(asname or name.partition(".")[0])
            case _:
                pass
    return frozenset(name for name in found if name is not None)
