"""The walk: from a function to everything it can reach, as a dependency graph.

A work list over code, classes, modules and values. Each object is looked at once;
what its code reads is resolved, and what is found is looked at in turn.

How far a class or module goes is decided by name. A method runs only where some code
asks for an attribute of its name, so a member is followed once a name that reached
code may look up is its own; special methods always. Where names cannot be known, all
members count: `getattr` with a computed name, and, for classes, libraries that may
call back.

Runs none of the code it reads. Imports nothing.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import Any, Final, cast

from . import pyversion
from .bytecode import CodeFacts, Import, NamePath, facts_of
from .digests import digest_of, frame
from .errors import NotDigestibleError, UntraceableError
from .graph import DependencyGraph, Edge, Node, NodeKind, Role
from .guard import ABSENT, Guard
from .policy import PYTHON_ITSELF, USER_CODE, Distribution, Policy, distribution_of
from .resolve import Meaning, absolute_name, find_source, namespace_of, resolve
from .values import class_of, encode, mro_of, preview, surrogate_of
from .values.plain import WEAK_CACHES


@dataclass(frozen=True, slots=True)
class Walked:
    """A dependency graph, with the conditions under which it may be used again."""

    graph: DependencyGraph
    guard: Guard


def walk(
    function: Callable[..., object],
    *,
    also: Sequence[tuple[str, object]] = (),
    policy: Policy = USER_CODE,
) -> Walked:
    """Walk everything `function` can reach; return its dependency graph.

    Reads code objects, globals, closure cells, classes and values, and runs none of
    the code it reads: no property, descriptor, `__getattr__` or `__eq__`.

    Args:
        also: code that comes with the call, such as the class of an argument, each
            with the path by which it came.
        policy: says for each module whether its code is followed or pinned.

    Raises:
        UntraceableError: code was reached whose meaning cannot be proved.
        NotDigestibleError: a value was reached that has no digest.
        UnknownPythonError: this Python's bytecode is not known.

    Cost: some 50 µs for each function reached; code objects are read once a process.
    """
    pyversion.require_known()
    walk = _Walk(policy)
    root = walk.visit(function)
    walk.reach(root, [(Role.ARGUMENT, label, target) for label, target in also])
    return walk.finish(root)


def walk_code(
    code: CodeType,
    namespace: dict[str, object],
    *,
    name: str,
    written: frozenset[str] = frozenset(),
    also: Sequence[tuple[str, object]] = (),
    policy: Policy = USER_CODE,
) -> Walked:
    """Walk everything that `code`, run in `namespace`, can reach.

    Args:
        name: what to call the code in explanations, such as `cell`.
        written: names the code surely binds before it reads them; they are not looked up.

    Raises and cost are those of `walk`.
    """
    pyversion.require_known()
    walk = _Walk(policy)
    root = walk.visit_code(code, namespace, name, written)
    walk.reach(root, [(Role.ARGUMENT, label, target) for label, target in also])
    return walk.finish(root)


# -- what may happen by a name that no code spells out --------------------------------

_PROTOCOL_NAMES: Final = frozenset(
    # Asked for by the interpreter or the standard library on behalf of plain syntax and
    # calls: `**mapping`, `yield from`, `print(file=…)`, `json.load(file)`, sqlite3.
    [
        "keys",
        "send",
        "throw",
        "close",
        "write",
        "writelines",
        "flush",
        "read",
        "readline",
        "readlines",
        "readinto",
        "seek",
        "tell",
        "fileno",
        "isatty",
        "mro",
        "step",
        "finalize",
        "inverse",
        "value",
        "emit",
        "acquire",
        "release",
    ]
)

_INTROSPECTIVE: Final = frozenset(
    [
        "__name__",
        "__qualname__",
        "__doc__",
        "__module__",
        "__annotations__",
        "__code__",
        "__defaults__",
        "__kwdefaults__",
        "__closure__",
        "__globals__",
        "__signature__",
        "getsource",
        "getsourcelines",
        "getdoc",
        "signature",
        "getfullargspec",
        "get_type_hints",
        "get_annotations",
        "getmembers",
    ]
)
"""Attribute names by which code reads what functions and classes are called."""

_WHOLE_NAMESPACE: Final = frozenset({"globals", "eval", "exec", "compile"})
_WHOLE_OBJECTS: Final = frozenset({"vars", "dir"})
_FINDS_MODULES: Final = frozenset({"import_module", "__import__"})

_NO_MEMBER: Final = pyversion.CLASS_BOOKKEEPING | frozenset(
    [
        "__dict__",
        "__weakref__",
        "__annotations__",
        "__annotate__",
        "__annotate_func__",
        "__annotations_cache__",
        "__orig_bases__",
        "__parameters__",
        "__type_params__",
        "__slotnames__",
        "__classcell__",
        "__dataclass_params__",
        "_abc_impl",
        "__conditional_annotations__",
    ]
)
"""Names in every class that say how it was written or what was remembered about it."""

_OF_THE_PLACE: Final = frozenset(
    {"__spec__", "__loader__", "__cached__", "__builtins__", "__path__"}
)
"""Globals that tell where a module was loaded from, which a checkout may change."""

_NO_NAME: Final = _OF_THE_PLACE | {"__file__", "__name__", "__package__", "__doc__"}
"""Globals that every module has without asking."""

_TRANSPARENT_BASES: Final = frozenset({"abc", "typing", "builtins", "_typing", "typing_extensions"})


@dataclass(slots=True)
class _Draft:
    """A node on its way."""

    kind: NodeKind
    name: str
    fields: list[bytes]
    origin: object = None
    preview: str | None = None
    where: str | None = None
    edges: list[tuple[Role, str, int, bool]] = field(
        default_factory=list[tuple[Role, str, int, bool]]
    )
    """Role, label, number of the target, and whether it counts only in case."""
    members: dict[str, tuple[int, bool]] = field(default_factory=dict[str, tuple[int, bool]])
    labels: list[bytes] = field(default_factory=list[bytes])
    """What introspection would see."""
    error: NotDigestibleError | None = None


class _Walk:
    """One walk: what was reached, which names were met, what still waits for a name."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.guard = Guard()
        self.drafts: list[_Draft] = []
        self.numbers: dict[object, int] = {}
        self.kept: list[object] = []
        self.names: set[str] = set(_PROTOCOL_NAMES)
        self.waiting: dict[str, list[tuple[_Draft, object]]] = {}
        self.in_case: dict[str, list[_Draft]] = {}
        self.classes_whole = False
        self.modules_whole = False
        self.module_views: list[dict[str, object]] = []
        self.work: list[Callable[[], None]] = []

    # -- the work list ------------------------------------------------------------

    def visit(self, target: object) -> int:
        """Return the number of the draft for `target`, making it on first sight."""
        target = surrogate_of(target)
        number = self.numbers.get(id(target))
        if number is None:
            self.kept.append(target)  # an `id` must not be used again while we count on it
            number = self._new(id(target), self._draft_of(target))
        return number

    def visit_code(
        self, code: CodeType, namespace: dict[str, object], name: str, written: frozenset[str]
    ) -> int:
        """Return the number of a draft for code that runs in `namespace`."""
        facts = facts_of(code)
        draft = _Draft(NodeKind.FUNCTION, name, [facts.canonical], code)
        number = self._new(object(), draft)
        self.work.append(lambda: self._code(draft, facts, namespace, written))
        return number

    def reach(self, number: int, targets: Iterable[tuple[Role, str, object]]) -> None:
        """Add edges from a draft to `targets`."""
        for role, label, target in targets:
            self._edge(self.drafts[number], role, label, target)

    def finish(self, root: int) -> Walked:
        """Work until nothing new is reached, then freeze what was."""
        while self.work:
            self.work.pop()()
        for namespace in self.module_views:
            for name in self.names:
                self.guard.binding(namespace, name, namespace.get(name, ABSENT))
        self._raise_for_undigestible(root)
        return Walked(self._freeze(root), self.guard)

    def _new(self, key: object, draft: _Draft) -> int:
        number = self.numbers[key] = len(self.drafts)
        self.drafts.append(draft)
        return number

    def _edge(
        self, draft: _Draft, role: Role, label: str, target: object, *, in_case: bool = False
    ) -> None:
        draft.edges.append((role, label, self.visit(target), in_case))

    def _special(self, draft: _Draft, role: Role, label: str, key: object, to: _Draft) -> None:
        """Add an edge to a draft that stands for no object, such as an absent name."""
        number = self.numbers.get(key)
        if number is None:
            number = self._new(key, to)
        draft.edges.append((role, label, number, False))

    def _draft_of(self, target: object) -> _Draft:
        if isinstance(target, FunctionType):
            return self._function(target)
        if isinstance(target, type):
            return self._class(target)
        if isinstance(target, ModuleType):
            return self._module(target)
        if isinstance(target, BuiltinFunctionType) and isinstance(
            target.__self__, ModuleType | None
        ):
            return self._builtin(target)
        return self._value(target)

    # -- functions ----------------------------------------------------------------

    def _function(self, function: FunctionType) -> _Draft:
        code = function.__code__
        module = str(function.__globals__.get("__name__", ""))
        pinned_by = self.policy.pinned_by(module, code.co_filename)
        self.guard.function(function)
        if pinned_by is not None:
            draft = self._pinned(pinned_by, f"{module}.{code.co_qualname}", function)
            if "<locals>" in code.co_qualname:
                # Made by a factory of the library, often around code of the user:
                # `contextmanager`, `singledispatch`, a decorator.
                self.work.append(lambda: self._bindings(draft, function, in_case=True))
            return draft
        facts = facts_of(code)
        draft = _Draft(NodeKind.FUNCTION, function.__qualname__, [facts.canonical], function)
        draft.where = f"{code.co_filename}:{code.co_firstlineno}"
        draft.labels = [
            function.__qualname__.encode(),
            str(function.__doc__).encode("utf-8", "surrogatepass"),
            *(label.encode() for label in facts.labels),
        ]

        def follow() -> None:
            self._code(draft, facts, function.__globals__)
            self._bindings(draft, function, in_case=False)
            self._offer(draft, function.__dict__)
            self.guard.attributes(function)

        self.work.append(follow)
        return draft

    def _bindings(self, draft: _Draft, function: FunctionType, *, in_case: bool) -> None:
        """Follow defaults and captured variables."""
        code = function.__code__
        defaults = function.__defaults__ or ()
        names = code.co_varnames[: code.co_argcount]
        first = len(names) - len(defaults)
        draft.fields.append(b"%d defaults" % len(defaults))
        for name, value in zip(names[first:], defaults, strict=False):
            self._edge(draft, Role.DEFAULT, name, value, in_case=in_case)
        keyword_defaults = function.__kwdefaults__ or {}
        draft.fields.append(frame(*(name.encode() for name in sorted(keyword_defaults))))
        for name in sorted(keyword_defaults):
            self._edge(draft, Role.DEFAULT, name, keyword_defaults[name], in_case=in_case)
        for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=True):
            self.guard.cell(cell)
            try:
                content = cell.cell_contents
            except ValueError:
                self._absent(draft, Role.CLOSURE, name)
                continue
            if in_case and isinstance(content, WEAK_CACHES):
                # What a library remembers, such as the answers of `singledispatch`.
                continue
            self._edge(draft, Role.CLOSURE, name, content, in_case=in_case)

    def _code(
        self,
        draft: _Draft,
        facts: CodeFacts,
        namespace: dict[str, object],
        written: frozenset[str] = frozenset(),
    ) -> None:
        """Follow everything the code reads in its module."""
        self._learn(facts.names)
        finds_modules = False
        for path in facts.reads:
            if path[0] in written:
                draft.fields.append(".".join(path).encode())
                continue
            meaning = resolve(path, namespace, self.guard)
            draft.fields.append(".".join(path[meaning.consumed :]).encode())
            self._read(draft, path, meaning, namespace)
            finds_modules |= path[-1] in _FINDS_MODULES or path[:2] == ("sys", "modules")
        for name in sorted(facts.stores - written):
            # What the code binds is looked at too, so that a call which leaves another
            # value behind is noticed.
            self._read(draft, (name,), resolve((name,), namespace, self.guard), namespace)
        for statement in facts.imports:
            self._import(draft, statement, namespace)
        if facts.computed_attribute:
            self._widen(classes=True, modules=True)
        if finds_modules:
            self._modules_by_text(draft, facts)

    def _read(
        self,
        draft: _Draft,
        path: NamePath,
        meaning: Meaning,
        namespace: dict[str, object],
        role: Role = Role.GLOBAL,
    ) -> None:
        """Follow what one name path means."""
        target, owner = meaning.target, meaning.owner
        label = ".".join(path[: meaning.consumed])
        if owner is None and path[0] in namespace and path[0] in _OF_THE_PLACE:
            return
        if owner is None and path[0] == "__file__" and isinstance(target, str):
            target = os.path.basename(target)
        if target is ABSENT:
            self._absent(draft, role, label)
            if owner is not None and isinstance(
                hook := namespace_of(owner).get("__getattr__"), FunctionType
            ):
                self._edge(draft, Role.ATTRIBUTE, f"{owner.__name__}.__getattr__", hook)
            return
        if owner is None and path[0] not in namespace:
            self._reads_builtin(draft, path[0], namespace)
        pinned_by = self._pinned_module(owner) if owner is not None else None
        if owner is None or pinned_by is None or self._is_followed(target):
            self._edge(draft, role, label, target)
        else:
            self._library_member(draft, path, meaning, role=role, owner=owner, pinned_by=pinned_by)

    def _reads_builtin(self, draft: _Draft, name: str, namespace: dict[str, object]) -> None:
        """Follow what builtins reach that take names or text."""
        if name in _WHOLE_NAMESPACE:
            # What is evaluated may read anything the module has.
            view = _Draft(NodeKind.MODULE, str(namespace.get("__name__", "")), [b"whole"])
            key = ("namespace", id(namespace))
            if key not in self.numbers:
                found = {part: item for part, item in namespace.items() if part not in _NO_NAME}
                self.work.append(lambda: self._offer(view, found, whole=True))
            self._special(draft, Role.ATTRIBUTE, name, key, view)
            self.guard.condition(_same_items(namespace))
        elif name in _WHOLE_OBJECTS:
            self._widen(classes=True, modules=True)

    def _library_member(
        self,
        draft: _Draft,
        path: NamePath,
        meaning: Meaning,
        *,
        role: Role,
        owner: ModuleType,
        pinned_by: Distribution,
    ) -> None:
        """Pin what was read from a library's module, by its name there."""
        name = f"{owner.__name__}.{path[meaning.consumed - 1]}"
        to = self._pinned(pinned_by, name, meaning.target)
        if type(meaning.target) in (bool, int, float, str, bytes, type(None)):
            # A constant of the library that the program may have set itself.
            to.fields.append(encode(meaning.target).digest)
            to.preview = preview(meaning.target)
        label = ".".join(path[: meaning.consumed])
        self._special(draft, role, label, ("library", name), to)

    def _absent(self, draft: _Draft, role: Role, label: str) -> None:
        to = _Draft(NodeKind.ABSENT, label, [label.encode()])
        self._special(draft, role, label, ("absent", label), to)

    # -- modules ------------------------------------------------------------------

    def _module(self, module: ModuleType) -> _Draft:
        """Draft a module that code holds as an object."""
        pinned_by = self._pinned_module(module)
        if pinned_by is not None:
            return self._pinned(pinned_by, module.__name__, module)
        draft = _Draft(NodeKind.MODULE, module.__name__, [], module)
        namespace = namespace_of(module)
        self.module_views.append(namespace)
        self.work.append(lambda: self._offer(draft, namespace, always=("__getattr__",)))
        return draft

    def _pinned_module(self, module: ModuleType) -> Distribution | None:
        file = namespace_of(module).get("__file__")
        name = str(namespace_of(module).get("__name__", ""))
        return self.policy.pinned_by(name, file if isinstance(file, str) else None)

    def _import(self, draft: _Draft, statement: Import, namespace: dict[str, object]) -> None:
        """Follow an import that the code runs itself."""
        name = absolute_name(statement.module, statement.level, namespace)
        wanted = [name, *(f"{name}.{part}" for part in statement.names)]
        module = sys.modules.get(name)
        for full in wanted:
            self.guard.binding(sys.modules, full, sys.modules.get(full, ABSENT))
        if module is None:
            self._not_imported(draft, name)
            return
        if not statement.names:
            self._edge(draft, Role.IMPORT, name, module)
            top = sys.modules.get(name.partition(".")[0])
            if top is not None and top is not module:
                self._edge(draft, Role.IMPORT, top.__name__, top)
            return
        for part in statement.names:
            meaning = resolve((name, part), {name: module}, self.guard)
            if meaning.target is ABSENT:
                self._not_imported(draft, f"{name}.{part}")
            else:
                self._read(draft, (name, part), meaning, {name: module}, Role.IMPORT)

    def _not_imported(self, draft: _Draft, name: str) -> None:
        """Follow a module by its source, because importing it would run it."""
        path = find_source(name)
        top = name.partition(".")[0]
        if path is not None:
            pinned_by = self.policy.pinned_by(name, path)
        else:
            pinned_by = PYTHON_ITSELF if top in sys.stdlib_module_names else distribution_of(top)
        if pinned_by is not None:
            to = self._pinned(pinned_by, name, None)
            self._special(draft, Role.IMPORT, name, ("library", name), to)
        elif path is None:
            self._absent(draft, Role.IMPORT, name)
        else:
            self._source(draft, name, path)

    def _source(self, draft: _Draft, name: str, path: str) -> None:
        key = ("source", path)
        if key in self.numbers:
            draft.edges.append((Role.IMPORT, name, self.numbers[key], False))
            return
        self.guard.condition(_same_file(path))
        try:
            with open(path, "rb") as file:
                code = compile(file.read(), path, "exec", dont_inherit=True)
        except (OSError, SyntaxError, ValueError):
            self._absent(draft, Role.IMPORT, name)
            return
        facts = facts_of(code)
        to = _Draft(NodeKind.MODULE, name, [facts.canonical, *_paths(facts)], where=f"{path}:1")
        self._special(draft, Role.IMPORT, name, key, to)
        self._learn(facts.names)
        package = name if os.path.basename(path) == "__init__.py" else name.rpartition(".")[0]
        place: dict[str, object] = {"__name__": name, "__package__": package}
        for statement in facts.imports:
            self._import(to, statement, place)

    def _modules_by_text(self, draft: _Draft, facts: CodeFacts) -> None:
        """Follow modules that code finds by a name it holds as text."""
        found = False
        for text in sorted(facts.strings):
            module = sys.modules.get(text)
            if module is not None:
                self._edge(draft, Role.IMPORT, text, module)
            elif all(part.isidentifier() for part in text.split(".")) and find_source(text):
                self.guard.binding(sys.modules, text, ABSENT)
                self._not_imported(draft, text)
            else:
                continue
            found = True
        if not found:
            raise UntraceableError(draft.name, "it imports a module whose name is computed")

    # -- classes ------------------------------------------------------------------

    def _class(self, kind: type) -> _Draft:
        pinned_by = self._pins_class(kind)
        if pinned_by is not None:
            return self._pinned(pinned_by, f"{kind.__module__}.{kind.__qualname__}", kind)
        draft = _Draft(NodeKind.CLASS, kind.__qualname__, [kind.__qualname__.encode()], kind)
        draft.labels = [str(kind.__dict__.get("__doc__")).encode("utf-8", "surrogatepass")]
        self.guard.class_(kind)

        def follow() -> None:
            if type(kind) is not type:
                self._edge(draft, Role.METACLASS, "metaclass", type(kind))
            for base in kind.__bases__:
                if base is not object:
                    self._edge(draft, Role.BASE, base.__qualname__, base)
            bases = (*mro_of(kind), *mro_of(class_of(kind)))
            library_base = any(self._calls_back(base) for base in bases)
            if _is_enum(kind):
                self._enum_members(draft, kind)
            self._offer(draft, _members_of(kind), whole=library_base, special=True)
            if "__match_args__" in kind.__dict__:
                positional = cast(Iterable[object], kind.__dict__["__match_args__"])
                self._learn(name for name in positional if isinstance(name, str))
            self._offer(draft, {"__subclasses__": _Subclasses(kind)})

        self.work.append(follow)
        return draft

    def _pins_class(self, kind: type) -> Distribution | None:
        """Return what pins a class, if it is the one a library's module has by its name."""
        name: Any = kind.__module__  # a class may say anything here
        module = sys.modules.get(name) if type(name) is str else None
        if module is None:
            return None
        pinned_by = self._pinned_module(module)
        if pinned_by is None:
            return None
        found: object = module
        for part in kind.__qualname__.split("."):
            if isinstance(found, ModuleType):
                found = namespace_of(found).get(part)
            elif isinstance(found, type):
                found = found.__dict__.get(part)
        if found is kind or not kind.__flags__ & _HEAP_TYPE:
            return pinned_by
        # Private classes of an extension, and classes that moved, are still the library's.
        return (
            pinned_by
            if not any(isinstance(member, FunctionType) for member in vars(kind).values())
            else None
        )

    def _calls_back(self, base: type) -> bool:
        """Tell whether a base class may call methods by names that only it knows."""
        if base in (object, type) or base.__module__ in _TRANSPARENT_BASES:
            return False
        return self._pins_class(base) is not None

    def _enum_members(self, draft: _Draft, kind: type) -> None:
        members: dict[str, Enum] = kind.__dict__.get("_member_map_", {})
        draft.fields.append(frame(*(name.encode() for name in members)))
        for name, member in members.items():
            self._edge(draft, Role.ATTRIBUTE, name, member._value_)

    # -- members by name ----------------------------------------------------------

    def _offer(
        self,
        draft: _Draft,
        members: Mapping[str, object],
        *,
        whole: bool = False,
        special: bool = False,
        always: tuple[str, ...] = (),
    ) -> None:
        """Follow those members whose names are looked up; let the others wait."""
        everything = whole or (
            self.classes_whole if draft.kind is NodeKind.CLASS else self.modules_whole
        )
        for name, member in members.items():
            asked_for = name in self.names or name in always or (special and _is_special(name))
            if asked_for or everything:
                self._member(draft, name, member, in_case=not asked_for)
            else:
                self.waiting.setdefault(name, []).append((draft, member))

    def _member(self, draft: _Draft, name: str, member: object, *, in_case: bool) -> None:
        if isinstance(member, _Subclasses):
            if in_case:
                return
            self.guard.condition(member.same())
            draft.fields.append(b"%d subclasses" % len(member.found))
            for subclass in member.found:
                self._edge(draft, Role.SUBCLASS, subclass.__qualname__, subclass)
            return
        draft.members[name] = (self.visit(member), in_case)
        if in_case:
            self.in_case.setdefault(name, []).append(draft)

    def _learn(self, names: Iterable[str]) -> None:
        """Note names that code may look up, and follow members that waited for them."""
        for name in names:
            if name in self.names:
                continue
            self.names.add(name)
            for draft, member in self.waiting.pop(name, ()):
                self._member(draft, name, member, in_case=False)
            for draft in self.in_case.pop(name, ()):
                draft.members[name] = (draft.members[name][0], False)
            if name == "__dict__":
                self._widen(classes=True, modules=True)

    def _widen(self, *, classes: bool = False, modules: bool = False) -> None:
        """Follow all members of classes, or of modules, from here on and so far."""
        self.classes_whole |= classes
        self.modules_whole |= modules
        for name, waiting in list(self.waiting.items()):
            still: list[tuple[_Draft, object]] = []
            for draft, member in waiting:
                is_class = draft.kind is NodeKind.CLASS
                if (self.classes_whole if is_class else self.modules_whole) and not isinstance(
                    member, _Subclasses
                ):
                    self._member(draft, name, member, in_case=True)
                else:
                    still.append((draft, member))
            self.waiting[name] = still

    # -- libraries and values -----------------------------------------------------

    def _is_followed(self, target: object) -> bool:
        """Tell whether what was found in a library is the user's: a patched function."""
        target = surrogate_of(target)
        if isinstance(target, FunctionType):
            module = str(target.__globals__.get("__name__", ""))
            return self.policy.pinned_by(module, target.__code__.co_filename) is None
        if isinstance(target, type):
            return self._pins_class(target) is None
        if isinstance(target, ModuleType):
            return self._pinned_module(target) is None
        return False

    def _builtin(self, target: BuiltinFunctionType) -> _Draft:
        module = target.__self__
        name = target.__module__ or (module.__name__ if isinstance(module, ModuleType) else "")
        loaded = sys.modules.get(name)
        pinned_by = self._pinned_module(loaded) if loaded is not None else None
        return self._pinned(pinned_by or PYTHON_ITSELF, f"{name}.{target.__qualname__}", target)

    def _pinned(self, pinned_by: Distribution, name: str, origin: object) -> _Draft:
        """Draft a part of a library, for which its version stands."""
        fields = [pinned_by.name.encode(), pinned_by.version.encode(), name.encode()]
        if pinned_by == PYTHON_ITSELF:
            return _Draft(NodeKind.BUILTIN, name, fields, origin, str(pinned_by))
        # Whatever it is, it may call methods of objects it is given by name.
        self.work.append(lambda: self._widen(classes=True))
        return _Draft(NodeKind.DISTRIBUTION, name, fields, origin, str(pinned_by))

    def _value(self, value: object) -> _Draft:
        shown = preview(value)
        draft = _Draft(NodeKind.VALUE, type(value).__qualname__, [], value, shown)
        try:
            encoded = encode(value)
        except NotDigestibleError as error:
            draft.error = error
            draft.fields += [b"opaque", type(value).__qualname__.encode()]
            return draft
        draft.fields.append(encoded.digest)
        if not encoded.immutable:
            self.guard.value(value, encoded)
        if encoded.met_library:
            self.work.append(lambda: self._widen(classes=True))
        if encoded.references:
            number = len(self.drafts)
            found = [(Role.ITEM, part.path, part.target) for part in encoded.references]
            self.work.append(lambda: self.reach(number, found))
        return draft

    # -- freezing -----------------------------------------------------------------

    def _all_edges(self, draft: _Draft) -> list[tuple[Role, str, int, bool]]:
        members = [
            (Role.ATTRIBUTE, name, number, in_case)
            for name, (number, in_case) in sorted(draft.members.items())
        ]
        return draft.edges + members

    def _raise_for_undigestible(self, root: int) -> None:
        """Raise for a value without a digest, unless it is there only in case."""
        seen = {root}
        queue: list[tuple[int, str]] = [(root, self.drafts[root].name)]
        for number, path in queue:
            draft = self.drafts[number]
            if draft.error is not None:
                raise draft.error.under(path)
            for _, label, target, in_case in self._all_edges(draft):
                if target not in seen and not in_case:
                    seen.add(target)
                    shown = self.drafts[target].name if self._is_code(target) else label
                    queue.append((target, f"{path} → {shown}"))

    def _is_code(self, number: int) -> bool:
        return self.drafts[number].kind in {NodeKind.FUNCTION, NodeKind.CLASS}

    def _freeze(self, root: int) -> DependencyGraph:
        """Number what the root reaches, nearest first, and digest each by itself."""
        order = {root: 0}
        queue = [root]
        for number in queue:
            for _, _, target, _ in self._all_edges(self.drafts[number]):
                if target not in order:
                    order[target] = len(order)
                    queue.append(target)
        introspects = not self.names.isdisjoint(_INTROSPECTIVE)
        nodes: list[Node] = []
        edges: list[tuple[Edge, ...]] = []
        for number in queue:
            draft = self.drafts[number]
            members = frame(
                *(name.encode("utf-8", "surrogatepass") for name in sorted(draft.members))
            )
            labels = frame(*draft.labels) if introspects else b""
            digest = digest_of(draft.kind, frame(*draft.fields), members, labels)
            nodes.append(
                Node(draft.kind, draft.name, digest, draft.preview, draft.where, None, draft.origin)
            )
            edges.append(
                tuple(
                    Edge(role, label, order[target])
                    for role, label, target, _ in self._all_edges(draft)
                )
            )
        return DependencyGraph(tuple(nodes), tuple(edges))


