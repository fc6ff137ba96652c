"""Readers of files, one by one: what they read is seen, however they do it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

import tracer

np = pytest.importorskip("numpy")


def library(name: str) -> Any:
    """Import a library, or skip the test where it is not here."""
    return pytest.importorskip(name)


def frame() -> Any:
    return library("pandas").DataFrame({"a": [1, 2, 3], "b": [0.5, 1.5, 2.5]})


# -- how the files are made -----------------------------------------------------------


def text(path: str, content: str = "a,b\n1,0.5\n2,1.5\n") -> None:
    Path(path).write_text(content, encoding="utf-8")


def sqlite(path: str) -> None:
    import sqlite3

    connection = sqlite3.connect(path)
    connection.execute("create table data (a)")
    connection.commit()
    connection.close()


def zipped(path: str) -> None:
    import zipfile

    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("inside", "text")


def gzipped(path: str) -> None:
    import gzip

    with gzip.open(path, "wb") as file:
        file.write(b"text")


def pickled(path: str) -> None:
    import pickle

    Path(path).write_bytes(pickle.dumps([1, 2]))


def arrow(path: str) -> None:
    pyarrow = library("pyarrow")
    table = pyarrow.table({"a": [1, 2]})
    with pyarrow.OSFile(path, "wb") as file, pyarrow.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)


def parquet(path: str) -> None:
    library("pyarrow.parquet").write_table(library("pyarrow").table({"a": [1, 2]}), path)


def parquet_folder(path: str) -> None:
    os.mkdir(path)
    for name in ("one.parquet", "two.parquet"):
        parquet(os.path.join(path, name))


def feather(path: str) -> None:
    library("pyarrow.feather").write_feather(library("pyarrow").table({"a": [1, 2]}), path)


def ndjson(path: str) -> None:
    text(path, '{"a": 1}\n{"a": 2}\n')


def hdf5(path: str) -> None:
    with library("h5py").File(path, "w") as file:
        file["a"] = [1, 2, 3]


def image(path: str) -> None:
    library("PIL.Image").new("RGB", (4, 4)).save(path, "PNG")


def array(path: str) -> None:
    with open(path, "wb") as file:
        np.save(file, np.arange(5))


def arrays(path: str) -> None:
    with open(path, "wb") as file:
        np.savez(file, a=np.arange(5))


def numbers(path: str) -> None:
    np.arange(5.0).tofile(path)


def matlab(path: str) -> None:
    with open(path, "wb") as file:
        library("scipy.io").savemat(file, {"a": [1, 2]})


def shelf(path: str) -> None:
    import shelve

    with shelve.open(path, "n") as file:
        file["a"] = 1


# -- how they are read ----------------------------------------------------------------


def member(module: str, name: str, **options: Any) -> Any:
    """Return a reader: a function of a module, called with the path."""

    def read(path: Any) -> None:
        function: Any = library(module)
        for part in name.split("."):
            function = getattr(function, part)
        function(path, **options)

    return read


def collected(name: str) -> Any:
    return lambda path: getattr(library("polars"), name)(path).collect()


def read_opened(path: Any) -> None:
    with open(path, encoding="utf-8") as file:
        file.read()


def read_sqlite(path: Any) -> None:
    import sqlite3

    connection = sqlite3.connect(path)
    connection.execute("select * from data").fetchall()
    connection.close()


def read_sqlalchemy(path: Any) -> None:
    sqlalchemy = library("sqlalchemy")
    engine = sqlalchemy.create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        connection.execute(sqlalchemy.text("select * from data")).fetchall()
    engine.dispose()


def read_mapped(path: Any) -> None:
    import mmap

    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as found:
        found.read(1)


def read_hdf5(path: Any) -> None:
    with library("h5py").File(path, "r") as file:
        file["a"][:]


def read_tables(path: Any) -> None:
    library("tables").open_file(path).close()


def read_dataset(path: Any) -> None:
    library("pyarrow.dataset").dataset(path).to_table()


def read_xarray(path: Any) -> None:
    library("xarray").open_dataset(path, engine="scipy").load().close()


def read_netcdf(path: Any) -> None:
    library("scipy.io").netcdf_file(path, mmap=False).close()


def netcdf(path: str) -> None:
    file = library("scipy.io").netcdf_file(path, "w")
    file.createDimension("x", 3)
    file.createVariable("x", "i4", ("x",))[:] = [1, 2, 3]
    file.close()


READERS: dict[str, tuple[Any, Any]] = {
    "open": (text, read_opened),
    "Path.read_bytes": (text, lambda path: Path(path).read_bytes()),
    "os.open": (text, lambda path: os.close(os.open(path, os.O_RDONLY))),
    "sqlite3": (sqlite, read_sqlite),
    "sqlalchemy": (sqlite, read_sqlalchemy),
    "zipfile": (zipped, lambda path: library("zipfile").ZipFile(path).read("inside")),
    "gzip": (gzipped, lambda path: library("gzip").open(path).read()),
    "shelve": (shelf, lambda path: library("shelve").open(str(path), "r")["a"]),
    "mmap": (text, read_mapped),
    "ElementTree.parse": (
        lambda path: text(path, "<a/>"),
        member("xml.etree.ElementTree", "parse"),
    ),
    "numpy.load": (array, member("numpy", "load")),
    "numpy.load, mapped": (array, member("numpy", "load", mmap_mode="r")),
    "numpy.load, npz": (arrays, lambda path: library("numpy").load(path)["a"]),
    "numpy.fromfile": (numbers, member("numpy", "fromfile")),
    "numpy.memmap": (numbers, member("numpy", "memmap", mode="r")),
    "numpy.loadtxt": (lambda path: text(path, "1 2\n"), member("numpy", "loadtxt")),
    "numpy.genfromtxt": (lambda path: text(path, "1 2\n"), member("numpy", "genfromtxt")),
    "scipy.io.loadmat": (matlab, member("scipy.io", "loadmat", appendmat=False)),
    "scipy.io.netcdf_file": (netcdf, read_netcdf),
    "xarray.open_dataset": (netcdf, read_xarray),
    "pandas.read_csv": (text, member("pandas", "read_csv")),
    "pandas.read_csv, by pyarrow": (
        text,
        lambda path: library("pyarrow") and library("pandas").read_csv(path, engine="pyarrow"),
    ),
    "pandas.read_json": (lambda path: text(path, '{"a": [1]}'), member("pandas", "read_json")),
    "pandas.read_pickle": (
        lambda path: frame().to_pickle(path),
        member("pandas", "read_pickle", compression=None),
    ),
    "pandas.read_excel": (
        lambda path: library("openpyxl") and frame().to_excel(f"{path}.xlsx"),
        lambda path: library("pandas").read_excel(f"{path}.xlsx"),
    ),
    "pandas.read_parquet": (parquet, member("pandas", "read_parquet")),
    "pandas.read_feather": (feather, member("pandas", "read_feather")),
    "pandas.read_hdf": (
        lambda path: library("tables") and frame().to_hdf(path, key="a"),
        member("pandas", "read_hdf"),
    ),
    "pyarrow.parquet.read_table": (parquet, member("pyarrow.parquet", "read_table")),
    "pyarrow.parquet.ParquetFile": (parquet, member("pyarrow.parquet", "ParquetFile")),
    "pyarrow.csv.read_csv": (text, member("pyarrow.csv", "read_csv")),
    "pyarrow.json.read_json": (ndjson, member("pyarrow.json", "read_json")),
    "pyarrow.feather.read_table": (feather, member("pyarrow.feather", "read_table")),
    "pyarrow.dataset": (parquet, read_dataset),
    "pyarrow.dataset, folder": (parquet_folder, read_dataset),
    "polars.read_csv": (text, member("polars", "read_csv")),
    "polars.scan_csv": (text, collected("scan_csv")),
    "polars.read_parquet": (parquet, member("polars", "read_parquet")),
    "polars.scan_parquet": (parquet, collected("scan_parquet")),
    "polars.read_ndjson": (ndjson, member("polars", "read_ndjson")),
    "polars.scan_ndjson": (ndjson, collected("scan_ndjson")),
    "polars.read_ipc": (arrow, member("polars", "read_ipc")),
    "polars.scan_ipc": (arrow, collected("scan_ipc")),
    "h5py.File": (hdf5, read_hdf5),
    "tables.open_file": (hdf5, read_tables),
    "PIL.Image.open": (image, lambda path: library("PIL.Image").open(path).close()),
    "openpyxl.load_workbook": (
        lambda path: library("openpyxl").Workbook().save(f"{path}.xlsx"),
        lambda path: library("openpyxl").load_workbook(f"{path}.xlsx"),
    ),
}


@pytest.mark.parametrize("kind", [str, Path])
@pytest.mark.parametrize("reader", READERS)
def test_what_it_reads_is_seen(tmp_path, reader, kind) -> None:
    """The file is a fact, by content: with another in its place the fact is not so."""
    make, read = READERS[reader]
    path = str(tmp_path / "data")
    make(path)
    with tracer.observe() as observation:
        read(kind(path))
    facts, changed = observation.end()
    assert changed == ()
    seen = [fact for fact in facts if fact.kind in {"file", "tree"} and fact.name.startswith(path)]
    assert seen != []
    for file in tmp_path.rglob("*"):
        if file.is_file():
            file.write_bytes(b"something else")
    assert any(tracer.state_of(fact.kind, fact.name) != fact.state for fact in seen)


def test_nothing_else_is_seen_of_a_library(tmp_path) -> None:
    """Where the interpreter and the system keep their files is no matter of a result."""
    path = str(tmp_path / "data")
    parquet(path)
    with tracer.observe() as observation:
        library("pyarrow.parquet").read_table(path)
        library("polars").read_parquet(path)
    facts, _ = observation.end()
    assert {fact.name for fact in facts if fact.kind.is_path} == {path}


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("duckdb", "read_parquet"),
        ("duckdb", "sql"),
        ("lxml.etree", "parse"),
        ("pyarrow", "memory_map"),
        ("pyarrow", "OSFile"),
    ],
)
def test_readers_that_tell_nothing_are_known(module, name) -> None:
    """What cannot be seen can be said."""
    place = {"place": library(module)}
    reader = eval(f"lambda path: place.{name}(path)", place)
    assert tracer.unseen_readers(tracer.trace(reader).graph) != ()
    assert tracer.unseen_readers(tracer.trace(text).graph) == ()
