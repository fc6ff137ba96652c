"""A value comes back as it was, or it is not stored."""

from __future__ import annotations

import collections
import contextlib
import dataclasses
import decimal
import enum
import functools
import io
import itertools
import math
import os
import random
import socket
import sqlite3
import struct
import subprocess
import sys
import tempfile
import textwrap
import threading
import weakref
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xetcache import codecs
from xetcache.codecs import Payload, decode, encode
from xetcache.errors import EntryDamagedError, NotStorableError


def joined(payload: Payload) -> bytes:
    return b"".join(payload.buffers)


def again(value: Any, **shared: Any) -> Any:
    """Return a value after it was written and read."""
    payload = encode(value, shared={id(one): name for name, one in shared.items()})
    return decode(payload.codec, joined(payload), shared=shared)


def codec_of(value: Any) -> str:
    return encode(value).codec


def exact(value: Any) -> Any:
    """Return what tells values apart that `==` does not: types, signs, bits, order."""
    kind = type(value)
    match value:
        case float():
            return kind, struct.pack("<d", value)
        case complex():
            return kind, struct.pack("<dd", value.real, value.imag)
        case list() | tuple():
            return kind, [exact(item) for item in value]
        case dict():
            return kind, [(exact(key), exact(item)) for key, item in value.items()]
        case set() | frozenset():
            return kind, sorted((exact(item) for item in value), key=repr)
        case _:
            return kind, value


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(2**3000), 2**3000)
    | st.floats()
    | st.complex_numbers()
    | st.text(st.characters())
    | st.binary()
    | st.just(...)
)
HASHABLE = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3).map(tuple) | st.frozensets(inner, max_size=3),
    max_leaves=6,
)
VALUES = st.recursive(
    HASHABLE,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(HASHABLE, inner, max_size=4)
        | st.sets(HASHABLE, max_size=4)
        | st.binary(max_size=4).map(bytearray)
    ),
    max_leaves=20,
)


@given(VALUES)
def test_builtin_values_come_back(value: Any) -> None:
    """With their types, signs, bits and order."""
    assert exact(again(value)) == exact(value)


PLAIN: dict[str, Any] = {
    "negative zero": -0.0,
    "nan": math.nan,
    "nan of other bits": struct.unpack("<d", struct.pack("<Q", 0xFFF8_0000_0000_1234))[0],
    "complex": complex(-0.0, math.nan),
    "bool": True,
    "bool keys": {True: 1, 0: False},
    "number keys": {1: True, 0.0: None},
    "lone surrogates": "\ud800 lone \udcff",
    "large int": 2**100_000,
    "least int of 64 bits": -(2**63),
    "two nans": {math.nan, float("nan")},
    "empty": ((), [], {}, set(), frozenset(), b"", "", bytearray()),
    "order of keys": {"b": 1, "a": 2},
    "nested": {frozenset({1, (2, "x")}): [{"y": {3}}]},
    "long text": "x" * 1_000_000,
    "large parts": [b"y" * 1_000_000, "z" * 70_000, b"small"],
}


@pytest.mark.parametrize("name", PLAIN)
def test_builtin_values_are_written_as_data(name: str) -> None:
    """Reading them can run nothing."""
    value = PLAIN[name]
    assert codec_of(value) == "plain"
    assert exact(again(value)) == exact(value)


def test_equal_values_are_equal_bytes() -> None:
    """Also sets, whose order is of this process: two people add the same file."""
    letters = [chr(number) for number in range(97, 123)]
    assert joined(encode(set(letters))) == joined(encode(set(letters[13:] + letters[:13])))
    assert joined(encode({frozenset(letters)})) == joined(
        encode({frozenset(letters[13:] + letters[:13])})
    )


class Colour(enum.Enum):
    RED = 1


class Pair(NamedTuple):
    left: Any
    right: Any


@dataclasses.dataclass
class Config:
    name: str
    log: Any = None


class Slotted:
    __slots__ = ("empty", "part")

    def __init__(self, part: Any) -> None:
        self.part = part


class TextLike(str):
    __slots__ = ()


