"""SIGINT and SIGTERM: work that they end for certain, and which of them it was.

Belongs here: handlers of signals. Does not: what a command or a run does when it is stopped.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def stopped_as_by_ctrl_c() -> Iterator[Callable[[], signal.Signals]]:
    """Let SIGTERM end the work inside as Ctrl-C does; yield what tells which of them came last.

    A process that was started deaf to Ctrl-C, as a shell starts background jobs, stays so and still
    hears SIGTERM. The framework replaces handlers while it executes a run, so the last signal is
    read from where the interpreter writes every one.
    """
    if threading.current_thread() is not threading.main_thread():
        yield lambda: signal.SIGINT
        return
    is_deaf = signal.getsignal(signal.SIGINT) is signal.SIG_IGN

    def stop(number: int, _: FrameType | None) -> None:
        if not (is_deaf and number == signal.SIGINT):
            raise KeyboardInterrupt

    received, receiving = os.pipe()
    for end in (received, receiving):
        os.set_blocking(end, False)
    watched_before = signal.set_wakeup_fd(receiving, warn_on_full_buffer=False)
    before = {number: signal.signal(number, stop) for number in SIGNALS}
    try:
        yield lambda: _last(received)
    finally:
        _restore(before)
        signal.set_wakeup_fd(watched_before)
        os.close(received)
        os.close(receiving)


@contextmanager
def noted_interrupts() -> Iterator[list[signal.Signals]]:
    """Raise KeyboardInterrupt inside on a signal, and note it: the list tells of it in any case.

    For libraries that know no other interrupt, or that keep it to themselves. In a thread that gets
    no signals nothing is changed.
    """
    noted: list[signal.Signals] = []
    if threading.current_thread() is not threading.main_thread():
        yield noted
        return

    def stop(number: int, _: FrameType | None) -> None:
        noted.append(signal.Signals(number))
        raise KeyboardInterrupt

    before = {
        number: signal.signal(number, stop)
        for number in SIGNALS
        if signal.getsignal(number) is not signal.SIG_IGN
    }
    try:
        yield noted
    finally:
        _restore(before)


def _restore(before: Mapping[signal.Signals, object]) -> None:
    for number, handler in before.items():
        if handler is not None:  # null: not set from Python, so Python cannot set it again
            signal.signal(number, handler)  # type: ignore[arg-type]


def _last(received: int) -> signal.Signals:
    numbers = b""
    with suppress(BlockingIOError):
        numbers = os.read(received, 4096)
    return next((one for one in map(_known, reversed(numbers)) if one), signal.SIGINT)


def _known(number: int) -> signal.Signals | None:
    return next((one for one in SIGNALS if one == number), None)
