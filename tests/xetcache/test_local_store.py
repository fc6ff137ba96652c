"""A store in a folder keeps whole files, and does not touch what is not its own."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from xetcache.errors import StoreError
from xetcache.stores import LocalStore, MemoryStore, Store

NAME = "entries/ab/ab12"


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "xmemo")


def leftovers(store: LocalStore) -> list[str]:
    """Return what lies where files are written."""
    folder = Path(store.path, ".local", "tmp")
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def failing(
    monkeypatch: pytest.MonkeyPatch, function: str, number: int, *, after: int = 0
) -> Callable[[], None]:
    """Let a function of `os` fail, once it was called `after` times."""
    real = getattr(os, function)
    calls = 0

    def fail(*args, **kwargs):
        nonlocal calls
        calls += 1
        if calls > after:
            raise OSError(number, os.strerror(number))
        return real(*args, **kwargs)

    monkeypatch.setattr(os, function, fail)
    return lambda: monkeypatch.setattr(os, function, real)


# -- what is where --------------------------------------------------------------------


def test_a_missing_folder_is_an_empty_store(store: LocalStore) -> None:
    """Asking makes nothing."""
    assert store.read(NAME) is None
    assert store.size(NAME) is None
    assert store.delete(NAME) is False
    assert list(store.names()) == []
    assert not Path(store.path).exists()


def test_the_first_write_makes_a_folder_that_explains_itself(store: LocalStore) -> None:
    """Whoever finds it is told what it is; git is told what to keep."""
    store.write(NAME, b"data")
    folder = Path(store.path)
    assert "safe to delete" in (folder / "README.txt").read_text()
    assert (folder / ".gitattributes").read_text() == "* -text -diff\n"
    assert (folder / ".local" / ".gitignore").read_text() == "*\n"
    assert (folder / NAME).read_bytes() == b"data"


def test_what_the_user_removed_is_not_put_back(store: LocalStore) -> None:
    """A README that was removed on purpose stays away, in clones as well."""
    store.write(NAME, b"data")
    folder = Path(store.path)
    (folder / "README.txt").unlink()
    for name in (".gitignore", "tmp"):
        path = folder / ".local" / name
        path.rmdir() if path.is_dir() else path.unlink()
    (folder / ".local").rmdir()  # as in a clone, where it is ignored

    LocalStore(folder).write("entries/cd/cd", b"more")

    assert not (folder / "README.txt").exists()
    assert (folder / ".local" / ".gitignore").exists()


def test_names_are_written_once(store: LocalStore) -> None:
    """The second writer is told that it was not needed."""
    assert store.write(NAME, b"first") is True
    assert store.write(NAME, b"second") is False
    assert store.read(NAME) == b"first"
    assert leftovers(store) == []


def test_many_buffers_are_one_file(store: LocalStore) -> None:
    """Large and small ones, of any kind, in their order."""
    big = bytes(range(256)) * 1024
    parts = [b"a", bytearray(b"b"), memoryview(big), b"", memoryview(b"c"), big, b"d"]
    store.write(NAME, iter(parts))
    assert store.read(NAME) == b"ab" + big + b"c" + big + b"d"


def test_the_start_can_be_read_alone(store: LocalStore) -> None:
    """For headers."""
    store.write(NAME, b"0123456789")
    assert store.read(NAME, limit=4) == b"0123"
    assert store.read(NAME, limit=400) == b"0123456789"
    assert store.read(NAME, limit=0) == b""


def test_a_later_change_of_folder_moves_no_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A relative path means what it meant when the store was opened."""
    monkeypatch.chdir(tmp_path)
    store = LocalStore("xmemo")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    store.write(NAME, b"data")
    assert (tmp_path / "xmemo" / NAME).exists()


def test_a_durable_write_is_a_write(store: LocalStore) -> None:
    """Syncing changes nothing that can be seen without a power cut."""
    assert store.write(NAME, b"data", durable=True) is True
    assert store.write(NAME, b"data", durable=True) is False
    assert store.read(NAME) == b"data"


