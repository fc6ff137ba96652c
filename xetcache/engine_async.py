"""The order of one call that is awaited: `engine.run`, with the function awaited.

What is looked up, kept and noted is the engine's. Files are read and written while the
event loop waits: that takes microseconds for what is small, and no longer than a plain
call would for what is large.
"""

from __future__ import annotations

from . import clock, engine
from .call import Call
from .engine import Answer, told
from .verdict import Bypass, Hit, Reason, Verdict


async def run(call: Call, *, refresh: bool = False) -> Verdict:
    """Answer `call` from its store, or await it and keep the value.

    Arguments and errors are those of `engine.run`.
    """
    now = engine.current_settings()
    if now.mode == "off":
        return told(call.name, Bypass(await call.run(), Reason.DISABLED))
    refresh = refresh or now.mode == "refresh"
    try:
        answer = engine.asked(call, now, refresh=refresh)
    except Exception as error:  # noqa: BLE001 - no failure of ours may become the user's
        reason = engine.refused(call, now, error)
        started = clock.perf_counter()
        value = await call.run()
        seconds = clock.perf_counter() - started
        store = engine.store_of(call.options)
        bypass = engine.bypassed(call.name, store, value, reason, error, seconds)
        return told(call.name, bypass)
    if isinstance(answer, Hit):
        return told(call.name, answer)
    engine.check_may_compute(call.name, now)
    async with answer.claim_awaited():
        # Another task or process may have finished since this one looked.
        if not refresh and (hit := answer.look_up()) is not None:
            return told(call.name, hit)
        return told(call.name, await _compute(call, answer, refresh=refresh))


async def _compute(call: Call, answer: Answer, *, refresh: bool) -> Verdict:
    """Await the function, and keep what it returns if that is allowed."""
    try:
        answer.look_around()
        observation = answer.observe(call)
    except Exception as error:  # noqa: BLE001 - no failure of ours may become the user's
        reason = engine.refused(call, answer.settings, error)
        started = clock.perf_counter()
        value = await call.run()
        return answer.refuse(value, clock.perf_counter() - started, reason, str(error))
    started = clock.perf_counter()
    with observation:
        try:
            value = await call.run()
        except BaseException as error:  # a cancelled task is one that failed
            answer.note_failure(clock.perf_counter() - started, error)
            raise
    return answer.keep(value, clock.perf_counter() - started, refresh=refresh)
