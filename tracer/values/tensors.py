"""torch: dtype, shape and elements of tensors; never strides or storages.

Loaded when a type of torch is first seen, so that torch is never imported by us. Modules
are their attributes, without what torch notes about hooks.
"""

from __future__ import annotations

from typing import Any, Final

import torch as _torch  # pyright: ignore[reportMissingImports]

from ..kinds import class_of, dict_of, module_name_of, qualified_name_of
from .buffers import digest_buffer
from .encoding import Encoder
from .handlers import handle_family, is_library

torch: Final[Any] = _torch


def install() -> None:
    """Register the handlers of this file."""
    handle_family(torch.Tensor, _tensor, changes=True)
    handle_family(torch.storage.UntypedStorage, _storage, changes=True)
    handle_family(torch.storage.TypedStorage, _storage, changes=True)
    handle_family(torch.Generator, _generator, changes=True)
    for kind, tag in (
        (torch.dtype, b"torch dtype"),
        (torch.device, b"torch device"),
        (torch.layout, b"torch layout"),
        (torch.memory_format, b"memory format"),
    ):
        handle_family(kind, _named(tag))


def _named(tag: bytes) -> Any:
    def write(encoder: Encoder, value: object) -> None:
        encoder.mark(tag)
        encoder.made(str(value))

    return write


def _tensor(encoder: Encoder, value: Any) -> None:
    encoder.immutable = False
    encoder.mark(b"tensor")
    kind = class_of(value)
    encoder.made(f"{module_name_of(kind)}.{qualified_name_of(kind)}" if is_library(kind) else "")
    if not is_library(kind):
        encoder.refer(kind, ".__class__")
    encoder.value(dict_of(value) or {})
    # By the methods of tensors themselves: a subclass may have its own.
    with torch.no_grad(), torch._C.DisableTorchFunctionSubclass():  # noqa: SLF001
        encoder.made(bool(value.requires_grad))
        _content(encoder, torch.Tensor.detach(value))


def _content(encoder: Encoder, value: Any) -> None:
    if value.device.type == "meta":
        raise encoder.refuse(value, "a tensor on the meta device holds no data")
    head = (str(value.dtype), tuple(value.shape), str(value.layout), value.device.type)
    encoder.made(head)
    if value.is_quantized:
        encoder.made(str(value.qscheme()))
        if value.qscheme() in (torch.per_tensor_affine, torch.per_tensor_symmetric):
            encoder.made((value.q_scale(), value.q_zero_point()))
        else:
            _content(encoder, value.q_per_channel_scales())
            _content(encoder, value.q_per_channel_zero_points())
            encoder.made(value.q_per_channel_axis())
        _content(encoder, value.int_repr())
    elif value.layout is torch.sparse_coo:
        whole = value.coalesce()
        _content(encoder, whole.indices())
        _content(encoder, whole.values())
    elif value.layout in (torch.sparse_csr, torch.sparse_bsr):
        for part in (value.crow_indices(), value.col_indices(), value.values()):
            _content(encoder, part)
    elif value.layout in (torch.sparse_csc, torch.sparse_bsc):
        for part in (value.ccol_indices(), value.row_indices(), value.values()):
            _content(encoder, part)
    elif value.layout is torch.strided:
        encoder.mark(b"elements", digest_buffer(_bytes(value)))
    else:
        raise encoder.refuse(value, f"tensors of layout {value.layout} are not known here")


def _bytes(value: Any) -> memoryview | bytes:
    plain = value.resolve_conj().resolve_neg().cpu().contiguous()
    if not plain.numel():
        return b""
    return plain.reshape(-1).view(torch.uint8).numpy().data


def _storage(encoder: Encoder, value: Any) -> None:
    encoder.immutable = False
    encoder.mark(b"storage")
    untyped = value._untyped_storage if hasattr(value, "_untyped_storage") else value  # noqa: SLF001
    encoder.made(str(getattr(value, "dtype", "")))
    data = torch.tensor([], dtype=torch.uint8, device=untyped.device).set_(untyped)
    encoder.buffer(b"data", _bytes(data))


def _generator(encoder: Encoder, value: Any) -> None:
    encoder.immutable = False
    encoder.mark(b"torch generator")
    encoder.made(str(value.device))
    encoder.buffer(b"state", _bytes(value.get_state()))