@pytest.mark.skipif(not hasattr(os, "fdatasync"), reason="this system syncs in another way")
def test_a_durable_write_syncs_before_it_shows(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """First the bytes, then the name, then the folders that hold the name."""
    events: list[str] = []

    def noting(function: str) -> None:
        real = getattr(os, function)

        def note(*args, **kwargs):
            events.append(function)
            return real(*args, **kwargs)

        monkeypatch.setattr(os, function, note)

    for function in ("fdatasync", "link", "fsync"):
        noting(function)
    store.write(NAME, b"data", durable=True)
    assert events[:2] == ["fdatasync", "link"]
    assert set(events[2:]) == {"fsync"}

    events.clear()
    store.write("entries/cd/cd", b"data")
    assert events == ["link"]


def test_names_are_listed_by_how_they_start(store: LocalStore) -> None:
    """In order, without what git or an editor left there."""
    names = ["a-b/x", "a/b/x1", "a/b/x2", "a/bc/x", "a/b.c/x", "b"]
    for name in names:
        store.write(name, b"")
    for stray in ("README", ".DS_Store", "Thumbs.db", "a/b/x1~", "a/b/.x1.swp"):
        Path(store.path, stray).write_text("stray")
    assert list(store.names()) == sorted(names)
    assert list(store.names("a/b")) == ["a/b.c/x", "a/b/x1", "a/b/x2", "a/bc/x"]
    assert list(store.names("a/b/")) == ["a/b/x1", "a/b/x2"]
    assert list(store.names("a/b/x2")) == ["a/b/x2"]
    assert list(store.names("none/")) == []
    assert list(store.names("b/")) == []


def test_lists_only_the_folder_it_must(store: LocalStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten thousand other entries cost nothing."""
    for name in ("a/aa/1", "a/ab/1", "b/aa/1"):
        store.write(name, b"")
    scanned: list[str] = []
    real = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: scanned.append(path) or real(path))
    assert list(store.names("a/ab/")) == ["a/ab/1"]
    assert len(scanned) == 1


@pytest.mark.parametrize(
    "name",
    [
        *("", "/", "/a", "a/", "a//b", "..", "../a", "a/../b", "a/./b", ".local/tmp", ".git"),
        *("A", "a b", "é", "a\\b", "c:", "a\0", "a\n", "a.", "a/b./c", "x" * 300),
    ],
)
@pytest.mark.parametrize("kind", ["local", "memory"])
def test_what_is_no_name_is_refused(tmp_path: Path, name: str, kind: str) -> None:
    """A name cannot lead out of the store, or into what is its own."""
    store: Store = LocalStore(tmp_path / "xmemo") if kind == "local" else MemoryStore()
    for use in (
        lambda: store.read(name),
        lambda: store.write(name, b""),
        lambda: store.delete(name),
        lambda: store.append(name, b"\n"),
        lambda: store.size(name),
    ):
        with pytest.raises(ValueError, match="name in a store"):
            use()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("prefix", ["/", "../", "..", "a//", ".local/", "A", "a/../", ".l"])
def test_what_starts_no_name_is_refused(store: LocalStore, prefix: str) -> None:
    """Also when it would only be listed."""
    with pytest.raises(ValueError, match="start of a name"):
        store.names(prefix)


# -- lines ----------------------------------------------------------------------------


def test_lines_are_added(store: LocalStore) -> None:
    """One after another."""
    store.append("journal/a", b"one\n")
    store.append("journal/a", b"two\n")
    assert store.read("journal/a") == b"one\ntwo\n"


@pytest.mark.parametrize("line", [b"", b"no end", b"two\nlines\n", b"\n\n"])
def test_what_is_no_line_is_refused(store: LocalStore, line: bytes) -> None:
    """A reader splits at newlines, so there is exactly one."""
    with pytest.raises(ValueError, match="one line"):
        store.append("journal/a", line)


def test_lines_of_many_threads_stay_whole(store: LocalStore) -> None:
    """No line is lost, none is torn."""

    def add(writer: int) -> None:
        for number in range(50):
            store.append("journal/a", b"%d %d %s\n" % (writer, number, b"x" * 500))

    run_together([lambda writer=writer: add(writer) for writer in range(8)])
    lines = (store.read("journal/a") or b"").splitlines()
    assert sorted(tuple(map(int, line.split()[:2])) for line in lines) == [
        (writer, number) for writer in range(8) for number in range(50)
    ]


def run_together(actions: list[Callable[[], object]]) -> None:
    """Run each action in a thread of its own, all at once."""
    barrier = threading.Barrier(len(actions))
    failures: list[BaseException] = []

    def act(action: Callable[[], object]) -> None:
        barrier.wait()
        try:
            action()
        except BaseException as error:  # noqa: BLE001  told below, in the main thread
            failures.append(error)

    threads = [threading.Thread(target=act, args=(action,)) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


# -- several writers ------------------------------------------------------------------


@pytest.mark.parametrize("links", [True, False])
def test_of_many_writers_one_wins(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch, links: bool
) -> None:
    """What is read afterwards is what one of them wrote, whole."""
    if not links:
        failing(monkeypatch, "link", errno.EPERM)
    won: list[int] = []

    def write(writer: int) -> None:
        if store.write(NAME, [bytes([writer])] * 1000):
            won.append(writer)

    run_together([lambda writer=writer: write(writer) for writer in range(16)])
    assert store.read(NAME) in [bytes([writer]) * 1000 for writer in won]
    if links:
        assert len(won) == 1
    assert leftovers(store) == []


def test_writers_without_links_see_each_other(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file system without hard links, such as FAT, will do."""
    failing(monkeypatch, "link", errno.EPERM)
    assert store.write(NAME, b"first") is True
    assert store.write(NAME, b"second") is False
    assert store.read(NAME) == b"first"
    assert leftovers(store) == []


def test_a_folder_that_vanishes_is_made_again(store: LocalStore) -> None:
    """Someone may remove the store while it is open."""
    import shutil

    store.write(NAME, b"data")
    shutil.rmtree(store.path)
    assert store.read(NAME) is None
    assert store.write(NAME, b"data") is True
    shutil.rmtree(store.path)
    store.append("journal/a", b"line\n")
    shutil.rmtree(store.path)
    assert os.path.isdir(os.path.dirname(store.local_path("claims/a")))


# -- failures -------------------------------------------------------------------------


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EDQUOT])
@pytest.mark.parametrize("after", [0, 1])
def test_a_failed_write_leaves_nothing(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch, number: int, after: int
) -> None:
    """Whether it fails at the first byte or later; and the next write may succeed."""
    store.write("entries/cd/cd", b"other")
    mend = failing(monkeypatch, "write", number, after=after)
    with pytest.raises(StoreError) as caught:
        store.write(NAME, [b"x" * 100_000, b"y" * 100_000])
    mend()
    assert caught.value.errno == number
    assert isinstance(caught.value.__cause__, OSError)
    assert store.path in str(caught.value)
    assert NAME in str(caught.value)
    assert "hint: " in str(caught.value)
    assert (leftovers(store), list(store.names())) == ([], ["entries/cd/cd"])
    assert store.write(NAME, b"data") is True


