"""Arrays and frames: dtype, shape, labels and elements show; memory layout does not."""

from __future__ import annotations

import threading
from typing import Any

import pytest

np = pytest.importorskip("numpy")
pd = pytest.importorskip("pandas")

from hypothesis import given  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

import tracer  # noqa: E402
from tracer.digests import Digest  # noqa: E402
from tracer.errors import NotDigestibleError  # noqa: E402
from tracer.values import arrays, buffers, encode, handlers, parts_of, preview  # noqa: E402


def digest(value: object) -> Digest:
    """Return the digest of a value."""
    return encode(value).digest


def seen(value: object) -> tuple[object, ...]:
    """Return all that the encoding of a value says."""
    encoded = encode(value)
    return encoded.digest, *(part.target for part in encoded.references)


class Attributed(np.ndarray):  # type: ignore[misc]
    pass


def attributed(rate: int) -> Any:
    """Return an array with an attribute of its own."""
    made = np.zeros(2).view(Attributed)
    made.rate = rate
    return made


def padded(fill: int) -> Any:
    """Return a structured array whose bytes between the fields are `fill`."""
    dtype = np.dtype([("a", "u1"), ("b", "<i4")], align=True)
    made = np.frombuffer(bytes([fill]) * (3 * dtype.itemsize), dtype=dtype).copy()
    made["a"], made["b"] = 1, 2
    return made


def cyclic() -> Any:
    """Return an array of objects that contains itself."""
    made = np.empty(2, dtype=object)
    made[0], made[1] = 1, made
    return made


def unused_levels() -> Any:
    """Return a MultiIndex whose levels hold more than is used."""
    return pd.MultiIndex.from_product([["a", "b"], [1, 2]])[:2]


def used() -> Any:
    """Return an index that has built its table of positions."""
    made = pd.Index([1, 2, 3])
    assert made.get_loc(2) == 1
    return made


def with_unit(unit: str) -> Any:
    """Return a frame with an attribute."""
    made = pd.DataFrame({"a": [1]})
    made.attrs["unit"] = unit
    return made


def inserted() -> Any:
    """Return a frame of several blocks of one dtype."""
    made = pd.DataFrame({"a": [1, 2]})
    for name in "bc":
        made[name] = [3, 4]
    return made


GRID = np.arange(24, dtype="i4").reshape(4, 6)
FRAME = pd.DataFrame({"a": [1, 2, 3], "b": ["x", "y", None], "c": [1.5, None, 2.5]})

SAME = {
    "Fortran order": (GRID, np.asfortranarray(GRID)),
    "strided view": (GRID[::2, 1::3].copy(), GRID[::2, 1::3]),
    "negative strides": (GRID[::-1].copy(), GRID[::-1]),
    "transposed": (np.ascontiguousarray(GRID.T), GRID.T),
    "broadcast": (np.ones((3, 4)), np.broadcast_to(np.float64(1), (3, 4))),
    "view of a view": (np.arange(3), np.arange(10)[:6][:3]),
    "read from a buffer": (np.arange(3, dtype="u1"), np.frombuffer(b"\0\1\2", dtype="u1")),
    "padding of fields": (padded(0), padded(255)),
    "under a mask": (
        np.ma.array([1, 2, 3], mask=[0, 1, 0]),
        np.ma.array([1, 9, 3], mask=[0, 1, 0]),
    ),
    "mask spelled out": (np.ma.array([1, 2]), np.ma.array([1, 2], mask=[False, False])),
    "shared objects": (
        np.array([[1], [1]], dtype=object),
        np.array([[1], [1]], dtype=object).copy(),
    ),
    "object that contains itself": (cyclic(), cyclic()),
    "not a time": (np.datetime64("NaT", "s"), np.datetime64("NaT", "s")),
    "equal generators": (np.random.default_rng(1), np.random.default_rng(1)),
    "long double": (np.array([1, 2], dtype="longdouble"), np.array([1, 2], dtype="longdouble")),
    "blocks": (inserted(), inserted().copy()),
    "blocks of a frame made at once": (
        inserted(),
        pd.DataFrame({"a": [1, 2], "b": [3, 4], "c": [3, 4]}),
    ),
    "frame by rows": (FRAME, FRAME.iloc[[0, 1, 2]].reset_index(drop=True)),
    "series of a frame": (FRAME["a"], pd.Series([1, 2, 3], name="a")),
    "used index": (pd.Index([1, 2, 3]), used()),
    "unused levels": (unused_levels(), pd.MultiIndex.from_product([["a"], [1, 2]])),
    "categories": (pd.Categorical(["a", "b"]), pd.Series(["a", "b"]).astype("category").array),
    "missing, masked": (
        pd.array([1, None], dtype="Int64"),
        pd.arrays.IntegerArray(np.array([1, 77]), np.array([False, True])),
    ),
}


