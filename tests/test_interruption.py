"""Signals that ask for an end."""

import os
import signal
import threading

import pytest

from attn_tuner.interruption import listening

ENDINGS = [
    (signal.SIGINT, KeyboardInterrupt),
    (signal.SIGTERM, SystemExit),
    (signal.SIGHUP, SystemExit),
]


@pytest.fixture(autouse=True)
def usual_handlers():
    before = {number: signal.getsignal(number) for number, _ in ENDINGS}
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize(("number", "error"), ENDINGS)
def test_a_signal_ends_what_nobody_asks(number, error):
    before = signal.getsignal(number)
    with pytest.raises(error) as caught, listening():
        os.kill(os.getpid(), number)
    if error is SystemExit:
        assert caught.value.code == 128 + number
    assert signal.getsignal(number) is before


@pytest.mark.parametrize(("number", "error"), ENDINGS)
def test_the_first_of_two_signals_is_put_off(number, error, capfd):
    with listening() as signals, signals.put_off():
        assert not signals.came()
        os.kill(os.getpid(), number)
        assert signals.came()
        assert "a second signal ends at once" in capfd.readouterr().err
        with pytest.raises(error):
            os.kill(os.getpid(), signal.SIGTERM if error is SystemExit else number)


@pytest.mark.parametrize(("number", "error"), ENDINGS)
def test_a_command_ends_with_the_status_of_the_signal(number, error):
    with listening(exits=True) as command:
        with listening() as search, search.put_off():
            os.kill(os.getpid(), number)
        with pytest.raises(SystemExit) as caught:
            command.end_if_any()
    assert caught.value.code == 128 + number == command.status


def test_without_a_signal_nothing_ends():
    with listening() as signals:
        signals.end_if_any()


def test_what_nohup_has_ignored_stays_ignored():
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with listening() as signals:
        os.kill(os.getpid(), signal.SIGHUP)
        assert not signals.came()


def test_outside_the_main_thread_signals_keep_their_meaning():
    found = []

    def work():
        with listening() as signals:
            found.append((signals.came(), signal.getsignal(signal.SIGTERM)))

    before = signal.getsignal(signal.SIGTERM)
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [(False, before)]
