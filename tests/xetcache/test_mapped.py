"""What is large comes back as memory of its own, whole, and without being read before."""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from xetcache import codecs
from xetcache.entry import Header, from_bytes, to_buffers, verify
from xetcache.errors import EntryDamagedError
from xetcache.stores import LEAST_MAPPED, LocalStore, mapped

NAME = "entries/ab/ab12.xet"
SIZE = LEAST_MAPPED // 8  # floats

needs_maps = pytest.mark.skipif(sys.platform != "linux", reason="files are mapped on Linux only")


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "xmemo")


@pytest.fixture
def path(store: LocalStore) -> Path:
    return Path(store.path, NAME)


def put(store: LocalStore, value: Any) -> None:
    """Write an entry as the engine does."""
    payload = codecs.encode(value)
    header = Header(key="00ff", closure="ab", function="app.train", codec=payload.codec)
    store.write(NAME, to_buffers(header, payload.buffers), replace=True)


class Checks:
    """Counts how often a file is checked."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, data: memoryview) -> None:
        self.count += 1
        verify(data)


def got(store: LocalStore, check: Callable[[Any], object] = verify, **how: bool) -> Any:
    """Return the value as the engine reads it."""
    data = store.checked(NAME, check, read=False, **how)
    assert data is not None
    entry = from_bytes(data)
    return codecs.decode(entry.header.codec, entry.payload)


ARRAYS: dict[str, Any] = {
    "in order of C": np.arange(2.0 * SIZE).reshape(2, SIZE),
    "in order of Fortran": np.arange(2.0 * SIZE).reshape(2, SIZE, order="F"),
    "of times": np.arange(SIZE).astype("M8[s]"),
    "of records": np.zeros(SIZE, [("x", "<f8"), ("name", "S3")]),
    "of another order of bytes": np.arange(SIZE, dtype=">i8"),
    "every second": np.arange(2.0 * SIZE)[::2],
}


@needs_maps
@pytest.mark.parametrize("name", ARRAYS)
@pytest.mark.parametrize("inside", [False, True], ids=["alone", "inside"])
def test_arrays_come_back_as_they_were(store: LocalStore, name: str, *, inside: bool) -> None:
    """Type, shape, order in memory, aligned and writable; in whatever they are."""
    value = ARRAYS[name]
    put(store, {"a": [value]} if inside else value)
    found = got(store)["a"][0] if inside else got(store)
    assert type(found) is np.ndarray
    assert found.dtype == value.dtype
    assert found.shape == value.shape
    assert found.tobytes() == value.tobytes()
    assert found.flags.writeable
    assert found.flags.aligned
    if name != "every second":  # comes back contiguous
        assert found.flags.f_contiguous == value.flags.f_contiguous


@needs_maps
def test_nothing_is_copied(store: LocalStore) -> None:
    """The elements lie in the memory of the file, of frames as well."""
    put(store, np.zeros(SIZE))
    data = store.checked(NAME, verify, read=False)
    assert data is not None
    array = codecs.decode("array", from_bytes(data).payload)
    assert np.shares_memory(array, data)
    assert array.__array_interface__["data"][0] % 64 == 0
    put(store, pd.DataFrame(np.zeros((SIZE // 4, 4)), columns=list("abcd")))
    data = store.checked(NAME, verify, read=False)
    assert data is not None
    entry = from_bytes(data)
    frame = codecs.decode(entry.header.codec, entry.payload)
    assert np.shares_memory(frame["b"].to_numpy(), data)
    frame["b"] += 1
    assert got(store)["b"].sum() == 0


@needs_maps
def test_what_is_one_array_is_one_array(store: LocalStore) -> None:
    """Under each name, and a read-only one stays so."""
    one, fixed = np.zeros(SIZE), np.ones(SIZE)
    fixed.flags.writeable = False
    put(store, {"a": one, "b": [one], "c": fixed})
    found = got(store)
    assert found["a"] is found["b"][0]
    assert not found["c"].flags.writeable
    assert found["c"].sum() == SIZE


@needs_maps
def test_a_change_does_not_reach_the_store(store: LocalStore, path: Path) -> None:
    """Nor what is read after it."""
    put(store, np.zeros(SIZE))
    before = path.read_bytes()
    first = got(store)
    first += 7
    assert path.read_bytes() == before
    assert got(store).max() == 0
    assert first.min() == 7


@needs_maps
@pytest.mark.parametrize("how", ["deleted", "replaced"])
def test_a_file_that_goes_stays_readable(store: LocalStore, path: Path, how: str) -> None:
    """To whoever has mapped it before."""
    put(store, np.ones(SIZE))
    found = got(store)
    if how == "deleted":
        store.delete(NAME)
    else:
        put(store, np.zeros(SIZE))
    assert found.sum() == SIZE
    assert path.exists() == (how == "replaced")


@needs_maps
def test_a_file_is_checked_once(store: LocalStore) -> None:
    """On one machine, also by another process; its twin is the test of each change below."""
    put(store, np.zeros(SIZE))
    checks = Checks()
    got(store, checks)
    got(LocalStore(store.path), checks)
    assert checks.count == 1


def flip(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(SIZE * 4)
        byte = file.read(1)
        file.seek(SIZE * 4)
        file.write(bytes([byte[0] ^ 4]))


def flip_with_old_times(path: Path) -> None:
    status = path.stat()
    flip(path)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def flip_a_copy(path: Path) -> None:
    """Put another file there, with the times of the first."""
    status, copy = path.stat(), path.with_name("copy")
    copy.write_bytes(path.read_bytes())
    flip(copy)
    os.utime(copy, ns=(status.st_atime_ns, status.st_mtime_ns))
    copy.replace(path)


def cut(path: Path) -> None:
    os.truncate(path, LEAST_MAPPED + 1)


@needs_maps
@pytest.mark.parametrize("damage", [flip, flip_with_old_times, flip_a_copy, cut])
def test_a_changed_file_is_checked_again(
    store: LocalStore, path: Path, damage: Callable[[Path], None]
) -> None:
    """Whatever was noted before, a damaged file is found out."""
    put(store, np.zeros(2 * SIZE))
    got(store)
    path.chmod(0o644)
    got(store)
    damage(path)
    for _ in range(2):
        with pytest.raises(EntryDamagedError):
            store.checked(NAME, verify, read=False)


@needs_maps
def test_another_run_of_the_machine_checks_again(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A power cut may have left anything."""
    put(store, np.zeros(SIZE))
    checks = Checks()
    got(store, checks)
    monkeypatch.setattr(mapped, "_boot", lambda: "another")
    got(store, checks)
    assert checks.count == 2
    monkeypatch.setattr(mapped, "_boot", lambda: "")  # nobody can tell
    got(store, checks)
    got(store, checks)
    assert checks.count == 4