@pytest.mark.parametrize("pair", SAME.values(), ids=SAME)
def test_layout_does_not_show(pair: tuple[object, object]) -> None:
    """Equal elements are equal wherever they lie in memory."""
    assert digest(pair[0]) == digest(pair[1])


TIMES = np.array([0, 1], dtype="i8")

APART: dict[str, list[object]] = {
    "dtypes": [
        *(np.zeros(2, dtype=code) for code in "?bhilqBHILQefdgFDG"[:11] if code not in "qQ"),
        *(np.zeros(2, dtype=code) for code in ["f2", "f4", "f8", "c8", "c16", "longdouble"]),
        *(np.zeros(2, dtype=code) for code in [">i4", ">f8", "S1", "S2", "U1", "U2", "V2", "O"]),
        *(TIMES.view(f"M8[{unit}]") for unit in ("D", "s", "ms", "ns")),
        *(TIMES.view(f"m8[{unit}]") for unit in ("D", "s", "ms", "ns")),
        *([0, 0], np.zeros(2, dtype=[("a", "i4")]), np.zeros(2, dtype=[("b", "i4")])),
        np.zeros(2, dtype=[("a", "i2"), ("b", "i2")]),
        np.zeros(2, dtype=[("b", "i2"), ("a", "i2")]),
        np.zeros(2, dtype=[("a", "i2", (2,))]),
    ],
    "shapes": [
        *(
            np.zeros(shape)
            for shape in [(), 0, 1, 6, (2, 3), (3, 2), (1, 6), (6, 1), (0, 3), (3, 0)]
        ),
        *(np.float64(0), 0.0),
    ],
    "elements": [
        *(np.array(items) for items in [[1.0, 2.0], [2.0, 1.0], [0.0], [-0.0], [np.nan], [np.inf]]),
        *(np.array(items, dtype=object) for items in [[1, "a"], [1, "b"], ["1", "a"], [True, "a"]]),
        *(np.array(["a", "b"]), np.array(["b", "a"]), np.array(["ab", ""])),
        np.array([[1, 2], [3, 4]]),
        np.array([[1, 3], [2, 4]]),
        *(np.array(["NaT", "2020"], dtype="M8[D]"), np.array(["2020", "NaT"], dtype="M8[D]")),
    ],
    "scalars": [
        *(np.int64(1), np.int32(1), np.float64(1), np.float32(1), np.bool_(1), 1, 1.0, True),
        *(np.str_("a"), "a", np.bytes_(b"a"), b"a", np.datetime64(1, "s"), np.datetime64(1, "ms")),
        *(np.timedelta64(1, "s"), np.float64(-0.0), np.float64(0), np.complex128(1)),
    ],
    "kinds": [
        np.zeros(2),
        np.ma.array(np.zeros(2)),
        np.ma.array(np.zeros(2), mask=[1, 0]),
        np.ma.array(np.zeros(2), mask=[0, 1]),
        np.ma.array(np.zeros(2), fill_value=7),
        *(np.matrix, np.ndarray),
        *(np.zeros(2).view(np.recarray), attributed(1), attributed(2)),
        *(np.dtype("i4"), np.dtype("i8"), np.dtype([("a", "i4")]), np.sin, np.cos),
        *(np.random.default_rng(1), np.random.default_rng(2), np.random.RandomState(1)),
        *(np.random.PCG64(3), np.random.MT19937(1), np.random.RandomState(2)),
    ],
    "labels": [
        *(pd.Series([1, 2]), pd.Series([1, 2], name="a"), pd.Series([1, 2], name="b")),
        *(pd.Series([1, 2], index=[1, 0]), pd.Series([1, 2], index=["a", "b"])),
        pd.Series([1, 2], index=pd.Index([0, 1], name="i")),
        *(pd.Series([1, 2], dtype="i4"), pd.Series([1, 2], dtype="Int64"), pd.Series([1.0, 2.0])),
        *(pd.Series(["1", "2"]), pd.Series([1, 2], dtype=object), pd.Series([1, 2]).array),
        *(pd.DataFrame({"a": [1, 2]}), pd.DataFrame({"b": [1, 2]}), pd.DataFrame({0: [1, 2]})),
        *(pd.DataFrame({"0": [1, 2]}), pd.DataFrame([[1], [2]], columns=pd.Index(["a"], name="c"))),
        pd.DataFrame({"a": [1, 2]}, index=pd.RangeIndex(1, 3)),
        *(pd.DataFrame({"a": [1], "b": [2]}), pd.DataFrame({"b": [2], "a": [1]})),
        *(pd.DataFrame([[1, 2]], columns=["a", "a"]), pd.DataFrame([[2, 1]], columns=["a", "a"])),
        *(pd.DataFrame(), pd.DataFrame(index=[0]), pd.DataFrame(columns=["a"])),
    ],
    "attrs": [
        pd.DataFrame({"a": [1]}),
        with_unit("m"),
        with_unit("s"),
        pd.DataFrame({"a": [1]}).set_flags(allows_duplicate_labels=False),
    ],
    "indexes": [
        *(pd.RangeIndex(3), pd.Index([0, 1, 2]), pd.Index([0, 1, 2], dtype="i4")),
        *(pd.Index([0, 1, 2], dtype=object), pd.Index(["0", "1", "2"]), pd.Index([2, 1, 0])),
        *(pd.date_range("2020", periods=3), pd.date_range("2020", periods=3, freq="h")),
        *(pd.date_range("2020", periods=3, tz="UTC"), pd.period_range("2020", periods=3, freq="D")),
        pd.date_range("2020", periods=3, tz="Europe/Berlin"),
        pd.period_range("2020", periods=3, freq="M"),
        *(pd.timedelta_range("1D", periods=3), pd.interval_range(0, 3)),
        pd.interval_range(0, 3, closed="left"),
        pd.MultiIndex.from_product([[0, 1], [2]]),
        pd.MultiIndex.from_product([[0, 1], [2]], names=["a", "b"]),
        pd.CategoricalIndex(["a", "b"]),
    ],
    "extensions": [
        *(pd.Categorical(["a", "b"]), pd.Categorical(["b", "a"])),
        *(pd.Categorical(["a", "b"], ["b", "a"]), pd.Categorical(["a", "b"], ordered=True)),
        *(pd.Categorical(["a", "b"], ["a", "b", "c"]), pd.Categorical(["a", None], ["a", "b"])),
        *(pd.array([1, None], dtype="Int64"), pd.array([1, 0], dtype="Int64")),
        *(pd.array([1, None], dtype="Int32"), pd.array([1.0, None], dtype="Float64")),
        *(pd.array([True, None]), pd.array(["a", None], dtype="string"), pd.array(["a", "b"])),
        *(pd.arrays.SparseArray([0, 1]), pd.arrays.SparseArray([0, 1], fill_value=1)),
    ],
}


