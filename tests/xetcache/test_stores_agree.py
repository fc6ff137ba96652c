"""Every store is a dict that happens to persist: what one answers, all answer."""

from __future__ import annotations

import shutil
import tempfile

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, rule

from xetcache.stores import LocalStore, MemoryStore, Store

# Short names from a small alphabet collide often; that is where stores go wrong.
NAMES = st.builds(
    "{}/{}".format, st.sampled_from(["a", "b"]), st.text("01", min_size=1, max_size=2)
)


class StoresAgree(RuleBasedStateMachine):
    """One model, two stores, any order of operations."""

    names = Bundle("names")

    @initialize()
    def open_every_store(self) -> None:
        self.folder = tempfile.mkdtemp()
        self.model: dict[str, bytes] = {}
        self.stores: list[Store] = [MemoryStore(), LocalStore(self.folder)]

    @rule(target=names, name=NAMES)
    def choose_name(self, name: str) -> str:
        return name

    @rule(name=names, data=st.binary(max_size=20), replace=st.booleans())
    def write(self, name: str, data: bytes, replace) -> None:
        is_new = replace or name not in self.model
        if is_new:
            self.model[name] = data
        for store in self.stores:
            assert store.write(name, [data[:3], data[3:]], replace=replace) == is_new, store

    @rule(name=names)
    def delete(self, name: str) -> None:
        there = self.model.pop(name, None) is not None
        for store in self.stores:
            assert store.delete(name) == there, store

    @rule(name=names, line=st.binary(max_size=5).map(lambda text: text.replace(b"\n", b"") + b"\n"))
    def append(self, name: str, line: bytes) -> None:
        self.model[name] = self.model.get(name, b"") + line
        for store in self.stores:
            store.append(name, line)

    @rule(name=names, limit=st.none() | st.integers(0, 5))
    def read_agrees(self, name: str, limit: int | None) -> None:
        data = self.model.get(name)
        for store in self.stores:
            assert store.read(name, limit=limit) == (None if data is None else data[:limit]), store
            assert store.size(name) == (None if data is None else len(data)), store

    @rule(prefix=st.sampled_from(["", "a/", "a/0", "b/", "c/"]))
    def names_agree(self, prefix: str) -> None:
        expected = sorted(name for name in self.model if name.startswith(prefix))
        for store in self.stores:
            assert list(store.names(prefix)) == expected, store

    def teardown(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


test_stores_agree = StoresAgree.TestCase
test_stores_agree.settings = settings(max_examples=60, stateful_step_count=20, deadline=None)