_HEAP_TYPE: Final = 1 << 9  # Py_TPFLAGS_HEAPTYPE


@dataclass(slots=True)
class _Subclasses:
    """Stands for the answer of `kind.__subclasses__()`, for code that asks for it."""

    kind: type
    found: list[type] = field(init=False)

    def __post_init__(self) -> None:
        self.found = type.__subclasses__(self.kind)

    def same(self) -> Callable[[], bool]:
        """Return the condition that no subclass has come or gone."""
        kind, found = self.kind, self.found
        return lambda: type.__subclasses__(kind) == found


def _is_enum(kind: type) -> bool:
    return issubclass(kind, Enum)


def _members_of(kind: type) -> dict[str, object]:
    """Return the members of a class that say what it does."""
    members = {name: member for name, member in kind.__dict__.items() if name not in _NO_MEMBER}
    if _is_enum(kind):
        own = kind.__dict__.get("_member_map_", {})
        for name in list(members):
            if name in own or (name[:1] == "_" == name[-1:] and name[1:2] != "_"):
                del members[name]
        members.pop("__new__", None)
        members.pop("__new_member__", None)
    return members


def _is_special(name: str) -> bool:
    return name[:2] == "__" == name[-2:]


def _paths(facts: CodeFacts) -> list[bytes]:
    """Return the name paths of code whose names are not resolved."""
    return [".".join(path).encode() for path in facts.reads]


def _same_items(namespace: Mapping[str, Any]) -> Callable[[], bool]:
    """Return the condition that a namespace has the same names for the same objects."""
    items = dict(namespace)

    def holds() -> bool:
        if len(namespace) != len(items):
            return False
        return all(namespace.get(name, ABSENT) is item for name, item in items.items())

    return holds


def _same_file(path: str) -> Callable[[], bool]:
    """Return the condition that a file was not written to."""

    def stamp() -> tuple[int, int] | None:
        try:
            status = os.stat(path)
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size

    before = stamp()
    return lambda: stamp() == before