@pytest.mark.parametrize("values", APART.values(), ids=APART)
def test_content_shows(values: list[object]) -> None:
    """Each dtype, shape, label, name and element makes another value."""
    found: dict[object, object] = {}
    for value in values:
        encoded = encode(value)
        code = tuple(part.target for part in encoded.references)
        known = found.setdefault((encoded.digest, code), value)
        assert known is value, f"{known!r} and {value!r} look alike"


SCALARS = {
    "time stamps": [
        *(pd.Timestamp("2020"), pd.Timestamp("2021"), pd.Timestamp("2020", tz="UTC")),
        *(pd.Timestamp("2020", tz="Europe/Berlin"), pd.Timestamp("2020").as_unit("s"), pd.NaT),
    ],
    "durations": [pd.Timedelta("1D"), pd.Timedelta("2D"), pd.Timedelta("1D").as_unit("s")],
    "periods": [pd.Period("2020", "D"), pd.Period("2020", "M"), pd.Period("2021", "D")],
    "offsets": [pd.offsets.Day(1), pd.offsets.Day(2), pd.offsets.Hour(1), pd.offsets.BDay(1)],
    "intervals": [pd.Interval(0, 1), pd.Interval(0, 2), pd.Interval(0, 1, closed="left"), pd.NA],
}


