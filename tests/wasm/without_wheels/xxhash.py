"""XXH3 of 128 bits in Python, for interpreters that no wheel of `xxhash` is built for.

What `tracer` asks of that package and no more; slow. Written after the specification,
`doc/xxhash_spec.md` of xxHash 0.8.3; `tests/wasm/test_without_wheels.py` holds it against
the real one.
"""

from __future__ import annotations

from struct import unpack_from
from typing import Final

VERSION: Final = "0"

_P32_1: Final = 0x9E3779B1
_P32_2: Final = 0x85EBCA77
_P32_3: Final = 0xC2B2AE3D
_P64_1: Final = 0x9E3779B185EBCA87
_P64_2: Final = 0xC2B2AE3D27D4EB4F
_P64_3: Final = 0x165667B19E3779F9
_P64_4: Final = 0x85EBCA77C2B2AE63
_P64_5: Final = 0x27D4EB2F165667C5
_MX1: Final = 0x165667919E3779F9
_MX2: Final = 0x9FB21C651E98DF25
_M32: Final = 0xFFFFFFFF
_M64: Final = 0xFFFFFFFFFFFFFFFF

_SECRET: Final = bytes.fromhex(
    "b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671f"
    "cb79e64eccc0e578825ad07dccff7221b8084674f743248ee03590e6813a264c"
    "3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8"
    "a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364"
    "eac5ac8334d3ebc3c581a0fffa1363eb170ddd51b7f0da49d316552629d4689e"
    "2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e"
)


def _u64(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 8], "little")


def _u32(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 4], "little")


def _avalanche(x: int) -> int:
    x ^= x >> 37
    x = x * _MX1 & _M64
    return x ^ x >> 32


def _avalanche_xxh64(x: int) -> int:
    x ^= x >> 33
    x = x * _P64_2 & _M64
    x ^= x >> 29
    x = x * _P64_3 & _M64
    return x ^ x >> 32


def _swap32(x: int) -> int:
    return int.from_bytes(x.to_bytes(4, "little"), "big")


def _swap64(x: int) -> int:
    return int.from_bytes(x.to_bytes(8, "little"), "big")


def _folded(left: int, right: int) -> int:
    product = left * right
    return (product ^ product >> 64) & _M64


