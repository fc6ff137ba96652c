"""A project whose functions run in as many ways as Python has, few of them a call by name.

`app.run` goes all of them. Every function here must be found by a walk of it; those that
a walk cannot find are in `test_executed_unseen.py`.
"""

from __future__ import annotations

import textwrap

AT_IMPORT = {
    "calls.closures",
    "calls.traced",
    "calls.traced.<locals>.decorate",
    "classes.Acts.act",
    "classes.Colour.__init__",
    "classes.Colour._generate_next_value_",
    "registries.Named.__init__",
    "registries.Named.__call__",
    "registries.Named.__call__.<locals>.add",
    "registries.Plugin.__init_subclass__",
    "registries.injecting",
    "registries.Injecting.__new__",
}
"""Functions that run while the project is imported and not in the call, or not at all."""

_SOURCES = {
    "app.py": """
        import asyncio

        import attributes
        import calls
        import classes
        import flow
        import operators
        import plugins
        import protocols
        import registries

        def run():
            return [
                calls.run(),
                attributes.run(),
                classes.run(),
                operators.run(),
                protocols.run(),
                registries.run(),
                flow.run(),
                asyncio.run(flow.run_async()),
            ]
    """,
    # Functions that are given to others, kept in places, or wrapped.
    "calls.py": """
        import collections
        import functools
        import itertools
        import operator
        import types

        def traced(label):
            def decorate(function):
                @functools.wraps(function)
                def wrapper(*args):
                    return before(label), function(*args)
                return wrapper
            return decorate

        def before(label):
            return label

        @traced("outer")
        @traced("inner")
        def decorated(x):
            return unwrapped.__wrapped__(x)

        @functools.lru_cache
        def unwrapped(x):
            return x + 1

        def key(x):
            return -x

        def compare(a, b):
            return a - b

        def add(a, b):
            return a + b

        def is_small(x):
            return x < 2

        def by_default(value, function=lambda x: x + 1, *, other=lambda x: x + 2):
            return function(value), other(value)

        def closures():
            def inner(x):
                return late(x)
            def late(x):
                return x * 2
            return inner

        CLOSURE = closures()
        CLOSURES = [lambda x, n=1: add(x, n), lambda x, n=2: add(x, n)]

        def in_table(x):
            return x

        def in_nested_table(x):
            return x

        def in_attribute(x):
            return x

        def in_partial(a, b):
            return a, b

        def in_bound(self, x):
            return x

        def in_mapping(x):
            return x

        def in_chain(x):
            return x

        def in_namespace(x):
            return x

        def missing():
            return "missing"

        TABLE = {"+": operator.add, "one": in_table, "more": [({"deep": in_nested_table},)]}
        ONE_OF = TABLE.get
        dispatch = lambda name, x: dispatch.table[name](x)
        dispatch.table = {"x": in_attribute}
        PARTIAL = functools.partial(in_partial, 1)
        BOUND = types.MethodType(in_bound, "self")
        VIEW = types.MappingProxyType({"a": in_mapping})
        CHAIN = collections.ChainMap({}, {"a": in_chain})
        NAMESPACE = types.SimpleNamespace(call=in_namespace)
        MAKING = collections.defaultdict(missing)

        def by_globals():
            return 1

        def by_eval():
            return 2

        def by_text_in_a_table():
            return 3

        COMMANDS = {"go": "by_text_in_a_table"}

        def run():
            numbers = [3, 1, 2]
            return [
                decorated(1),
                sorted(numbers, key=key),
                sorted(numbers, key=functools.cmp_to_key(compare)),
                functools.reduce(add, numbers),
                list(map(CLOSURE, filter(is_small, numbers))),
                list(itertools.accumulate(numbers, func=lambda a, b: max(a, b))),
                [function(1) for function in CLOSURES],
                by_default(1),
                ONE_OF("one")(1),
                TABLE["more"][0][0]["deep"](1),
                dispatch("x", 1),
                PARTIAL(2),
                BOUND(2),
                VIEW["a"](1),
                CHAIN["a"](1),
                NAMESPACE.call(1),
                MAKING["a"],
                globals()["by_" + str("globals")](),
                eval("by_eval()"),
                globals()[COMMANDS["go"]](),
            ]
    """,
    # Attributes: descriptors, hooks, computed names, modules that answer late.
    "attributes.py": """
        import functools
        import operator

        import late
        import lazy
        import odd

        class Described:
            def __init__(self, function):
                self.function = function
            def __set_name__(self, owner, name):
                self.name = name
            def __get__(self, instance, owner):
                return self.function(self.name)
            def __set__(self, instance, value):
                note(value)
            def __delete__(self, instance):
                note(None)

        def note(value):
            pass

        def describe(name):
            return name

        class Owner:
            described = Described(describe)

            @property
            def plain(self):
                return 1

            @plain.setter
            def plain(self, value):
                note(value)

            @plain.deleter
            def plain(self):
                note(None)

            @functools.cached_property
            def cached(self):
                return note(1)

            @staticmethod
            def static():
                return 1

            @classmethod
            def of_class(cls):
                return cls.static()

            def visit_int(self):
                return 1

            def visit_str(self):
                return 2

            def _Owner__mangled(self):
                return 3

            def private(self):
                return self.__mangled()

            @property
            def in_a_format(self):
                return "formatted"

            @property
            def dotted(self):
                return self

            def called_by_name(self):
                return 4

        class Hooked:
            def __getattr__(self, name):
                return lambda: missing_attribute(name)
            def __setattr__(self, name, value):
                note(value)
            def __delattr__(self, name):
                note(name)
            def __dir__(self):
                return ["a"]

        def missing_attribute(name):
            return name

        class AllHooked:
            def __getattribute__(self, name):
                return every_attribute

        def every_attribute():
            return 1

        class Target:
            def hidden(self):
                return 1

        class Delegating:
            def __init__(self, target):
                self.target = target
            def __getattr__(self, name):
                return getattr(self.target, name)

        class Instance:
            pass

        def of_instance():
            return 1

        INSTANCE = Instance()
        INSTANCE.method = of_instance
        BOUND = Owner().of_class
        FORMAT = "{0.in_a_format}"
        DOTTED = operator.attrgetter("dotted.dotted.in_a_format")
        CALL = operator.methodcaller("called_by_name")

        def run():
            class Local:
                described = Described(describe)

            owner, hooked = Owner(), Hooked()
            owner.described = owner.plain = hooked.x = 1
            del owner.described, owner.plain, hooked.x
            return [
                Local().described,
                owner.plain,
                owner.cached,
                BOUND(),
                [getattr(owner, "visit_" + type(one).__name__)() for one in (1, "")],
                owner.private(),
                FORMAT.format(owner),
                DOTTED(owner),
                CALL(owner),
                hooked.anything(),
                dir(hooked),
                AllHooked().anything(),
                Delegating(Target()).hidden(),
                INSTANCE.method(),
                lazy.thing(),
                lazy.other(),
                odd(),
                odd.attribute,
                late_import(),
            ]

        def late_import():
            from late import function
            return function()
    """,
    "lazy.py": """
        _LATER = {"thing": "_thing", "other": "_other"}

        def __getattr__(name):
            return globals()[_LATER[name]]

        def _thing():
            return 1

        def _other():
            return 2
    """,
    "odd.py": """
        import sys
        import types

        class Odd(types.ModuleType):
            @property
            def attribute(self):
                return answer()
            def __call__(self):
                return answer()

        def answer():
            return 1

        sys.modules[__name__].__class__ = Odd
    """,
    "late.py": """
        def function():
            return helper()

        def helper():
            return 1
    """,
    # What a `class` statement, a base or a metaclass runs.
    "classes.py": """
        import abc
        import collections
        import copy
        import copyreg
        import dataclasses
        import enum
        import pickle
        import typing

        class Meta(type):
            @classmethod
            def __prepare__(cls, name, bases, **options):
                return prepared()
            def __new__(cls, name, bases, members, **options):
                return super().__new__(cls, name, bases, {**members, "added": added})
            def __init__(cls, name, bases, members, **options):
                made(cls)
            def __call__(cls, *args):
                return super().__call__(*args)
            def __instancecheck__(cls, one):
                return checked()
            def __subclasscheck__(cls, one):
                return checked()
            def __getattr__(cls, name):
                return name
            def __iter__(cls):
                return iter(())
            def mro(cls):
                return type.mro(cls)
            @property
            def of_meta(cls):
                return 1

        def prepared():
            return {}

        def made(cls):
            pass

        def added(self):
            return 1

        def checked():
            return True

        class Base:
            def __init_subclass__(cls, **options):
                subclassed(cls)
            def __class_getitem__(cls, item):
                return item
            def __new__(cls):
                return object.__new__(cls)
            def __init__(self):
                self.made = 1
            def step(self):
                return [1]

        def subclassed(cls):
            pass

        class Mixin(Base):
            def step(self):
                return [2, *super().step()]

        class Other(Base):
            def step(self):
                return [3, *super().step()]

        class Both(Mixin, Other):
            def step(self):
                return [4, *getattr(super(), "st" + str("ep"))()]

        class Entries:
            def __mro_entries__(self, bases):
                return (Base,)

        class Abstract(abc.ABC):
            @classmethod
            def __subclasshook__(cls, other):
                return hooked(other)

        def hooked(other):
            return NotImplemented

        class Registered:
            def act(self):
                return 1

        Abstract.register(Registered)
        REGISTERED = [Registered()]

        def generated(name):
            return name

        class Colour(enum.Enum):
            def _generate_next_value_(name, start, count, values):
                return generated(name)
            def __init__(self, value):
                self.length = len(value)
            @classmethod
            def _missing_(cls, value):
                return fallback(cls)
            @property
            def shade(self):
                return self.length
            RED = enum.auto()

        def fallback(cls):
            return cls.RED

        class Rights(enum.Flag):
            @classmethod
            def _missing_(cls, value):
                return super()._missing_(value)
            READ = 1
            WRITE = 2

        def make_list():
            return [1]

        @dataclasses.dataclass(order=True)
        class Point:
            x: object = dataclasses.field(default_factory=make_list)
            size: dataclasses.InitVar[int] = 1
            def __post_init__(self, size):
                self.checked = check(size)

        def check(size):
            return size

        class Pair(collections.namedtuple("Pair", "a b")):
            def __new__(cls, a):
                return super().__new__(cls, a, second(a))
            @property
            def sum(self):
                return self.a + self.b

        def second(a):
            return a

        class Typed(typing.NamedTuple):
            a: int = 1
            def double(self):
                return self.a * 2

        @typing.runtime_checkable
        class Acts(typing.Protocol):
            def act(self): ...

        class Kept:
            def __getstate__(self):
                return {"a": 1}
            def __setstate__(self, state):
                restored(state)
            def __reduce_ex__(self, protocol):
                return rebuild, (1,), self.__getstate__()

        def rebuild(x):
            return Kept()

        def restored(state):
            pass

        class Copied:
            def __copy__(self):
                return self
            def __deepcopy__(self, memo):
                return self

        def run():
            class Made(metaclass=Meta, option=1):
                pass
            class Sub(Base, option=1):
                pass
            class Replaced(Entries()):
                pass
            type("Dynamic", (Base,), {})
            return [
                Made().added(),
                isinstance(1, Made),
                issubclass(int, Made),
                Made.anything,
                list(Made),
                Made.of_meta,
                Sub().made,
                Base[1],
                Both().step(),
                Replaced().step(),
                [one.act() for one in REGISTERED if isinstance(one, Abstract)],
                issubclass(int, Abstract),
                Colour("none").shade,
                enum.Enum("Built", "A B").A.value,
                Rights(3).value,
                of_new_colour(),
                dataclasses.replace(Point(), size=2) < Point([2]),
                Pair(1).sum,
                Typed().double(),
                isinstance(Registered(), Acts),
                pickle.loads(pickle.dumps(Kept())).__class__.__name__,
                copy.copy(Copied()) and copy.deepcopy([Copied()]) and 1,
            ]

        def of_new_colour():
            class Named(enum.Enum):
                _generate_next_value_ = generate
                ONE = enum.auto()
            return Named.ONE.value

        def generate(name, start, count, values):
            return generated(name)
    """,
    # Special methods, each asked for by an operator, a statement or a builtin.
    "operators.py": """
        import math
        import operator

        class Number:
            def __init__(self, value):
                self.value = value
            def __add__(self, other):
                return NotImplemented
            def __radd__(self, other):
                return 1
            def __iadd__(self, other):
                return self
            def __matmul__(self, other):
                return 2
            def __rpow__(self, other):
                return 3
            def __invert__(self):
                return 4
            def __neg__(self):
                return 5
            def __divmod__(self, other):
                return 6
            def __lt__(self, other):
                return self.value < other.value
            def __eq__(self, other):
                return self.value == other.value
            def __hash__(self):
                return hash_of(self.value)
            def __bool__(self):
                return True
            def __index__(self):
                return 1
            def __int__(self):
                return 1
            def __float__(self):
                return 1.0
            def __complex__(self):
                return 1j
            def __round__(self, digits=None):
                return 1
            def __trunc__(self):
                return 1
            def __floor__(self):
                return 1
            def __ceil__(self):
                return 1
            def __abs__(self):
                return 1
            def __format__(self, spec):
                return spec
            def __repr__(self):
                return shown()
            def __bytes__(self):
                return b""
            def __fspath__(self):
                return "path"
            def __call__(self):
                return 1
            def __sizeof__(self):
                return 1
            def __length_hint__(self):
                return 1

        def hash_of(value):
            return 1

        def shown():
            return "number"

        def run():
            import os
            import sys
            one, two = Number(1), Number(2)
            changed = Number(3)
            changed += 1
            return [
                one + two == 1 if False else 1 + one,
                one @ two, 2**one, ~one, -one, divmod(one, 2),
                sorted([two, one])[0].value, one == two, len({one, Number(1)}),
                1 if one else 2, [0, 1][one], int(one), float(one), complex(one),
                round(one), math.trunc(one), math.floor(one), math.ceil(one), abs(one),
                f"{one:spec}", str([one]), bytes(one), os.fspath(one), one(),
                sys.getsizeof(one) > 0, operator.length_hint(one), failing(one, two),
            ]

        def failing(one, two):
            try:
                return one + two.value
            except TypeError:
                return None
    """,
    # What the interpreter and the standard library ask of objects.
    "protocols.py": """
        import collections
        import json
        import string
        import weakref

        class Sequence:
            def __getitem__(self, index):
                if index > 2:
                    raise IndexError(index)
                return index
            def __len__(self):
                return 3
            def __contains__(self, item):
                return True
            def __reversed__(self):
                return iter(())

        class Iterable:
            def __iter__(self):
                yield from items()

        def items():
            return [1, 2]

        class Iterator:
            def __iter__(self):
                return self
            def __next__(self):
                raise StopIteration(1)

        class Mapping:
            def keys(self):
                return ["a"]
            def __getitem__(self, key):
                return key

        class Missing(dict):
            def __missing__(self, key):
                return absent(key)

        def absent(key):
            return key

        class Matched:
            __match_args__ = ("first",)
            @property
            def first(self):
                return 1
            @property
            def second(self):
                return 2

        class Encoder(json.JSONEncoder):
            def default(self, value):
                return encoded(value)

        def encoded(value):
            return "encoded"

        def encode(value):
            return "plain"

        def decode(pairs):
            return pairs

        class Template(string.Formatter):
            def get_value(self, key, args, kwargs):
                return found(key)

        def found(key):
            return key

        class File:
            def write(self, text):
                return written(text)

        def written(text):
            return len(text)

        class Ended:
            def __del__(self):
                ended()

        def ended():
            pass

        def released(reference):
            pass

        def finalized():
            pass

        class Dictionary(collections.UserDict):
            def __setitem__(self, key, value):
                super().__setitem__(key, kept(value))

        def kept(value):
            return value

        class Error(Exception):
            def __str__(self):
                return message()

        def message():
            return "message"

        class Counter:
            count = 0
            def __call__(self):
                self.count += 1
                return self.count

        def matched(value):
            match value:
                case Matched(1, second=2):
                    return True
                case _:
                    return False

        def run():
            first, *rest = Iterable()
            one, two, three = Ended(), Ended(), Ended()
            kept_alive = weakref.ref(one, released), weakref.finalize(two, finalized)
            del one, two, three
            print("text", file=File())
            return [
                list(Sequence()), len(Sequence()), 1 in Sequence(), list(reversed(Sequence())),
                first, rest, list(Iterator()), {**Mapping()}, dict(**Mapping()),
                Missing()[1], "%(name)s" % Missing(), matched(Matched()),
                json.dumps(object(), cls=Encoder), json.dumps(object(), default=encode),
                json.loads('{"a": 1}', object_hook=decode),
                Template().format("{x}"), dict(Dictionary(a=1)), f"{Error()}",
                list(iter(Counter(), 3)), len(kept_alive),
            ]
    """,
    # Functions that register themselves, in other modules than the one that runs them.
    "registries.py": """
        import functools

        class Named:
            def __init__(self):
                self.table = {}
            def __call__(self, name):
                def add(function):
                    self.table[name] = function
                    return function
                return add
            def run(self, name):
                return self.table[name]()

        commands = Named()

        class Plugin:
            loaded = []
            def __init_subclass__(cls):
                Plugin.loaded.append(cls)

        class Discovered:
            pass

        def all_of(kind):
            for one in kind.__subclasses__():
                yield one
                yield from all_of(one)

        @functools.singledispatch
        def size(value):
            return 0

        class Sizes:
            @functools.singledispatchmethod
            def of(self, value):
                return 0
            @of.register
            def _of_int(self, value: int):
                return 1
            def scaled(self, factor, value):
                return factor * value
            doubled = functools.partialmethod(scaled, 2)

        def injecting(cls):
            cls.injected = lambda self: 1
            return cls

        @injecting
        class Injected:
            pass

        class Injecting(type):
            def __new__(cls, name, bases, members):
                return super().__new__(cls, name, bases, {**members, "given": given})

        def given(self):
            return 1

        class Given(metaclass=Injecting):
            pass

        def hook(self):
            return 1

        class Hooks:
            before = []
            def act(self):
                return [one(self) for one in self.before]

        Hooks.before.append(hook)

        def run():
            return [
                commands.run("first"),
                [one().act() for one in Plugin.loaded],
                [one().discovered() for one in all_of(Discovered) if hasattr(one, "discovered")],
                size(1), size([]), size(""),
                Sizes().of(1), Sizes().of(""), Sizes().doubled(1),
                Injected().injected(), Given().given(), Hooks().act(),
            ]
    """,
    "plugins.py": """
        import registries

        @registries.commands("first")
        def first():
            return helper()

        def helper():
            return 1

        class Loaded(registries.Plugin):
            def act(self):
                return helper()

        class Between(registries.Discovered):
            pass

        class Found(Between):
            def discovered(self):
                return helper()

        @registries.size.register(int)
        def size_of_int(value):
            return helper()

        @registries.size.register
        def size_of_list(value: list):
            return helper()
    """,
    # Generators, contexts, coroutines.
    "flow.py": """
        import asyncio
        import contextlib
        import threading
        import types
        from concurrent.futures import ThreadPoolExecutor

        def generate():
            try:
                received = yield 1
                yield received
            except ValueError:
                yield handled()
            finally:
                finished()

        def handled():
            return 2

        def finished():
            pass

        class Delegate:
            def __iter__(self):
                return self
            def __next__(self):
                return 1
            def send(self, value):
                return sent()
            def throw(self, *error):
                return thrown()
            def close(self):
                closed()

        def sent():
            return 1

        def thrown():
            raise StopIteration(1)

        def closed():
            pass

        def delegating():
            return (yield from Delegate())

        @contextlib.contextmanager
        def context():
            yield 1
            finished()

        class Context(contextlib.ContextDecorator):
            def __enter__(self):
                return entered()
            def __exit__(self, *error):
                return True

        def entered():
            return 1

        @Context()
        def in_context():
            raise ValueError

        def called_back():
            pass

        class Closing:
            def close(self):
                closed()

        class Worker(threading.Thread):
            def run(self):
                worked()

        def worked():
            pass

        def started():
            pass

        def square(x):
            return x * x

        def run():
            plain, failing, first = generate(), generate(), delegating()
            next(plain), plain.send(1), next(failing), failing.throw(ValueError())
            next(first), first.send(1)
            with contextlib.suppress(StopIteration):
                first.throw(ValueError())
            second = delegating()
            next(second)
            second.close()
            with context(), contextlib.ExitStack() as stack, contextlib.closing(Closing()):
                stack.callback(called_back)
                stack.push(lambda *error: called_back())
                stack.enter_context(Context())
            thread, worker = threading.Thread(target=started), Worker()
            thread.start(), worker.start(), thread.join(), worker.join()
            with ThreadPoolExecutor(1, initializer=started) as pool:
                squares = list(pool.map(square, [1, 2]))
            return squares, in_context(), sum(x for x in generate() if x)

        class AsyncContext:
            async def __aenter__(self):
                return entered()
            async def __aexit__(self, *error):
                finished()

        class AsyncItems:
            count = 0
            def __aiter__(self):
                return self
            async def __anext__(self):
                self.count += 1
                if self.count > 2:
                    raise StopAsyncIteration
                return self.count

        class Awaited:
            def __await__(self):
                yield from asyncio.sleep(0).__await__()
                return entered()

        @types.coroutine
        def old_style():
            yield
            return 1

        async def generate_async():
            try:
                yield 1
                yield 2
            finally:
                finished()

        def done(task):
            called_back()

        def soon():
            called_back()

        async def task():
            return 1

        async def closing():
            called_back()

        async def run_async():
            async with AsyncContext(), contextlib.AsyncExitStack() as stack:
                stack.push_async_callback(closing)
                items = [item async for item in AsyncItems()]
            running = asyncio.ensure_future(task())
            running.add_done_callback(done)
            asyncio.get_running_loop().call_soon(soon)
            async for _ in generate_async():
                break
            await old_style()
            return items, await running, await Awaited(), await asyncio.gather(task())
    """,
}

FILES = {name: textwrap.dedent(text).lstrip() for name, text in _SOURCES.items()}