@pytest.mark.parametrize("values", SCALARS.values(), ids=SCALARS)
def test_scalars_of_pandas_are_values(values: list[object]) -> None:
    """A time, a duration or an offset can be passed and told apart."""
    assert [seen(value) for value in values] == [seen(value) for value in values]
    assert len({seen(value) for value in values}) == len(values)


def test_a_generator_is_not_its_bits() -> None:
    """Only one of them has the methods that draw."""
    assert seen(np.random.default_rng(1)) != seen(np.random.PCG64(1))


@pytest.mark.parametrize(
    "other",
    [["b", "a"], ["a", "b", "c"], [1, 2]],
    ids=str,
)
def test_a_categorical_dtype_is_its_categories(other: list[object]) -> None:
    """Casting to the one or the other sorts differently."""
    assert digest(pd.CategoricalDtype(["a", "b"])) != digest(pd.CategoricalDtype(other))


def test_a_categorical_dtype_is_ordered_or_not() -> None:
    """Only an ordered one compares."""
    one, other = (pd.CategoricalDtype(["a", "b"], ordered=flag) for flag in (True, False))
    assert digest(one) != digest(other)


def test_a_ufunc_from_a_function_leads_to_the_function() -> None:
    """`numpy.frompyfunc` hides a function of the user behind a ufunc."""

    def double(x):
        return x * 2

    found = encode(np.frompyfunc(double, 1, 1)).references
    assert double in [part.target for part in found]


def test_an_attribute_of_a_subclass_leads_to_its_class() -> None:
    """An array of a class of the user depends on that class."""
    assert Attributed in [part.target for part in encode(attributed(1)).references]


def test_a_structured_scalar_can_change() -> None:
    """It is a view of one element, whose fields can be set."""
    assert not encode(np.zeros(1, [("a", "i4")])[0]).immutable


ODD: dict[str, Any] = {
    "structured and masked": lambda: np.ma.array(
        [(1, 2)], mask=[(0, 1)], dtype=[("a", "i4"), ("b", "i4")]
    ),
    "objects and masked": lambda: np.ma.array(["a", None], mask=[0, 1], dtype=object),
    "text and masked": lambda: np.ma.array(["a", "b"], mask=[0, 1]),
    "masked without dimensions": lambda: np.ma.array(1, mask=True),
    "the masked constant": lambda: np.ma.masked,
    "nested structure": lambda: np.zeros(2, dtype=[("a", [("b", "i4", (2, 2)), ("c", "O")])]),
    "structure without fields": lambda: np.zeros(2, dtype=[]),
    "text of any length": lambda: np.array(["a", "b"], dtype=np.dtypes.StringDType()),
    "matrix": lambda: np.zeros((1, 2)).view(np.matrix),
    "record": lambda: np.rec.array([(1, "a")], names="a,b")[0],
    "bytes without type": lambda: np.void(b"abc"),
    "vectorized": lambda: np.vectorize(len),
    "polynomial": lambda: np.polynomial.Polynomial([1, 2]),
    "empty frame": pd.DataFrame,
    "frame of frames": lambda: pd.DataFrame({"a": [pd.DataFrame({"b": [1]}), None]}),
    "grouped": lambda: FRAME.groupby("a"),
    "index of tuples": lambda: pd.Index([(1, 2), (3,)], tupleize_cols=False),
    "frame of many types": lambda: pd.DataFrame(
        {
            "a": pd.date_range("2020", periods=2, tz="UTC"),
            "b": pd.Categorical(["x", None]),
            "c": pd.array([1, None], dtype="Int64"),
            "d": [[1], {2}],
            "e": pd.period_range("2020", periods=2, freq="D"),
            "f": pd.arrays.SparseArray([0, 1]),
        }
    ),
}