@pytest.mark.parametrize(
    "value",
    [
        Colour.RED,
        Pair(1, [2]),
        Config("x", {"y": [1]}),
        Decimal("1.10"),
        Path("a/b"),
        collections.OrderedDict(a=1),
        collections.defaultdict(list, a=[1]),
        range(3),
        TextLike("x"),
        [True, TextLike("y")],
        len,
        Config,
        np.float64(0.1),
    ],
)
def test_other_values_come_back_by_pickle(value: Any) -> None:
    """What is no plain data keeps its type."""
    assert codec_of(value) == "pickle"
    back = again(value)
    assert (type(back), back) == (type(value), value)


def test_a_file_in_memory_is_all_content() -> None:
    """So it is kept, with its position."""
    file = io.BytesIO(b"abc")
    file.seek(1)
    back = again({"file": file})["file"]
    assert (back.read(), back.getvalue()) == (b"bc", b"abc")


# -- one object stays one object ------------------------------------------------------


@pytest.mark.parametrize(
    "make",
    [
        lambda part: [part, part],
        lambda part: (part, {"x": part}),
        lambda part: {"a": [part], "b": (part,)},
    ],
    ids=["list", "tuple", "dict"],
)
@pytest.mark.parametrize("part", [[1], {"x": 1}, {1}, bytearray(b"x"), (1, [2]), np.arange(3)])
def test_what_occurs_twice_is_one_object(make: Any, part: Any) -> None:
    """A change to one shows in the other, after a hit as before it."""

    def parts(value: Any) -> list[Any]:
        if type(value) is type(part) and repr(value) == repr(part):
            return [value]
        items = value.values() if isinstance(value, dict) else value
        return [found for item in items for found in parts(item)]

    one, other = parts(again(make(part)))
    assert one is other


def test_a_value_that_holds_itself_comes_back() -> None:
    """A list in itself, and an object that knows its parent."""
    loop: list[Any] = [1]
    loop.append(loop)
    back = again(loop)
    assert back[1] is back

    parent, child = Config("parent"), Config("child")
    parent.log, child.log = child, parent
    back = again(parent)
    assert back.log.log is back


def test_what_doubles_at_each_level_is_not_written_out() -> None:
    """A hundred small tuples may stand for more values than there are atoms."""
    value: Any = (1, 2)
    for _ in range(100):
        value = (value, value)
    payload = encode(value)
    assert len(joined(payload)) < 10_000
    text = "x" * 1_000_000
    assert len(joined(encode([text] * 1000))) < 2_000_000


def test_many_values_go_by_pickle_at_once() -> None:
    """C code is quicker, and trying first would cost more than it takes."""
    assert codec_of(list(range(60_000))) == "pickle"
    assert codec_of({"x": [list(range(100)) for _ in range(700)]}) == "pickle"
    assert codec_of(list(range(40_000))) == "plain"


def test_deep_values_come_back() -> None:
    """Some levels as data, more by pickle, too many not at all."""

    def nested(levels: int) -> Any:
        value: Any = []
        for _ in range(levels):
            value = [value]
        return value

    assert codec_of(nested(50)) == "plain"
    assert codec_of(nested(100)) == "pickle"
    assert again(nested(100)) == nested(100)
    with pytest.raises(NotStorableError, match="too deeply"):
        encode(nested(1_000_000))


# -- parts that are the caller's ------------------------------------------------------


@pytest.mark.parametrize("make", [list, dict, set, bytearray, lambda: np.arange(3), object])
def test_an_argument_that_is_returned_is_the_argument(make: Any) -> None:
    """`f(xs) is xs` holds after a hit as it does after a call."""
    argument = make()
    assert again(argument, xs=argument) is argument
    assert again([argument, (argument, 1)], xs=argument)[1][0] is argument
    assert again(Config("x", argument), xs=argument).log is argument


def test_an_argument_is_not_written() -> None:
    """It is there again when the result is read, so it takes no room."""
    argument = ["x" * 1000]
    for value in (argument, {"rows": argument}, Config("x", argument)):
        assert len(joined(encode(value, shared={id(argument): "xs"}))) < 200


def test_an_argument_that_cannot_be_stored_can_be_returned() -> None:
    """An open file that was passed in is the one that is given back."""
    with open(os.devnull) as file:
        assert again([file], out=file)[0] is file
        assert again(Config("x", file), out=file).log is file