@needs_maps
def test_a_damaged_note_counts_for_nothing(store: LocalStore) -> None:
    """The file is checked, and noted again."""
    put(store, np.zeros(SIZE))
    got(store)
    (note,) = Path(store.path, ".local", "whole").iterdir()
    whole = note.read_bytes()
    checks = Checks()
    for broken in (b"", whole[:-1], whole + b"0", whole.replace(b" ", b"  ", 1)):
        note.write_bytes(broken)
        got(store, checks)
        assert note.read_bytes() == whole
    assert checks.count == 4


@needs_maps
def test_notes_do_not_pile_up(store: LocalStore) -> None:
    """Those of entries that are gone are removed, once there are many."""
    put(store, np.zeros(SIZE))
    got(store)
    folder = Path(store.path, ".local", "whole")
    for number in range(mapped._MOST_NOTES):
        (folder / f"gone-{number}").touch()
    put(store, np.ones(SIZE))
    got(store)
    assert [one.name for one in folder.iterdir()] == [NAME.replace("/", "+")]


@needs_maps
def test_a_file_that_was_just_put_there(store: LocalStore, path: Path) -> None:
    """By another program: it may be changed within the tick of the clock, so it is not noted."""
    put(store, np.zeros(SIZE))
    copy = path.with_name("copy")
    copy.write_bytes(path.read_bytes())
    copy.replace(path)
    checks = Checks()
    got(store, checks)
    got(store, checks)
    assert checks.count == 2
    an_hour_ago = path.stat().st_mtime_ns - 3_600_000_000_000
    os.utime(path, ns=(an_hour_ago, an_hour_ago))
    got(store, checks)
    got(store, checks)
    assert checks.count == 3
    assert not list(Path(store.path, ".local", "tmp").iterdir())


