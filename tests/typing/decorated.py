"""Read by pyright, not run: a memoized function has the types of the original."""

from typing import assert_type

from xetcache import xeteval, xetmemo
from xetcache.memo import Memo


@xetmemo
def bare(x: int, *, scale: float = 1.0) -> str:
    return str(x * scale)


@xetmemo(always=True, ignore=["x"])
def with_options(x: int) -> list[int]:
    return [x]


@xetmemo
async def awaited(x: int) -> bytes:
    return bytes(x)


async def awaits() -> None:
    assert_type(await awaited(3), bytes)
    assert_type(await awaited.refresh(3), bytes)


assert_type(bare(1, scale=2.0), str)
assert_type(with_options(1), list[int])
assert_type(bare.refresh(1), str)
assert_type(bare.would_hit(1), bool)
assert_type(bare.__wrapped__(1), str)


def takes_text(function: Memo[[int], list[int]]) -> list[int]:
    return function(3)


assert_type(takes_text(with_options), list[int])

# What the original refuses is refused.
bare("1")  # pyright: ignore[reportArgumentType]
bare(1, factor=2)  # pyright: ignore[reportCallIssue]
bare.would_hit("1")  # pyright: ignore[reportArgumentType]
xetmemo(allways=True)  # pyright: ignore[reportCallIssue]
xeteval(bare, 1)