def test_a_number_is_no_argument() -> None:
    """Small numbers and short texts are the same object wherever they come from."""
    for value in (3, True, None, "x", b"y", 1.5):
        payload = encode([value], shared={id(value): "n"})
        assert decode(payload.codec, joined(payload)) == [value]
        payload = encode(Config("c", value), shared={id(value): "n"})
        assert payload.codec == "pickle"
        assert decode(payload.codec, joined(payload)) == Config("c", value)


def test_an_argument_that_is_not_there_is_damage() -> None:
    """The entry is of another call."""
    argument: list[Any] = []
    for value in ([argument], Config("x", argument)):
        payload = encode(value, shared={id(argument): "xs"})
        for shared in ({}, {"other": []}):
            with pytest.raises(EntryDamagedError, match="xs"):
                decode(payload.codec, joined(payload), shared=shared)


# -- arrays ---------------------------------------------------------------------------

ARRAYS = [
    np.arange(12.0).reshape(3, 4),
    np.asfortranarray(np.arange(12.0).reshape(3, 4)),
    np.arange(24).reshape(2, 3, 4).transpose(1, 0, 2),
    np.arange(20)[::-2],
    np.array(5),
    np.zeros((0, 3), dtype=np.float32),
    np.zeros((2, 0, 3), order="F"),
    np.array([1, 2], dtype=">i4"),
    np.array([1.5, np.nan, -0.0], dtype=np.float16),
    np.array([1 + 2j]),
    np.array([True, False]),
    np.array(["ab", "é"]),
    np.array([b"ab", b"c"]),
    np.array(["2020-01-01", "NaT"], dtype="M8[ns]"),
    np.array([1, 2], dtype="m8[3s]"),
    np.array([(1, 2.5, b"x")], dtype=[("a", "<i2"), ("b", ">f8"), ("c", "S3")]),
    np.array([(1, 2.5)], dtype=np.dtype([("a", "i1"), ("b", "f8")], align=True)),
    np.array([((1, 2), [3, 4])], dtype=[("a", [("x", "i4"), ("y", "i4")]), ("b", "i8", (2,))]),
    np.array([(1,)], dtype=[("é€", "i4")]),
    np.broadcast_to(np.arange(3), (2, 3)),
]


@pytest.mark.parametrize("array", ARRAYS, ids=[str(number) for number in range(len(ARRAYS))])
def test_arrays_come_back(array: Any) -> None:
    """In dtype and byte order, shape, memory order and every bit, and can be written to."""
    back = again(array)
    assert type(back) is np.ndarray
    assert back.dtype == array.dtype
    assert back.dtype.isalignedstruct == array.dtype.isalignedstruct
    assert back.dtype.byteorder == array.dtype.byteorder
    assert back.shape == array.shape
    assert back.tobytes() == array.tobytes()
    assert back.flags.writeable
    if array.flags.c_contiguous or array.flags.f_contiguous:
        assert back.flags.c_contiguous == array.flags.c_contiguous
        assert back.flags.f_contiguous == array.flags.f_contiguous


def test_arrays_are_written_as_data() -> None:
    """In numpy's own file format; only what it cannot hold goes by pickle."""
    for array in ARRAYS:
        payload = encode(array)
        if "é€" in (array.dtype.names or ()) or array.dtype.isalignedstruct:
            continue
        assert payload.codec == "array", array.dtype
        assert np.array_equal(np.load(io.BytesIO(joined(payload))), array, equal_nan=False) or (
            array.dtype.kind in "fM"
        )


@pytest.mark.parametrize(
    "array",
    [
        np.array([{}, None], dtype=object),
        np.array([(1, None)], dtype=[("a", "i4"), ("b", "O")]),
        np.array([1, 2], dtype=np.dtype("i4", metadata={"unit": "m"})),
        np.arange(3, dtype=np.longdouble),
        np.zeros(3, dtype="V4"),
        np.ma.masked_array([1, 2], [True, False]),
        np.array(["a"], dtype=np.dtypes.StringDType())
        if hasattr(np.dtypes, "StringDType")
        else None,
    ],
)
def test_arrays_whose_bytes_are_not_all_go_by_pickle(array: Any) -> None:
    """Objects, notes beside the dtype, numbers that differ between machines."""
    if array is None:
        pytest.skip("this numpy has no such dtype")
    assert codec_of(array) == "pickle"
    back = again(array)
    assert (type(back), back.dtype, back.tolist()) == (type(array), array.dtype, array.tolist())


