"""The clock, as it was when xetcache was imported: one that is mocked later is the program's."""

from time import perf_counter, time

__all__ = ["perf_counter", "time"]
