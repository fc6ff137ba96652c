"""Every store is a dict that happens to persist: what one answers, all answer."""

from __future__ import annotations

import shutil
import tempfile

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, rule

from xetcache.stores import LocalStore, MemoryStore, Store

# A small alphabet makes names that are equal or start alike; that is where stores go
# wrong. Files and folders have other letters, as no name is a folder of another.
FOLDERS = st.lists(st.text(alphabet="a-.", min_size=1, max_size=2), max_size=2)
FILES = st.text(alphabet="b0", min_size=1, max_size=3)
NAMES = st.builds(
    lambda folders, file: "/".join([*(f"a{folder}a" for folder in folders), file]), FOLDERS, FILES
)
DATA = st.one_of(st.binary(max_size=40), st.integers(60_000, 70_000).map(lambda size: b"x" * size))


class StoresAgree(RuleBasedStateMachine):
    names = Bundle("names")

    @initialize()
    def open_every_store(self) -> None:
        self.folder = tempfile.mkdtemp()
        self.model: dict[str, bytes] = {}
        self.stores: list[Store] = [MemoryStore(), LocalStore(self.folder)]

    @rule(target=names, name=NAMES)
    def choose_name(self, name: str) -> str:
        return name

    @rule(name=names, parts=st.lists(DATA, max_size=3), durable=st.booleans())
    def write(self, name: str, parts: list[bytes], durable: bool) -> None:
        is_new = name not in self.model
        self.model.setdefault(name, b"".join(parts))
        for store in self.stores:
            assert store.write(name, parts, durable=durable) is is_new, store

    @rule(name=names, data=DATA)
    def write_one(self, name: str, data: bytes) -> None:
        is_new = name not in self.model
        self.model.setdefault(name, data)
        for store in self.stores:
            assert store.write(name, memoryview(data)) is is_new, store

    @rule(name=names, data=DATA)
    def replace(self, name: str, data: bytes) -> None:
        self.model[name] = data
        for store in self.stores:
            assert store.write(name, data, replace=True) is True, store

    @rule(name=names, line=st.binary(max_size=10).map(lambda data: data.replace(b"\n", b"")))
    def append(self, name: str, line: bytes) -> None:
        self.model[name] = self.model.get(name, b"") + line + b"\n"
        for store in self.stores:
            store.append(name, line + b"\n")

    @rule(name=names)
    def delete(self, name: str) -> None:
        was_there = self.model.pop(name, None) is not None
        for store in self.stores:
            assert store.delete(name) is was_there, store

    @rule(name=names, limit=st.none() | st.integers(0, 50))
    def read_agrees(self, name: str, limit: int | None) -> None:
        expected = self.model.get(name)
        for store in self.stores:
            read = store.read(name, limit=limit)
            assert read == (None if expected is None else expected[:limit]), store
            assert read is None or type(read) is bytes

    @rule(name=names)
    def size_agrees(self, name: str) -> None:
        expected = self.model.get(name)
        for store in self.stores:
            assert store.size(name) == (None if expected is None else len(expected)), store

    @rule(name=names, length=st.integers(0, 12))
    def names_agree(self, name: str, length: int) -> None:
        prefix = name[:length]
        expected = sorted(known for known in self.model if known.startswith(prefix))
        for store in self.stores:
            assert list(store.names(prefix)) == expected, store

    @rule()
    def open_again(self) -> None:
        self.stores[1] = LocalStore(self.folder)

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            shutil.rmtree(self.folder)


StoresAgree.TestCase.settings = settings(deadline=None, max_examples=60, stateful_step_count=30)
test_stores_agree = StoresAgree.TestCase