def test_a_large_array_is_not_copied_to_be_written() -> None:
    """Its bytes are handed on where they lie."""
    for array in (np.zeros((100, 100)), np.zeros((100, 100), order="F")):
        elements = encode(array).buffers[-1]
        assert np.shares_memory(np.frombuffer(elements, dtype=np.uint8), array)


def test_what_was_read_is_not_what_is_kept() -> None:
    """Changing an array that a hit gave changes no later hit."""
    payload = encode(np.zeros(3))
    data = joined(payload)
    decode(payload.codec, data)[:] = 1
    assert decode(payload.codec, data).tolist() == [0, 0, 0]


def test_frames_come_back() -> None:
    """With dtypes, index and names."""
    frame = pd.DataFrame(
        {"a": [1, 2], "b": ["x", None], "c": pd.Categorical(["u", "v"])},
        index=pd.date_range("2020", periods=2, tz="UTC", name="t"),
    )
    pd.testing.assert_frame_equal(again(frame), frame)
    pd.testing.assert_series_equal(again({"s": frame["a"]})["s"], frame["a"])


# -- what is refused ------------------------------------------------------------------


async def coroutine() -> None:
    pass


class Holder:
    def __init__(self, part: Any) -> None:
        self.name = "holder"
        self.part = part


class LeavesItOut(Holder):
    def __getstate__(self) -> dict[str, Any]:
        return {"name": self.name}


class Stubborn:
    def __reduce__(self) -> Any:
        raise RuntimeError("will not")


@contextlib.contextmanager
def refused_parts():
    """Give one of each kind that is no value, with a word of its name."""
    with contextlib.ExitStack() as stack:
        waiting = coroutine()
        stack.callback(waiting.close)
        connection = sqlite3.connect(":memory:")
        stack.callback(connection.close)
        kept = Holder(None)
        yield [
            (stack.enter_context(open(__file__)), "TextIOWrapper"),
            (stack.enter_context(open(__file__, "rb")), "BufferedReader"),
            (stack.enter_context(open(os.devnull, "wb", buffering=0)), "FileIO"),
            (stack.enter_context(tempfile.TemporaryFile()), "Buffered"),
            (stack.enter_context(socket.socket()), "socket.socket"),
            ((number for number in range(3)), "generator"),
            (waiting, "coroutine"),
            (zip([1], [2], strict=True), "zip"),
            (map(str, [1]), "map"),
            (filter(None, [1]), "filter"),
            (enumerate([1]), "enumerate"),
            (reversed([1]), "list_reverseiterator"),
            (iter([1]), "list_iterator"),
            (iter((1,)), "tuple_iterator"),
            (iter({1}), "set_iterator"),
            (iter({1: 2}), "dict_keyiterator"),
            (iter("x"), "str"),
            (iter(range(3)), "range_iterator"),
            (itertools.chain([1]), "itertools.chain"),
            (itertools.count(Fraction(1, 2)), "itertools.count"),
            (itertools.cycle([1]), "itertools.cycle"),
            ({1: 2}.keys(), "dict_keys"),
            ({1: 2}.values(), "dict_values"),
            ({1: 2}.items(), "dict_items"),
            (collections.OrderedDict(a=1).keys(), "odict_keys"),
            (memoryview(b"x"), "memoryview"),
            (weakref.ref(kept), "ReferenceType"),
            (weakref.WeakSet([kept]), "WeakSet"),
            (weakref.WeakKeyDictionary({kept: 1}), "WeakKeyDictionary"),
            (threading.Lock(), "lock"),
            (threading.RLock(), "RLock"),
            (threading.Condition(), "Condition"),
            (threading.Event(), "Event"),
            (threading.Thread(target=print), "Thread"),
            (threading.current_thread(), "Thread"),
            (connection, "sqlite3.Connection"),
            (sys._getframe(), "frame"),
        ]


