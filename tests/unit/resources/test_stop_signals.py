"""Signals end work for certain, and which of them it was is known afterwards."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator

import pytest

from resources.local.stop_signals import SIGNALS, recorded_interrupts, stopped_as_by_ctrl_c

BOTH = pytest.mark.parametrize("number", SIGNALS)


@pytest.fixture(autouse=True)
def _same_handlers_afterwards() -> Iterator[None]:
    before = [signal.getsignal(number) for number in SIGNALS]
    yield
    assert [signal.getsignal(number) for number in SIGNALS] == before


@BOTH
def test_sigterm_ends_work_as_ctrl_c_does_and_the_last_signal_is_known(
    number: signal.Signals,
) -> None:
    with stopped_as_by_ctrl_c() as last:
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)
        assert last() is number


def test_a_signal_that_another_handler_took_is_known_too() -> None:
    with stopped_as_by_ctrl_c() as last:
        ours = signal.signal(signal.SIGTERM, lambda *_: None)
        signal.raise_signal(signal.SIGTERM)
        signal.signal(signal.SIGTERM, ours)
        assert last() is signal.SIGTERM


def test_a_background_job_stays_deaf_to_ctrl_c_and_hears_sigterm() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with stopped_as_by_ctrl_c() as last:
            signal.raise_signal(signal.SIGINT)
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(signal.SIGTERM)
            assert last() is signal.SIGTERM
    finally:
        signal.signal(signal.SIGINT, before)


@BOTH
def test_a_signal_that_a_library_keeps_to_itself_is_noted(number: signal.Signals) -> None:
    with recorded_interrupts() as noted, contextlib.suppress(KeyboardInterrupt):
        signal.raise_signal(number)
    assert noted == [number]


def test_in_a_thread_that_gets_no_signals_nothing_is_changed() -> None:
    seen: list[object] = []

    def work() -> None:
        with stopped_as_by_ctrl_c() as last, recorded_interrupts() as noted:
            seen.extend([last(), noted, signal.getsignal(signal.SIGTERM)])

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [signal.SIGINT, [], signal.getsignal(signal.SIGTERM)]