@pytest.mark.parametrize("name", ODD)
def test_odd_values_are_digested_or_refused(name: str) -> None:
    """Whatever the value, the answer is the same twice: a digest, or a refusal."""

    def answer() -> object:
        try:
            return digest(ODD[name]())
        except NotDigestibleError as error:
            return str(error)

    assert answer() == answer()


def test_an_array_of_objects_refuses_with_the_path() -> None:
    """The element that has no digest is named."""
    values = np.array([1, (i for i in ())], dtype=object)
    with pytest.raises(NotDigestibleError, match=r"\.flat\[1\]"):
        encode(values)
    with pytest.raises(NotDigestibleError, match=r"\['b'\]"):
        encode(pd.DataFrame({"a": [1, 2], "b": values}))


@given(st.lists(st.integers(0, 5), min_size=1, max_size=4), st.data())
def test_any_view_equals_its_copy(shape: list[int], data: st.DataObject) -> None:
    """Slices, steps, reversals and transposed axes do not show."""
    array = np.arange(int(np.prod(shape)), dtype="f8").reshape(shape)
    index = tuple(slice(None, None, data.draw(st.sampled_from([1, -1, 2, -2, 3]))) for _ in shape)
    axes = data.draw(st.permutations(range(len(shape))))
    view = array[index].transpose(axes)
    assert digest(view) == digest(view.copy()) == digest(np.asfortranarray(view))


KINDS = ["f8", "u1", "c16", "M8[s]", "U3", "S5", ">i4", "?"]


@given(
    st.lists(st.sampled_from([0, 1, 2, 3, 5, 8, 17]), min_size=1, max_size=4),
    st.sampled_from(KINDS),
    st.data(),
)
def test_a_large_view_equals_its_copy(shape: list[int], kind: str, data: st.DataObject) -> None:
    """However elements are gathered: in place, by rows, by columns, leaf by leaf."""
    wide = [2 * size + 1 for size in shape]
    array = np.arange(int(np.prod(wide))).reshape(wide) % 251
    steps = [data.draw(st.sampled_from([slice(size), slice(1, None, 2)])) for size in shape]
    array = array.astype(kind) if kind != "M8[s]" else array.astype("i8").view(kind)
    view = array.transpose(data.draw(st.permutations(range(len(shape)))))[tuple(steps)]
    kept = data.draw(st.sampled_from([0, 4, 1000]))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(arrays, "_kept_together", lambda _: kept)
        patched.setattr(arrays, "_TILE", 256)
        patched.setattr(arrays, "_RUN", 32)
        patched.setattr(arrays, "_SIDE", 4)
        patched.setattr(arrays, "_FEW", 5)
        for module in (arrays, buffers):
            patched.setattr(module, "LEAF", 1024)
        plain = digest(np.ascontiguousarray(view))
        assert digest(view) == digest(np.asfortranarray(view)) == plain


@given(st.lists(st.tuples(st.integers(-3, 3), st.booleans(), st.text(max_size=2)), max_size=4))
def test_frames_are_their_columns(rows: list[tuple[int, bool, str]]) -> None:
    """A frame made by rows, by columns, or column by column is the same."""
    names = ["a", "b", "c"]
    columns = {
        name: pd.Series([row[place] for row in rows], dtype=kind)
        for place, (name, kind) in enumerate(zip(names, ["i8", "?", object], strict=True))
    }
    at_once = pd.DataFrame(columns, columns=names)
    one_by_one = pd.DataFrame(index=at_once.index)
    for name in names:
        one_by_one[name] = columns[name]
    if not rows:
        return
    assert digest(one_by_one[names]) == digest(at_once)
    assert digest(at_once.copy()) == digest(at_once)


class Rated(pd.DataFrame):  # type: ignore[misc]
    """A frame with an attribute that is not in `_metadata`."""

    def set_rate(self, rate: int) -> Rated:
        """Set what `rate` returns."""
        self._rate = rate
        return self


def test_attributes_of_frames_count() -> None:
    """Also of a plain frame, and where pandas would not pickle them."""
    plain, other = pd.DataFrame({"a": [1]}), pd.DataFrame({"a": [1]})
    before = seen(plain)
    plain.rate, other.rate = 1, 2
    assert len({before, seen(plain), seen(other)}) == 3
    del plain.rate
    assert seen(plain) == before
    texts = pd.Series(["a"])
    before = seen(texts)
    texts.str.upper()  # which pandas keeps in the series
    assert seen(texts) == before
    assert seen(Rated({"a": [1]}).set_rate(1)) != seen(Rated({"a": [1]}).set_rate(2))