def _short(data: bytes) -> tuple[int, int]:
    """Return the low and the high half of the hash of up to 16 bytes."""
    size = len(data)
    if not size:
        return (
            _avalanche_xxh64(_u64(_SECRET, 64) ^ _u64(_SECRET, 72)),
            _avalanche_xxh64(_u64(_SECRET, 80) ^ _u64(_SECRET, 88)),
        )
    if size < 4:
        combined = data[size - 1] | size << 8 | data[0] << 16 | data[size // 2] << 24
        swapped = _swap32(combined)
        turned = (swapped << 13 | swapped >> 19) & _M32
        low = (_u32(_SECRET, 0) ^ _u32(_SECRET, 4)) ^ combined
        high = (_u32(_SECRET, 8) ^ _u32(_SECRET, 12)) ^ turned
        return _avalanche_xxh64(low), _avalanche_xxh64(high)
    if size <= 8:
        combined = _u32(data, 0) | _u32(data, size - 4) << 32
        value = (_u64(_SECRET, 16) ^ _u64(_SECRET, 24)) ^ combined
        product = value * (_P64_1 + (size << 2))
        low, high = product & _M64, product >> 64 & _M64
        high = high + (low << 1) & _M64
        low ^= high >> 3
        low ^= low >> 35
        low = low * _MX2 & _M64
        low ^= low >> 28
        return low, _avalanche(high)
    first, last = _u64(data, 0), _u64(data, size - 8)
    value = (_u64(_SECRET, 32) ^ _u64(_SECRET, 40)) ^ first ^ last
    other = (_u64(_SECRET, 48) ^ _u64(_SECRET, 56)) ^ last
    product = value * _P64_1
    low, high = product & _M64, product >> 64
    low = low + (size - 1 << 54) & _M64
    high = high + (other + (other & _M32) * (_P32_2 - 1)) & _M64
    low ^= _swap64(high)
    product = low * _P64_2
    low, high = product & _M64, (product >> 64) + high * _P64_2 & _M64
    return _avalanche(low), _avalanche(high)


def _middle(data: bytes) -> tuple[int, int]:
    """Return the halves of the hash of 17 to 240 bytes."""
    size = len(data)
    low, high = size * _P64_1 & _M64, 0

    def mix(at: int, other: int, secret: int) -> None:
        nonlocal low, high
        low = low + mixed(at, secret) & _M64
        low ^= _u64(data, other) + _u64(data, other + 8) & _M64
        high = high + mixed(other, secret + 16) & _M64
        high ^= _u64(data, at) + _u64(data, at + 8) & _M64

    def mixed(at: int, secret: int) -> int:
        return _folded(
            _u64(data, at) ^ _u64(_SECRET, secret), _u64(data, at + 8) ^ _u64(_SECRET, secret + 8)
        )

    if size <= 128:
        for number in reversed(range((size - 1) // 32 + 1)):
            mix(16 * number, size - 16 * (number + 1), 32 * number)
    else:
        for number in range(4):
            mix(32 * number, 32 * number + 16, 32 * number)
        low, high = _avalanche(low), _avalanche(high)
        for number in range(4, size // 32):
            mix(32 * number, 32 * number + 16, 3 + 32 * (number - 4))
        mix(size - 16, size - 32, 136 - 17 - 16)
    total = low + high & _M64
    other = low * _P64_1 + high * _P64_4 + size * _P64_2 & _M64
    return _avalanche(total), -_avalanche(other) & _M64


def _long(data: bytes) -> tuple[int, int]:
    """Return the halves of the hash of more than 240 bytes."""
    lanes = [_P32_3, _P64_1, _P64_2, _P64_3, _P64_4, _P32_2, _P64_5, _P32_1]
    size = len(data)
    keys = [unpack_from("<8Q", _SECRET, 8 * number) for number in range(16)]
    scramble = unpack_from("<8Q", _SECRET, 192 - 64)

    def accumulate(at: int, key: tuple[int, ...]) -> None:
        for lane, word in enumerate(unpack_from("<8Q", data, at)):
            value = word ^ key[lane]
            lanes[lane ^ 1] = lanes[lane ^ 1] + word & _M64
            lanes[lane] = lanes[lane] + (value & _M32) * (value >> 32) & _M64

    blocks = (size - 1) // 1024
    for block in range(blocks):
        for number, key in enumerate(keys):
            accumulate(1024 * block + 64 * number, key)
        for lane in range(8):
            value = lanes[lane]
            lanes[lane] = (value ^ value >> 47 ^ scramble[lane]) * _P32_1 & _M64
    for number in range((size - 1 - 1024 * blocks) // 64):
        accumulate(1024 * blocks + 64 * number, keys[number])
    accumulate(size - 64, unpack_from("<8Q", _SECRET, 192 - 64 - 7))

    def merged(start: int, secret: int) -> int:
        for number in range(4):
            start += _folded(
                lanes[2 * number] ^ _u64(_SECRET, secret + 16 * number),
                lanes[2 * number + 1] ^ _u64(_SECRET, secret + 16 * number + 8),
            )
        return _avalanche(start & _M64)

    return (
        merged(size * _P64_1 & _M64, 11),
        merged(~(size * _P64_2) & _M64, 192 - 64 - 11),
    )


def xxh3_128_digest(data: str | bytes | bytearray | memoryview) -> bytes:
    """Return the hash as 16 bytes, most significant first."""
    raw = data.encode() if isinstance(data, str) else bytes(memoryview(data).cast("B"))
    size = len(raw)
    low, high = _short(raw) if size <= 16 else _middle(raw) if size <= 240 else _long(raw)
    return (high << 64 | low).to_bytes(16, "big")


class xxh3_128:  # noqa: N801 - as it is called there
    """A hash that is given its data in parts."""

    def __init__(self, data: str | bytes | bytearray | memoryview = b"") -> None:
        self._data = bytearray()
        self.update(data)

    def update(self, data: str | bytes | bytearray | memoryview) -> None:
        """Add data."""
        self._data += data.encode() if isinstance(data, str) else memoryview(data).cast("B")

    def digest(self) -> bytes:
        """Return the hash as 16 bytes, most significant first."""
        return xxh3_128_digest(self._data)

    def hexdigest(self) -> str:
        """Return the hash as text."""
        return self.digest().hex()

    def intdigest(self) -> int:
        """Return the hash as a number."""
        return int.from_bytes(self.digest(), "big")
