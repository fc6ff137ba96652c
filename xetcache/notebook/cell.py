"""One memoized cell, from its look-up to its line.

Its life, in order:

    prepare    what it depends on → its key; or why it has none
    look_up    whether something is kept
    restore    served: variables are put in place, after its definitions ran again
    start      not served: how things stand before it runs
    finish     it has run: kept, or not; and the line that says so
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import partial
from hashlib import sha256
from types import CodeType
from typing import Any, Final, cast

import tracer

from .. import clock, comparison, engine, journal, tally
from ..config import nearest, settings
from ..errors import CellError
from ..key import Argument, code_in, digest_argument, make_key
from ..verdict import Bypass, Hit, Miss, Reason
from . import line, world
from .aliases import can_change, variables_inside
from .magic import NAME
from .natives import import_first
from .obstacles import HISTORY, SHELL, obstacle_in
from .outputs import Output, around_result, result_in
from .plan import Plan, code_of, written_in
from .recording import Recorder, recorder, replay
from .results import Results, held_elsewhere, outline_of
from .session import Session, Told


@dataclass(slots=True)
class Cell:
    """A cell that is being run under `%%xetmemo`."""

    shell: Any
    plan: Plan
    session: Session
    is_auto: bool = False
    """Nobody asked for it to be kept, so it is not said where it is not."""
    answer: engine.Answer | None = None
    """None where the cell has no key."""
    reason: Reason = Reason.UNTRACEABLE
    obstacle: str = ""
    """Why it has no key."""
    hit: Hit | None = None
    results: Results | None = None
    started: float = 0.0
    recorder: Recorder = field(init=False)
    _held: Recorder | None = field(init=False)
    """What its imports showed when they were made; None once that is shown."""
    _undo: Callable[[], object] = field(init=False, default=bool)
    """Has values look as they do, once the one of the cell has been shown."""

    def __post_init__(self) -> None:
        self.recorder = self._held = recorder(self.shell, hold=True)

    @property
    def namespace(self) -> dict[str, object]:
        """The variables of the notebook."""
        return self.shell.user_ns

    # -- before it runs -----------------------------------------------------------

    def prepare(self) -> None:
        """Find out what the cell depends on, and its key; or why it has none.

        Raises:
            CellError: an input is no variable.
        """
        self._check_inputs()
        plan, options = self.plan, self.plan.request.options
        self.obstacle = obstacle_in(plan.statements, plan.names, self.namespace)
        if self.obstacle:
            return
        self._import_first()
        self._look_inside()
        try:
            arguments = tuple(self._arguments())
            key = make_key(self._trace(arguments), arguments, options)
        except tracer.TracerError as error:
            self.reason, self.obstacle = _REASONS.get(error.slug, self.reason), str(error)
            return
        store = engine.store_of(options)
        self.answer = engine.Answer(
            plan.name, options, key, store, settings(), shared=self._shareable()
        )
        self.answer.outline = partial(outline_of, key.trace.graph, plan, self.namespace)

    def _look_inside(self) -> None:
        """Count with variables that are parts of what the cell reads, such as data in a model.

        What it changes or takes from there is theirs, too, on a hit as when it runs.
        """
        plan, hidden = self.plan, self.shell.user_ns_hidden
        read = {*plan.reads, *plan.request.input}
        left_out = {*read, *plan.accounted, *plan.request.options.ignore, *hidden}
        others = {
            name: value
            for name, value in self.namespace.items()
            if name not in left_out and not HISTORY.fullmatch(name)
        }
        values = [self.namespace[name] for name in read & self.namespace.keys()]
        self.plan = replace(plan, inside=variables_inside(values, others))

    def _import_first(self) -> None:
        """Import what the cell does, and hold back what that shows until the cell runs."""
        self.recorder.start()
        try:
            import_first(self.plan.statements)
        finally:
            self.recorder.stop()

    def release(self) -> None:
        """Show what was held back, once."""
        held, self._held = self._held, None
        if held is not None:
            held.release()

    def _check_inputs(self) -> None:
        for name in self.plan.request.input:
            if name not in self.namespace:
                hidden = self.shell.user_ns_hidden
                known = [one for one in self.namespace if one not in hidden and one[0] != "_"]
                hint = nearest(name, known).partition(" (")[0]
                raise CellError(f"%%{NAME} input={name}: there is no variable `{name}`{hint}")

    def _arguments(self) -> Iterator[Argument]:
        for name in self.plan.request.input:
            if name not in self.plan.request.options.ignore:
                yield digest_argument(name, self.namespace[name])

    def _trace(self, arguments: tuple[Argument, ...]) -> tracer.Trace:
        request = self.plan.request
        code = code_of(self.plan, self.shell.compile.flags)
        reads = self.plan.reads - {*request.input, *request.options.ignore, *SHELL}
        return tracer.trace_code(
            code,
            self.namespace,
            name=self.plan.name,
            written=written_in(code, reads),
            also=code_in(arguments),
            partly=engine.may_be_partly(settings()),
        )

    def _shareable(self) -> dict[str, object]:
        """Return what results may refer to on a hit: objects that the cell reads by name."""
        request = self.plan.request
        names = {*self.plan.reads, *request.input} - set(request.options.ignore)
        return {
            name: self.namespace[name]
            for name in sorted(names & self.namespace.keys())
            if can_change(self.namespace[name])
        }

    # -- served -------------------------------------------------------------------

    def look_up(self) -> bool:
        """Tell whether the cell can be served."""
        if self.answer is None or self.answer.settings.mode == "refresh":
            return False
        self.hit = self.answer.look_up()
        if self.hit is not None and self._is_held_elsewhere(cast(dict[str, Any], self.hit.value)):
            self.hit = None
        return self.hit is not None

    def _is_held_elsewhere(self, kept: dict[str, Any]) -> bool:
        hidden = frozenset(self.shell.user_ns_hidden)
        return bool(held_elsewhere(kept["rebound"], kept["names"], self.namespace, hidden))

    def is_kept(self) -> bool:
        """Tell whether something is kept, without reading it."""
        answer = self.answer
        if answer is None or answer.settings.mode == "refresh":
            return False
        return next(answer.names(), None) is not None

    @property
    def defines(self) -> bool:
        """Whether what is kept may need classes that the cell itself defines."""
        return any(not isinstance(one, ast.Import | ast.ImportFrom) for one in self.plan.natives)

    def restore(self) -> bool:
        """Put what is kept in place; tell whether it could be read."""
        if self.hit is None:
            self.look_up()
        hit = self.hit
        if hit is None:
            return False
        kept = cast(dict[str, Any], hit.value)
        self.namespace.update(kept["names"])
        for name in kept["gone"]:
            self.namespace.pop(name, None)
        world.apply(kept["world"])
        engine.told(self.plan.name, hit)
        replay(self.shell, around_result(self._outputs)[0])
        if (told := result_in(self._outputs)) is not None:
            self._undo = _show_as(self.shell.displayhook, *told)
        return True

    def show_rest(self) -> None:
        """Show again what came after the value of the cell, such as its figures; then say so."""
        self._undo()
        replay(self.shell, around_result(self._outputs)[1])
        if (hit := self.hit) is not None:
            names = list(cast(dict[str, Any], hit.value)["names"])
            self._show(line.hit_line(hit, names), "hit", hit.seconds_saved, names=names)

    @property
    def _outputs(self) -> list[Output]:
        return cast(dict[str, Any], self.hit.value)["outputs"] if self.hit is not None else []

    @property
    def shown(self) -> object:
        """The value that the cell displays when it is served."""
        kept = cast(dict[str, Any], self.hit.value) if self.hit is not None else {}
        return next(iter(kept.get("shown", ())), None)

    # -- run ----------------------------------------------------------------------

    def start(self, running: CodeType | None = None) -> None:
        """Note how things stand before the cell runs.

        Args:
            running: the code of the cell, where that runs already.

        Raises:
            CacheMissError: in mode `offline`.
        """
        engine.check_may_compute(self.plan.name, settings())
        self.recorder = recorder(self.shell)
        if self.answer is not None:
            self.answer.look_around()
            hidden = frozenset(self.shell.user_ns_hidden)
            self.results = Results(self.plan, self.answer, self.namespace, hidden)
            self.answer.begin_to_observe(
                spared=partial(self._codes_that_may_run, running), keeps=world.KEPT
            )
            self.recorder.start()
        self.release()
        self.started = clock.perf_counter()

    def _codes_that_may_run(self, running: CodeType | None) -> frozenset[int]:
        ignored = self.plan.request.options.ignore
        values = [self.namespace[name] for name in ignored if name in self.namespace]
        return tracer.codes_behind([running, *values])

    def abandon(self) -> None:
        """Take back what `start` did to the notebook."""
        if self.answer is not None and self.answer.observation is not None:
            self.answer.observation.stop()
        self.recorder.stop()
        if self.results is not None:
            self.results.put_back()

    def finish(self, error: BaseException | None, shown: object) -> None:
        """Keep what the cell bound, if that is right, and say what was done.

        Args:
            error: what it raised, if it did; nothing is kept then.
            shown: the value that it displayed, if it did.
        """
        seconds = clock.perf_counter() - self.started
        is_all = self.recorder.stop()
        self.abandon()
        if error is not None:
            self._finish_failed(seconds, error)
        elif self.results is None:
            self._finish_without_key(seconds)
        else:
            self._finish(self.results, seconds, shown, is_all=is_all)

    def _finish_failed(self, seconds: float, error: BaseException) -> None:
        if self.answer is not None:
            self.answer.note_failure(seconds, error)
        self._note("skip", f"it raised {type(error).__name__}", seconds)

    def _finish_without_key(self, seconds: float) -> None:
        name = self.plan.name
        record = {"outcome": "bypass", "function": name, "reason": self.reason, "path": ""}
        store = engine.store_of(self.plan.request.options)
        journal.note(store, {**record, "detail": self.obstacle, "seconds": seconds})
        engine.told(name, Bypass(None, self.reason, self.obstacle))
        self._show_refused(self.reason, self.obstacle, seconds)

    def _show_refused(self, reason: Reason, why: str, seconds: float) -> None:
        text = line.refused_line(seconds, _first_line(why))
        self._show(text, "bypass", seconds, not_kept=reason)

    def _finish(self, results: Results, seconds: float, shown: object, *, is_all: bool) -> None:
        answer = results.answer
        lacking = results.lacking()
        miss, hint = self._keep(results, seconds, shown, lacking, is_all=is_all)
        engine.told(self.plan.name, miss)
        if isinstance(miss, Bypass):
            self._show_refused(miss.reason, miss.detail, seconds)
            return
        if miss.not_stored is None:
            explanation = comparison.explain_last(answer.store, self.plan.name)
            text = line.kept_line(seconds, results.names, line.why_run(explanation))
        else:
            text = line.refused_line(seconds, _in_words(miss), hint, loud=bool(lacking))
        names = [] if miss.not_stored else results.names
        self._show(text, "miss", seconds, names=names, not_kept=miss.not_stored, loud=bool(lacking))

    def _keep(
        self, results: Results, seconds: float, shown: object, lacking: str, *, is_all: bool
    ) -> tuple[Miss | Bypass, str]:
        """Keep the results if that is right; return the verdict, and what to write instead."""
        answer = results.answer
        if lacking:
            return answer.refuse(None, seconds, Reason.NOT_STORABLE, lacking), ""
        if limit := answer.too_quick(seconds):
            text = f"quicker than {limit}"
            return answer.refuse(None, seconds, Reason.BELOW_THRESHOLD, text), "always=True"
        if refusal := results.refusal(shown):
            reason, text, hint = refusal
            return answer.refuse(None, seconds, reason, text), hint
        if why := self._cannot_be_shown(is_all=is_all):
            return answer.refuse(None, seconds, Reason.NOT_STORABLE, why), ""
        value = results.value(shown, self.recorder.outputs)
        refresh = answer.settings.mode == "refresh"
        return answer.keep(value, seconds, refresh=refresh, settled=True), ""

    def _cannot_be_shown(self, *, is_all: bool) -> str:
        """Say why what the cell showed could not be shown again; nothing if it can."""
        if not is_all:
            return "what a process that it started writes goes on and on"
        return "it shows several values" if self.recorder.results > 1 else ""

    def _show(
        self,
        text: str,
        outcome: str,
        seconds: float,
        *,
        names: list[str] | None = None,
        not_kept: Reason | None = None,
        loud: bool = False,
    ) -> None:
        facts = {"outcome": outcome, "cell": self.plan.name, "seconds": seconds}
        more = {"names": names or [], "not_kept": not_kept}
        status = "skip" if not_kept else outcome
        self._note(status, text, 0.0 if outcome == "hit" else seconds)
        if loud or not (self.session.is_quiet or (self.is_auto and not_kept)):
            line.show(self.shell, text, {**facts, **more, "text": text}, loud=loud)

    def _note(self, status: str, text: str, seconds: float) -> None:
        """Note what became of the cell, for whoever asks."""
        # Versions of IPython differ in when they count; of the history all know the end.
        number = len(self.shell.history_manager.input_hist_parsed) - 1
        self.session.told.append(Told(number, self.plan, status, text))
        why = text.partition(" · ")[2] or text
        digest = sha256(self.plan.text.strip("\n").encode()).hexdigest()
        tally.note_cell({"cell": digest, "status": status, "why": why, "seconds": seconds})


def _show_as(hook: Any, data: dict[str, Any], metadata: dict[str, Any]) -> Callable[[], None]:
    """Have the next value look as it did: what shows it may have been changed since, or then.

    Returns:
        What undoes it.
    """
    set_here = cast(dict[str, Any], vars(hook))
    own = set_here.get("compute_format_data")

    def undo() -> None:
        if set_here.get("compute_format_data") is recorded:
            del hook.compute_format_data
            if own is not None:
                hook.compute_format_data = own

    def recorded(_: object) -> tuple[dict[str, Any], dict[str, Any]]:
        undo()
        return deepcopy(data), deepcopy(metadata)

    hook.compute_format_data = recorded
    return undo


_REASONS: Final = {
    tracer.NotDigestibleError.slug: Reason.NOT_DIGESTIBLE,
    tracer.UnknownPythonError.slug: Reason.UNKNOWN_PYTHON,
}

_PLACE: Final = re.compile(r"`result(?:\[0\])?\['names'\]\['(\w+)'\]")
_SHOWN: Final = re.compile(r"`result(?:\[0\])?\['shown'\]\[0\]`")


def _in_words(miss: Miss) -> str:
    """Say why a cell was not kept, in the user's names."""
    text = _SHOWN.sub("the value shown", _PLACE.sub(r"`\1", miss.detail))
    return _first_line(text) or _SAYS.get(miss.not_stored or "", str(miss.not_stored))


_SAYS: Final[dict[str, str]] = {Reason.READ_ONLY: "the store is only read"}


def _first_line(text: str) -> str:
    return text.partition("\n")[0]