def test_a_difference_of_frames_is_named_by_column() -> None:
    """The parts of a frame are its index, its labels and its columns."""
    assert [step for step, _ in parts_of(FRAME)] == [
        ".index",
        ".columns",
        "['a']",
        "['b']",
        "['c']",
    ]


@pytest.mark.parametrize("value", [GRID, FRAME, FRAME["a"], np.float64(1), pd.Timestamp("2020")])
def test_previews_do_not_print_data(value: object) -> None:
    """A preview says what kind of thing it is, in one line."""
    shown = preview(value)
    assert shown is not None
    assert "\n" not in shown
    assert len(shown) <= 90


def test_threads_agree_on_the_first_array(monkeypatch: pytest.MonkeyPatch) -> None:
    """The handlers of numpy are there for every thread once one has met an array."""
    expected = digest(GRID)
    loading, go_on = threading.Event(), threading.Event()
    real = handlers.import_module

    def slow(*args: str) -> Any:
        if not loading.is_set():
            loading.set()
            go_on.wait(10)
        return real(*args)

    monkeypatch.setattr(handlers, "import_module", slow)
    monkeypatch.setattr(handlers, "_installed", set())
    families = [pair for pair in handlers._families if pair[0].__module__ != "numpy"]
    monkeypatch.setattr(handlers, "_families", families)
    monkeypatch.setattr(handlers, "_exact", dict(handlers._written_here))
    found: list[Digest] = []
    first = threading.Thread(target=lambda: found.append(digest(GRID)))
    first.start()
    assert loading.wait(10)
    found.append(digest(GRID))  # while the other thread is still loading
    go_on.set()
    first.join()
    assert found == [expected, expected]


def words(count: int, *more: object) -> Any:
    """Return an array of objects: so many texts, then others."""
    return np.array([*(f"w{number % 300}" for number in range(count)), *more], dtype=object)


def test_texts_in_an_array_show() -> None:
    """A column of many texts is each of them, in their order, with what is missing."""
    columns = [
        words(5000, "x"),
        words(5000, "y"),
        words(5001),
        words(5000, None),
        words(5000, "None"),
        words(5000, float("nan")),
        words(5000, 1.5),
        words(5000, 1),
        words(5000, True),
        words(5000, b"x"),
        words(5000, np.str_("x")),
        words(5000, ["x"]),
        words(5000, "x" * 10_000_000),
        words(5000, "x" * 10_000_001),
        words(5000, "\ud800"),
        words(5000)[::-1],
        words(5000, "x").reshape(3, -1),
    ]
    assert len(set(map(seen, columns))) == len(columns)


def test_texts_in_an_array_are_told_by_content() -> None:
    """How texts lie, and which of them are one object, is no content."""
    one = words(5000, None, "ü")
    other = np.array([text and "".join([*text]) for text in one], dtype=object)
    spread = np.empty(2 * len(one), dtype=object)
    spread[::2] = one
    assert digest(one) == digest(other) == digest(spread[::2])
    long = words(20_000, None, "ü", *["y" * 300] * 900, "x" * 200_000, 1.5)
    assert str(digest(long)) == "1fb355f1b724a0cfaa3ba2d6a17d23eb"  # on every version of Python
    frames = [pd.DataFrame({"a": pd.Series(column, dtype=object)}) for column in (one, other)]
    assert digest(frames[0]) == digest(frames[1])


def test_a_text_met_often_is_not_written_often() -> None:
    """An array of one long text has a digest, whatever it would unfold to."""
    long = "x" * 50_000_000
    digest(words(0, *[long] * 5000))


def test_a_text_that_differs_is_named() -> None:
    """Of a column of many texts, the one that is another is told."""
    one, other = words(5000, "x", "z"), words(5000, "y", "z")
    found = tracer.digest.explain(one, other)
    assert list(map(str, found)) == ["value[5000] 'x' → 'y'"]
    found = tracer.digest.explain({"a": one}, {"a": one[:-1]})
    assert list(map(str, found)) == ["value['a'] shape (5002) → (5001)"]