@pytest.mark.parametrize("function", ["fdatasync", "fsync"])
def test_a_durable_write_that_cannot_be_synced_is_none(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch, function: str
) -> None:
    """What might not survive is not shown."""
    if not hasattr(os, function):
        pytest.skip("not on this system")
    failing(monkeypatch, function, errno.EIO)
    with pytest.raises(StoreError):
        store.write(NAME, b"data", durable=True)
    assert (leftovers(store), list(store.names())) == ([], [])


def test_data_that_fails_leaves_nothing(store: LocalStore) -> None:
    """Buffers may be made while they are written, and their maker may fail."""

    def buffers() -> Iterator[bytes]:
        yield b"x" * 100_000
        raise RuntimeError("the caller's own")

    with pytest.raises(RuntimeError, match="the caller's own"):
        store.write(NAME, buffers())
    assert (leftovers(store), list(store.names())) == ([], [])


@pytest.mark.parametrize("number", [errno.EACCES, errno.EIO, errno.ENOMEM])
def test_a_store_that_cannot_be_read_says_so(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """Only absence is absence."""
    store.write(NAME, b"data")
    failing(monkeypatch, "open", number)
    failing(monkeypatch, "scandir", number)
    for use in (
        lambda: store.read(NAME),
        lambda: store.append("journal/a", b"\n"),
        lambda: list(store.names()),
    ):
        with pytest.raises(StoreError) as caught:
            use()
        assert (caught.value.errno, caught.value.slug) == (number, "store-unavailable")
        assert store.path in str(caught.value)


def test_a_line_that_was_written_in_part_is_an_error(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that is nearly full takes half of it."""
    real = os.write
    monkeypatch.setattr(os, "write", lambda handle, data: real(handle, data[:2]))
    with pytest.raises(StoreError, match="only a part"):
        store.append("a", b"line\n")


def test_a_file_where_the_store_should_be(tmp_path: Path) -> None:
    """Is no store, and stays what it is."""
    (tmp_path / "xmemo").write_text("mine")
    store = LocalStore(tmp_path / "xmemo")
    assert store.read(NAME) is None
    with pytest.raises(StoreError):
        store.write(NAME, b"data")
    with pytest.raises(StoreError):
        store.local_path("claims/a")
    assert (tmp_path / "xmemo").read_text() == "mine"


def as_nobody(action: Callable[[], object]) -> str:
    """Run an action in a process that may write nothing; return what it says."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            if os.geteuid() == 0:
                os.setgroups([])
                os.setgid(65534)
                os.setuid(65534)
            said = str(action())
        except BaseException as error:  # noqa: BLE001  told to the parent
            said = f"{type(error).__name__}: {error}"
        os.write(writing, said.encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as file:
        said = file.read()
    os.waitpid(child, 0)
    return said


@pytest.mark.skipif(not hasattr(os, "fork"), reason="permissions are another matter there")
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_read_only_folder_serves_and_refuses() -> None:
    """What is there is read; what is new is refused, and the hint says what to do."""
    import shutil
    import tempfile

    # Not in `tmp_path`, which only its owner may enter.
    folder = Path(tempfile.mkdtemp())
    try:
        store = LocalStore(folder / "xmemo")
        store.write(NAME, b"data")
        for path in (folder, *folder.rglob("*")):
            path.chmod(0o555 if path.is_dir() else 0o444)
        assert as_nobody(lambda: store.read(NAME)) == "b'data'"
        for refused in (
            lambda: store.write("entries/cd/cd", b"data"),
            lambda: store.delete(NAME),
            lambda: store.append("journal/a", b"\n"),
            lambda: store.local_path("claims/a"),
            lambda: LocalStore(folder / "new").write(NAME, b""),
        ):
            said = as_nobody(refused)
            assert said.startswith("StoreError: ")
            assert "set_memo_path" in said
        assert list(store.names()) == [NAME]
        assert leftovers(store) == []
    finally:
        for path in (folder, *folder.rglob("*")):
            path.chmod(0o755)
        shutil.rmtree(folder)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Give a disk of 256 kB, where one can be had."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)]
    try:
        done = subprocess.run(command, check=False, capture_output=True, timeout=20)
    except FileNotFoundError:
        pytest.skip("there is no `mount`")
    if done.returncode != 0:
        pytest.skip("not allowed to mount a disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True, timeout=20)


def test_a_full_disk_keeps_what_it_has(small_disk: Path) -> None:
    """Writes fail until there is room again; nothing that was kept is lost."""
    store = LocalStore(small_disk / "xmemo")
    kept: list[str] = []

    def fill() -> None:
        for number in range(100):
            store.write(f"entries/{number:02}/x", bytes([number]) * 50_000)
            kept.append(f"entries/{number:02}/x")

    with pytest.raises(StoreError) as caught:
        fill()
    assert caught.value.errno == errno.ENOSPC
    assert "free some space" in str(caught.value)
    assert list(store.names()) == kept
    assert [store.read(name) for name in kept] == [
        bytes([number]) * 50_000 for number in range(len(kept))
    ]
    assert leftovers(store) == []

    assert store.delete(kept[0]) is True
    assert store.write(kept[0], b"again" * 1000) is True


# -- links ----------------------------------------------------------------------------


def test_a_planted_link_is_neither_read_nor_written(store: LocalStore, tmp_path: Path) -> None:
    """A cloned repository may hold one that points at your files."""
    secret = tmp_path / "secret"
    secret.write_bytes(b"mine")
    for target in (secret, tmp_path / "not there"):
        planted = Path(store.path, NAME)
        planted.parent.mkdir(parents=True, exist_ok=True)
        planted.symlink_to(target)

        assert store.read(NAME) is None
        assert store.size(NAME) is None
        assert list(store.names()) == []
        assert store.write(NAME, b"data") is False
        with pytest.raises(StoreError):
            store.append(NAME, b"line\n")
        assert planted.is_symlink()
        assert secret.read_bytes() == b"mine"
        assert not (tmp_path / "not there").exists()

        assert store.delete(NAME) is True
        assert secret.exists()
        assert store.write(NAME, b"data") is True
        store.delete(NAME)


def test_a_planted_link_to_a_folder_is_not_entered(store: LocalStore, tmp_path: Path) -> None:
    """Nothing outside is read, listed, written, removed or swept."""
    outside = tmp_path / "outside"
    (outside / "ab").mkdir(parents=True)
    (outside / "ab" / "ab12").write_bytes(b"mine")
    os.utime(outside / "ab" / "ab12", (0, 0))
    for planted in ("entries", "entries/ab"):
        link = Path(store.path, planted)
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(outside if planted == "entries" else outside / "ab")

        assert store.read(NAME) is None
        assert store.size(NAME) is None
        assert list(store.names()) == []
        assert list(store.names("entries/ab/")) == []
        assert store.delete(NAME) is False
        for write in (
            lambda: store.write(NAME, b"x"),
            lambda: store.append("entries/ab/new", b"x\n"),
        ):
            with pytest.raises(StoreError, match="not followed"):
                write()
        link.unlink()
    assert [path.name for path in outside.rglob("*")] == ["ab", "ab12"]
    assert (outside / "ab" / "ab12").read_bytes() == b"mine"


@pytest.mark.parametrize("planted", [".local", ".local/tmp"])
def test_a_planted_place_for_temporary_files_is_refused(
    tmp_path: Path, store: LocalStore, planted: str
) -> None:
    """Else files of the user, a day old, would be swept."""
    outside = tmp_path / "outside"
    (outside / "tmp").mkdir(parents=True)
    for folder in (outside, outside / "tmp"):
        (folder / "old").write_text("mine")
        os.utime(folder / "old", (0, 0))
    link = Path(store.path, planted)
    link.parent.mkdir(parents=True)
    link.symlink_to(outside)
    with pytest.raises(StoreError, match="not followed"):
        store.write(NAME, b"data")
    assert sorted(path.name for path in outside.rglob("*")) == ["old", "old", "tmp"]


def test_a_planted_pipe_does_not_hold_anybody_up(store: LocalStore) -> None:
    """Opening one would wait for its other end."""
    if not hasattr(os, "mkfifo"):
        pytest.skip("no pipes with names here")
    planted = Path(store.path, NAME)
    planted.parent.mkdir(parents=True)
    os.mkfifo(planted)
    assert store.read(NAME) is None
    assert store.size(NAME) is None
    assert list(store.names()) == []
    with pytest.raises(StoreError):
        store.append(NAME, b"line\n")


def test_the_store_itself_may_be_reached_by_links(tmp_path: Path) -> None:
    """Where the folder lies is the user's own choice."""
    (tmp_path / "disk").mkdir()
    (tmp_path / "project").symlink_to(tmp_path / "disk")
    store = LocalStore(tmp_path / "project" / "xmemo")
    assert store.write(NAME, b"data") is True
    assert store.read(NAME) == b"data"
    assert list(store.names()) == [NAME]
    assert (tmp_path / "disk" / "xmemo" / NAME).exists()


# -- what killed writers leave --------------------------------------------------------


def test_old_temporary_files_are_swept(store: LocalStore) -> None:
    """Those of a writer that may still be at it are not."""
    store.write(NAME, b"data")
    folder = Path(store.path, ".local", "tmp")
    (folder / "1-old").write_bytes(b"half")
    (folder / "2-new").write_bytes(b"half")
    os.utime(folder / "1-old", (0, 0))

    assert LocalStore(store.path).write("entries/cd/cd", b"data")

    assert leftovers(store) == ["2-new"]


def test_a_killed_writer_leaves_nothing_to_see(store: LocalStore) -> None:
    """Whatever it had written so far."""
    script = (
        "import os, signal, sys\n"
        "from xetcache.stores import LocalStore\n"
        "def buffers():\n"
        "    yield b'x' * 100_000\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "    yield b'y'\n"
        "LocalStore(sys.argv[1]).write(sys.argv[2], buffers())\n"
    )
    subprocess.run(
        [sys.executable, "-c", script, store.path, NAME],
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        timeout=60,
    )
    assert len(leftovers(store)) == 1
    assert (list(store.names()), store.read(NAME)) == ([], None)
    assert store.write(NAME, b"data") is True
