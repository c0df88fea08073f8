"""SIGINT and SIGTERM: work that they reliably end, and which of them came.

Scope: signal handlers; not here: what a command or a run does when it is stopped.
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
    """Let SIGTERM end the work inside as Ctrl-C does; yield what returns the last signal.

    A process that was started with Ctrl-C ignored, as a shell starts background jobs, still ignores
    it and ends on SIGTERM. The framework replaces handlers while it executes a run, so the last
    signal is read from the wake-up file descriptor, to which the interpreter writes every one.
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
def recorded_interrupts() -> Iterator[list[signal.Signals]]:
    """Raise KeyboardInterrupt inside on a signal, and yield the list of the signals received.

    For libraries that handle no other interrupt, or that swallow it. In a thread that gets no
    signals nothing is changed.
    """
    received: list[signal.Signals] = []
    if threading.current_thread() is not threading.main_thread():
        yield received
        return

    def stop(number: int, _: FrameType | None) -> None:
        received.append(signal.Signals(number))
        raise KeyboardInterrupt

    before = {
        number: signal.signal(number, stop)
        for number in SIGNALS
        if signal.getsignal(number) is not signal.SIG_IGN
    }
    try:
        yield received
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