@needs_maps
def test_a_file_in_use_can_be_written_by_nobody(store: LocalStore, path: Path) -> None:
    """Who copies over it is told so, and does not change what programs have in memory."""
    put(store, np.zeros(SIZE))
    assert path.stat().st_mode & 0o222 == 0
    path.chmod(0o644)  # as in a clone
    got(store)
    assert path.stat().st_mode & 0o222 == 0
    store.write("entries/ab/small.xet", b"small")
    assert path.with_name("small.xet").stat().st_mode & 0o200


@needs_maps
def test_a_store_that_is_only_read_is_not_changed(store: LocalStore, path: Path) -> None:
    """What somebody could write to is read then, and what nobody can is checked each time."""
    put(store, np.zeros(SIZE))
    checks = Checks()
    assert got(store, checks, note=False).sum() == 0
    assert got(store, checks, note=False).sum() == 0
    assert checks.count == 2
    assert not Path(store.path, ".local", "whole").exists()
    path.chmod(0o644)
    assert store.checked(NAME, verify, note=False, read=False) is None
    assert path.stat().st_mode & 0o777 == 0o644


def test_where_files_are_not_mapped(store: LocalStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """On other systems, or the disk of another machine, or with many mapped already."""
    put(store, np.zeros(SIZE))
    for name, other in (("_is_of_this_machine", lambda _: False), ("_MOST", 0)):
        with monkeypatch.context() as patch:
            patch.setattr(mapped, name, other)
            assert store.checked(NAME, verify, read=False) is None
            assert type(store.checked(NAME, verify)) is bytes
    with monkeypatch.context() as patch:
        patch.setattr(mapped, "can_be_read", lambda _: False)  # a bad disk: reading it fails
        assert store.checked(NAME, verify, read=False) is None
    with monkeypatch.context() as patch:
        patch.setattr(sys, "platform", "win32")
        assert store.checked(NAME, verify, read=False) is None
        put(store, np.zeros(SIZE))  # and its mode is left alone
        assert Path(store.path, NAME).stat().st_mode & 0o200


def test_small_and_absent_files_are_not_mapped(store: LocalStore) -> None:
    """They are read."""
    assert store.checked(NAME, verify, read=False) is None
    put(store, np.zeros(SIZE // 2))
    assert store.checked(NAME, verify, read=False) is None
    assert store.checked("graphs", verify, read=False) is None


@needs_maps
def test_entries_of_the_first_layout_are_read(store: LocalStore) -> None:
    """An array that is not aligned gets memory of its own; a pickle has all in its stream."""
    array = np.arange(float(SIZE))
    for codec, payload in (
        ("array", b"".join(codecs.encode(array).buffers)),
        ("pickle", pickle.dumps([array], protocol=5)),
    ):
        header = Header(key="00ff", closure="ab", function="f", codec=codec)
        head, *rest = to_buffers(header, [payload])
        without = bytes(head).replace(b" ", b"")
        size = len(without) - 9 - 8
        without = without[:5] + size.to_bytes(4, "big") + without[9:]
        from xxhash import xxh3_128_digest

        store.write(
            NAME, [without, rest[0], xxh3_128_digest(without + bytes(rest[0]))], replace=True
        )
        found = got(store)
        found = found[0] if codec == "pickle" else found
        assert found.flags.aligned
        assert found.flags.writeable
        assert found[-1] == SIZE - 1
