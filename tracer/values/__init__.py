"""Python values → digests: one canonical, injective encoding by type.

    encoding.py   what an encoding is: tags, framing, references, refusals
    handlers.py   what writes values of a type
    nodes.py      values on their way to a digest
    cycles.py     values that contain themselves
    places.py     where in a value the parts are that can change
    flat.py       plain data in one go: builtin containers of atoms
    many.py       plain data piece by piece: large containers, columns, instances alike
    plain.py      builtins and value types of the standard library
    shapes.py     what an instance of a class consists of
    objects.py    instances: by their attributes, or by what they reduce to
    buffers.py    large runs of bytes
    arrays.py     numpy, loaded when its types are first seen, like those that follow
    frames.py     pandas
    arrow.py      pyarrow
    polars_frames.py  polars
    tensors.py    torch
    zones.py      time zones
    pickles.py    what pickled bytes find by name
    parts.py      a value → its parts, by which a difference is named
    previews.py   a value → a short text
    views.py      a value as its encoding sees it, its parts named
    regions.py    where in an array, by digests of slices
    differences.py  where two values differ

Type, order, shape and dtype are content. Aliasing, interning, memory layout and
the order of sets are not. Functions, classes and modules inside a value are left to
the caller as references, because what they mean takes a walk.
"""

from ..bytecode import names_in as names_of_text
from . import objects as _objects
from . import plain as _plain
from .encoding import PLACED_BY_HASH, Encoded, Reference, encode, encode_content
from .handlers import (
    has_surrogate,
    is_library,
    is_registered,
    register,
    see_through,
    surrogate_of,
)
from .objects import COMPILED_FUNCTIONS
from .parts import parts_of
from .places import Place
from .previews import preview
from .shapes import attributes_of, has_only_attributes

__all__ = [
    "COMPILED_FUNCTIONS",
    "PLACED_BY_HASH",
    "Encoded",
    "Place",
    "Reference",
    "attributes_of",
    "encode",
    "encode_content",
    "has_only_attributes",
    "has_surrogate",
    "is_library",
    "is_registered",
    "names_of_text",
    "parts_of",
    "preview",
    "register",
    "see_through",
    "surrogate_of",
]

_plain.install()
_objects.install()
