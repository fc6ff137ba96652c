"""Calls into toolz: sequences and dictionaries put together.

None into `toolz.curry` and what is made by it: it pickles by a computed module name, and
is refused for it.
"""

from toolz import dicttoolz, itertoolz, recipes

from xetcache import xetmemo

WORDS = ["one", "two", "three", "four", "five", "six", "seven"]


@xetmemo(always=True)
def grouped():
    found = itertoolz.groupby(len, WORDS)
    parts = list(itertoolz.partition_all(3, WORDS))
    return [
        sorted(found.items()), parts, list(itertoolz.sliding_window(2, WORDS)),
        itertoolz.reduceby(len, lambda one, other: one + other, WORDS, ""),
        list(itertoolz.join(len, WORDS, len, ["abc", "abcde"])),
        itertoolz.frequencies(map(len, WORDS)),
        list(itertoolz.interleave([WORDS, "abc"])), itertoolz.topk(2, WORDS, key=len),
        list(itertoolz.unique(WORDS, key=len)), list(recipes.partitionby(len, WORDS)),
        list(itertoolz.merge_sorted([1, 4], [2, 3], key=lambda one: -one)), itertoolz.nth(2, WORDS),
    ]  # fmt: skip


@xetmemo(always=True)
def merged():
    merged = dicttoolz.merge_with(sum, {"a": 1, "b": 2}, {"b": 3})
    nested = dicttoolz.update_in({"x": {"y": 1}}, ["x", "y"], lambda one: one + 1)
    return [
        merged, nested, dicttoolz.get_in(["x", "y"], nested), dicttoolz.valmap(str, merged),
        dicttoolz.itemfilter(lambda item: item[1] > 1, merged), dicttoolz.dissoc(merged, "a"),
        dicttoolz.assoc_in(nested, ["x", "z"], 3), dicttoolz.keymap(str.upper, merged),
    ]  # fmt: skip
