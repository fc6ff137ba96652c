"""Python values → digests: one canonical, injective encoding by type.

    encoding.py   what an encoding is: tags, framing, references, cycles, refusals
    plain.py      builtins and value types of the standard library
    objects.py    instances: by their attributes, or by what they reduce to
    arrays.py     numpy, loaded when its types are first seen
    frames.py     pandas, loaded when its types are first seen
    pickles.py    what pickled bytes find by name
    parts.py      a value → its parts, by which a difference is named

Type, order, shape and dtype are content. Aliasing, interning, memory layout and
the order of sets are not. Functions, classes and modules inside a value are left to
the caller as references, because what they mean takes a walk.
"""

from ..bytecode import names_in as names_of_text
from . import objects as _objects
from . import plain as _plain
from .encoding import (
    Encoded,
    Place,
    Reference,
    encode,
    has_surrogate,
    is_library,
    preview,
    register,
    surrogate_of,
)
from .objects import COMPILED_FUNCTIONS, answered_for, attributes_of, has_only_attributes
from .parts import parts_of

__all__ = [
    "COMPILED_FUNCTIONS",
    "Encoded",
    "Place",
    "Reference",
    "answered_for",
    "attributes_of",
    "encode",
    "has_only_attributes",
    "has_surrogate",
    "is_library",
    "names_of_text",
    "parts_of",
    "preview",
    "register",
    "surrogate_of",
]

_plain.install()
_objects.install()