def test_what_is_no_value_is_refused_by_its_path() -> None:
    """Half used, open, or of this process only: wherever in the result it is."""
    with refused_parts() as parts:
        for part, name in parts:
            for value, path in (
                (part, "result"),
                ({"conn": part}, "result['conn']"),
                ([1, (2, part)], "result[1][1]"),
                (Pair(1, part), "result.right"),
                (Config("x", part), "result.log"),
                (Holder([part]), "result.part[0]"),
                (Slotted(part), "result.part"),
                (
                    {3: Config("x", Holder({"handlers": [part]}))},
                    "result[3].log.part['handlers'][0]",
                ),
                (functools.partial(print, part), "result.args[0]"),
                (ValueError(part), "result.args[0]"),
                ([lambda: 1, part], "result[1]"),
            ):
                with pytest.raises(NotStorableError) as caught:
                    encode(value)
                error = caught.value
                assert error.path == path, (part, error)
                assert name in error.type_name, (part, error)
                assert error.reason
                assert f"`{path}`" in str(error)


def test_what_a_function_holds_is_found() -> None:
    """In its closure, its defaults, the globals it reads."""
    with open(os.devnull) as file:

        def closed() -> Any:
            return file

        def defaulted(out: Any = file) -> Any:
            return out

        namespace: dict[str, Any] = {"log": file, "other": 1}
        exec("def reads():\n    return other, log", namespace)
        for function, path in (
            (closed, "result.__closure__[0].cell_contents"),
            (defaulted, "result.__defaults__[0]"),
            (namespace["reads"], "result.__globals__['log']"),
        ):
            with pytest.raises(NotStorableError) as caught:
                encode(function)
            assert caught.value.path == path


def test_keys_and_members_are_found() -> None:
    """They have no name of their own, but a place."""
    lock = threading.Lock()
    for value in ({1: 2, lock: 3}, {lock}):
        with pytest.raises(NotStorableError, match=r"`list\(result\)\[\d\]` is a `_thread.lock`"):
            encode(value)


def test_what_a_class_leaves_out_is_no_reason() -> None:
    """Only what would be written counts, and only it is blamed."""
    assert again(LeavesItOut(threading.Lock())).name == "holder"
    value = LeavesItOut(threading.Lock())
    value.name = [Stubborn()]
    with pytest.raises(NotStorableError) as caught:
        encode(value)
    assert (caught.value.path, caught.value.reason) == ("result.name[0]", "will not")


def test_whatever_a_class_raises_is_a_refusal() -> None:
    """The user's class fails; the user's program does not."""
    with pytest.raises(NotStorableError, match="will not"):
        encode({"a": Stubborn()})


def test_a_temporary_folder_is_refused() -> None:
    """It would come back as the name of a folder that is gone."""
    folder = tempfile.TemporaryDirectory()
    try:
        with pytest.raises(NotStorableError, match="finalize"):
            encode(folder)
    finally:
        folder.cleanup()


def test_a_part_in_a_cycle_is_found() -> None:
    """Looking for it ends."""
    parent, child = Holder(None), Holder(None)
    parent.part, child.part = child, [parent, threading.Lock()]
    with pytest.raises(NotStorableError) as caught:
        encode(parent)
    assert caught.value.path == "result.part.part[1]"


def test_a_part_among_many_is_found() -> None:
    """Also the last of very many."""
    value = [Config(str(number)) for number in range(3000)]
    value[-1].log = threading.Lock()
    with pytest.raises(NotStorableError) as caught:
        encode({"rows": value})
    assert caught.value.path == "result['rows'][2999].log"


# -- other processes ------------------------------------------------------------------

WRITER = """
    import sys
    from xetcache.codecs import encode

    class Point:
        def __init__(self, x):
            self.x = x
        def __eq__(self, other):
            return type(self) is type(other) and self.x == other.x

    def double(point):
        return point.x * 2

    def make():
        return {value}

    if len(sys.argv) > 1:
        payload = encode(make())
        open(sys.argv[1], "wb").write(payload.codec.encode() + b"\\n" + b"".join(payload.buffers))
"""

