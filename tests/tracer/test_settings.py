"""Settings of libraries: which differ from their default, and for which code they count."""

from __future__ import annotations

import decimal
import sys
from types import ModuleType, SimpleNamespace

import pytest

import tracer
from tracer import settings

np = pytest.importorskip("numpy")


def names(function, *values: object) -> list[str]:
    return [one.name for one in tracer.settings_in_reach(tracer.walk(function), values)]


def divides(x):
    return x / 3


def by_name(x):
    return decimal.Decimal(x) / 3


def prints(x):
    return str(np.array(x))


def loads(data):
    import pickle

    return pickle.loads(data) / 3


@pytest.fixture(autouse=True)
def defaults():
    """Leave things as they were."""
    with decimal.localcontext(), np.errstate(), np.printoptions():
        yield


def test_nothing_differs_at_first() -> None:
    """In a program that sets nothing."""
    assert settings.all_now() == {}


def test_reached_by_name_by_value_or_by_chance() -> None:
    """Code that reaches no reader, and is given nothing of it, has no settings."""
    decimal.getcontext().prec = 9
    np.seterr(divide="raise")
    assert names(by_name, 1) == ["decimal.prec"]
    assert names(divides, 1) == []
    assert names(divides, [1]) == []
    assert names(divides, {"a": [np.ones(1)]}) == ["numpy.errors.divide"]
    found = ["decimal.prec", "numpy.errors.divide", "numpy.warnings.divide"]
    assert names(loads, b"") == found


def test_print_options_count_for_text() -> None:
    """And for nothing else."""
    np.set_printoptions(precision=3)
    assert names(prints, 1) == ["numpy.print.precision"]
    assert names(divides, np.ones(1)) == []


def test_silence_is_no_other_value() -> None:
    """Whether numpy warns of a division by zero, the result is the same."""
    np.seterr(all="ignore")
    assert names(prints, 1) == []


def test_untouched_is_asked_quickly_and_right() -> None:
    """The condition of fast answers, which is none for code that reaches nothing."""
    assert tracer.settings_untouched(tracer.walk(divides)) is None
    untouched = tracer.settings_untouched(tracer.walk(by_name))
    assert untouched is not None
    assert untouched()
    decimal.getcontext().rounding = decimal.ROUND_UP
    assert not untouched()


def test_default_context_is_no_default() -> None:
    """A program may change what new threads begin with."""
    before = decimal.DefaultContext.prec
    decimal.DefaultContext.prec = 9
    try:
        decimal.setcontext(decimal.Context())
        assert names(by_name, 1) == ["decimal.prec"]
    finally:
        decimal.DefaultContext.prec = before


@pytest.mark.parametrize("module", ["torch", "jax", "mpmath", "sklearn"])
def test_settings_of_libraries_that_may_not_be_there(
    module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Read from what they offer, by stand-ins for those that are large."""
    stand_in = ModuleType(module)
    vars(stand_in).update(LIBRARIES[module][0])
    monkeypatch.setitem(sys.modules, module, stand_in)
    assert settings.all_now() == {}
    vars(stand_in).update(LIBRARIES[module][1])
    assert list(settings.all_now()) == [LIBRARIES[module][2]]


LIBRARIES = {
    "torch": (
        {
            "get_default_dtype": lambda: "torch.float32",
            "get_default_device": lambda: "cpu",
            "is_grad_enabled": lambda: True,
            "are_deterministic_algorithms_enabled": lambda: False,
            "get_float32_matmul_precision": lambda: "highest",
        },
        {"get_default_dtype": lambda: "torch.float64"},
        "torch.default_dtype",
    ),
    "jax": (
        {"config": SimpleNamespace(jax_enable_x64=False)},
        {"config": SimpleNamespace(jax_enable_x64=True)},
        "jax.jax_enable_x64",
    ),
    "mpmath": (
        {"mp": SimpleNamespace(prec=53), "iv": SimpleNamespace(prec=53)},
        {"mp": SimpleNamespace(prec=169)},
        "mpmath.mp.prec",
    ),
    "sklearn": (
        {"get_config": lambda: {"transform_output": "default", "display": "text"}},
        {"get_config": lambda: {"transform_output": "pandas", "display": "text"}},
        "sklearn.transform_output",
    ),
}


def test_a_library_can_be_added(monkeypatch: pytest.MonkeyPatch) -> None:
    """By what tells of its settings."""
    mine = ModuleType("mine")
    vars(mine)["unit"] = "metre"
    monkeypatch.setitem(sys.modules, "mine", mine)
    monkeypatch.setattr(settings, "_groups", list(settings._groups))
    monkeypatch.setattr(settings, "_to_leave", list(settings._to_leave))

    def differing(module: ModuleType) -> dict[str, object]:
        return {} if module.unit == "metre" else {"unit": module.unit}

    settings.register(settings.Group("mine", "mine", differing, frozenset({"decimal"})))
    assert names(by_name, 1) == []
    vars(mine)["unit"] = "foot"
    assert names(by_name, 1) == ["mine.unit"]
    assert names(divides, 1) == []
    settings._in_reach.clear()


def test_what_a_call_may_leave_behind() -> None:
    """That numpy is silent, and how deep the stack may be: only who asks for it minds."""
    limit = sys.getrecursionlimit()
    np.seterr(all="ignore")
    try:
        sys.setrecursionlimit(limit + 1)
        assert settings.left_behind() == {}
        np.seterr(divide="raise")
        assert list(settings.left_behind()) == ["numpy.errors.divide"]
    finally:
        sys.setrecursionlimit(limit)