READER = """
    import sys
    from xetcache.codecs import decode
    from xetcache.errors import EntryDamagedError

    codec, data = open({path!r}, "rb").read().split(b"\\n", 1)
    try:
        value = decode(codec.decode(), data)
    except EntryDamagedError as error:
        print("damaged:", type(error.__cause__).__name__)
    else:
        print({shown})
"""


def in_two_processes(tmp_path: Path, value: str, shown: str, *, known: bool) -> str:
    """Write a value in one script, read it in another; return what that prints."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    writer = textwrap.dedent(WRITER.format(value=value))
    path = str(tmp_path / "payload")
    reader = textwrap.dedent(READER.format(path=path, shown=shown))
    for script, *arguments in ((writer, path), (writer + reader if known else reader,)):
        done = subprocess.run(
            [sys.executable, "-c", script, *arguments],
            check=False,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("Point(3)", "value == Point(3)"),
        ("[Point(3), lambda: 1]", "value[0] == Point(3) and value[1]() == 1"),
        ("lambda: double(Point(4))", "value() == 8"),
        ("double", "value is double"),
        ("Point", "value is Point"),
    ],
)
def test_what_a_script_defines_is_found_by_its_name(tmp_path: Path, value: str, shown: str) -> None:
    """The next run of the script gets instances of its own class."""
    assert in_two_processes(tmp_path, value, shown, known=True) == "True"


@pytest.mark.parametrize("value", ["Point(3)", "[Point(3), lambda: 1]", "double"])
def test_what_another_script_defines_is_damage(tmp_path: Path, value: str) -> None:
    """A script without the class computes the result again."""
    assert in_two_processes(tmp_path, value, "value", known=False) == "damaged: AttributeError"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("lambda x: x + 1", "value(1)"),
        ("(lambda n: lambda x: x + n)(1)", "value(1)"),
        ("type('Local', (), {'x': 2})().x", "value"),
        ("type('Local', (), {'x': 2})()", "value.x"),
    ],
)
def test_what_has_no_name_comes_along(tmp_path: Path, value: str, shown: str) -> None:
    """Lambdas and classes made on the way are written themselves."""
    assert in_two_processes(tmp_path, value, shown, known=False) == "2"


# -- damage ---------------------------------------------------------------------------


@given(st.binary(max_size=80))
def test_no_bytes_read_as_data_raise_anything_else(data: bytes) -> None:
    """Nor do they run anything, or ask for more memory than they are."""
    for codec in ("plain", "array"):
        with contextlib.suppress(EntryDamagedError):
            decode(codec, data, shared={"xs": []})


@given(VALUES, st.randoms(use_true_random=False))
def test_changed_data_raises_nothing_else(value: Any, chance: random.Random) -> None:
    """One byte of a real payload is changed, or the end is cut off."""
    payload = encode(value, shared={id(value): "xs"} if chance.random() < 0.1 else {})
    if payload.codec != "plain":
        return
    data = bytearray(joined(payload))
    data[chance.randrange(len(data))] = chance.randrange(256)
    for broken in (data, joined(payload)[: chance.randrange(len(data))]):
        with contextlib.suppress(EntryDamagedError):
            decode("plain", broken, shared={"xs": []})


@pytest.mark.parametrize(
    "value", [np.arange(6.0).reshape(2, 3), np.array([(1, b"x")], dtype=[("a", "i4"), ("b", "S2")])]
)
def test_changed_arrays_raise_nothing_else(value: Any) -> None:
    """Every byte of the header, every cut."""
    data = joined(encode(value))
    for position in range(len(data) - value.nbytes):
        for change in (1, 3, 16, 128):
            broken = bytearray(data)
            broken[position] ^= change
            with contextlib.suppress(EntryDamagedError):
                decode("array", broken)
    for size in range(len(data)):
        with pytest.raises(EntryDamagedError):
            decode("array", data[:size])
    with pytest.raises(EntryDamagedError):
        decode("array", data + b"\0")


def npy_header(described: str) -> bytes:
    text = (described + "\n").encode("latin1")
    return b"\x93NUMPY\x02\x00" + struct.pack("<I", len(text)) + text


@pytest.mark.parametrize(
    "header",
    [
        "{'descr': '|O', 'fortran_order': False, 'shape': (1,)}",
        "{'descr': [('a', '|O')], 'fortran_order': False, 'shape': (1,)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000, 0, -1)}",
        "{'descr': '|S0', 'fortran_order': False, 'shape': (100000000000,)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (4611686018427387904, 4, 0)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (1,), 'more': 1}",
        "__import__('os').abort()",
        "(" * 5000,
    ],
)
def test_a_false_header_is_damage(header: str) -> None:
    """No addresses from a file, and no memory that the file does not fill."""
    with pytest.raises(EntryDamagedError):
        decode("array", npy_header(header) + (bytes(8) if "(1,)" in header else b""))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"?",
        b"NN",
        b"i",
        b"i\xff\xff\xff\xff",
        b"f1234567",
        b"s\1\0\0\0\xff",
        b"@\1\0\0\0x",
        b"[\2\0\0\0N",
        b"[\xff\xff\xff\xff",
        b"[\1\0\0\0" * 100 + b"N",
        b"<\1\0\0\0[\0\0\0\0",
        b"<\2\0\0\0NN",
        b"{\1\0\0\0[\0\0\0\0N",
        b"{\2\0\0\0NTNT",
    ],
)
def test_data_that_is_none_is_damage(data: bytes) -> None:
    """Short, long, false counts, lists as keys, keys twice, too deep."""
    with pytest.raises(EntryDamagedError):
        decode("plain", data)


def test_a_cut_pickle_is_damage() -> None:
    """Wherever it is cut."""
    for shared in ({}, {"xs": threading.Lock()}):
        value = Config("x", [Pair(1, "y" * 300), *shared.values()])
        payload = encode(value, shared={id(one): name for name, one in shared.items()})
        data = joined(payload)
        for size in range(len(data)):
            with pytest.raises(EntryDamagedError):
                decode(payload.codec, data[:size], shared=shared)


@pytest.mark.parametrize(
    ("data", "cause"),
    [
        (b"cno_such_module\nname\n.", "ModuleNotFoundError"),
        (b"cos\nno_such_name\n.", "AttributeError"),
        (b"cos.path\nexists\n(tR.", "TypeError"),
        (b"(.", "UnpicklingError"),
    ],
)
def test_what_a_pickle_needs_and_is_not_there_is_damage(data: bytes, cause: str) -> None:
    """A library that is gone makes a miss; the error says which."""
    with pytest.raises(EntryDamagedError, match=cause) as caught:
        decode("pickle", data)
    assert type(caught.value.__cause__).__name__ == cause


def test_an_unknown_codec_is_damage() -> None:
    """An entry of a later version."""
    with pytest.raises(EntryDamagedError, match="`arrow`"):
        decode("arrow", b"")


def test_encoding_changes_nothing() -> None:
    """Neither the value nor what is known of its parts."""
    value = {"b": [1, {2}], "a": (np.arange(3), Config("x"))}
    before = repr(value)
    encode(value)
    assert repr(value) == before
    assert codecs.encode(value).codec == "pickle"


@pytest.mark.parametrize("made", [(3,), (5, 2), (2**70,), (1.5, -0.25), (-1,)])
def test_a_counter_goes_on_where_it_was(made: tuple[int | float, ...]) -> None:
    """Matplotlib has one in each axis with names on it; Python itself warns of it or cannot."""
    counter = itertools.count(*made)
    next(counter)
    payload = codecs.encode([counter, counter])
    back = codecs.decode(payload.codec, b"".join(map(bytes, payload.buffers)))
    assert back[0] is back[1]
    assert repr(back[0]) == repr(counter)
    assert [next(back[0]), next(back[0])] == [next(counter), next(counter)]


def test_what_a_library_has_one_of_is_that_one() -> None:
    """A copy would be another one; one that was made here is a copy, as ever."""
    mine = decimal.Context(prec=7)
    payload = codecs.encode([decimal.ExtendedContext, mine])
    found, other = codecs.decode(payload.codec, b"".join(map(bytes, payload.buffers)))
    assert found is decimal.ExtendedContext
    assert other is not mine
    assert other.prec == 7
