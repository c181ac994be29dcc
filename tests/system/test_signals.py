"""Signals that ask for an end."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from attn_tuner.system import signals
from attn_tuner.system.signals import handle_signals

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
    with pytest.raises(error) as caught, handle_signals():
        os.kill(os.getpid(), number)
    if error is SystemExit:
        assert caught.value.code == 128 + number
    assert signal.getsignal(number) is before


@pytest.mark.parametrize(("number", "error"), ENDINGS)
def test_the_first_of_two_signals_is_put_off(number, error, capfd):
    with handle_signals() as signals, signals.defer():
        assert not signals.received()
        os.kill(os.getpid(), number)
        assert signals.received()
        assert "A second signal stops at once" in capfd.readouterr().err
        with pytest.raises(error):
            os.kill(os.getpid(), signal.SIGTERM if error is SystemExit else number)


@pytest.mark.parametrize(("number", "error"), ENDINGS)
def test_a_command_ends_with_the_status_of_the_signal(number, error):
    with handle_signals(exits=True) as command:
        with handle_signals() as search, search.defer():
            os.kill(os.getpid(), number)
        with pytest.raises(SystemExit) as caught:
            command.raise_if_received()
    assert caught.value.code == 128 + number == command.status


def test_without_a_signal_nothing_ends():
    with handle_signals() as signals:
        signals.raise_if_received()


def test_what_nohup_has_ignored_stays_ignored():
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with handle_signals() as signals:
        os.kill(os.getpid(), signal.SIGHUP)
        assert not signals.received()


def test_outside_the_main_thread_signals_keep_their_meaning():
    found = []

    def work():
        with handle_signals() as signals:
            found.append((signals.received(), signal.getsignal(signal.SIGTERM)))

    before = signal.getsignal(signal.SIGTERM)
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [(False, before)]


HUNG_UP = """
import sys, time
from pathlib import Path
from attn_tuner.system import signals
from attn_tuner.system.signals import handle_signals
with handle_signals(exits=True) as signals:
    with signals.defer():
        print("ready", flush=True)
        while not signals.received():
            time.sleep(0.02)
    print("to nobody", flush=True)
    print("to nobody", file=sys.stderr, flush=True)
    Path(sys.argv[1]).touch()
    signals.raise_if_received()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="needs a pseudo-terminal")
def test_what_is_printed_to_a_terminal_that_was_closed_is_no_error(tmp_path):
    done = tmp_path / "done"
    master, slave = os.openpty()
    take_terminal = "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0)\n"
    process = subprocess.Popen(
        [sys.executable, "-c", take_terminal + HUNG_UP, str(done)],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
    )
    os.close(slave)
    assert b"ready" in os.read(master, 100)
    os.close(master)
    assert process.wait(timeout=60) == 128 + signal.SIGHUP
    assert done.exists()


class SignalledWhenDeleted:
    def __del__(self):
        signal.raise_signal(signal.SIGTERM)


def delete_and_wait():
    with handle_signals():
        SignalledWhenDeleted()  # Python drops what is raised in there.
        for _ in range(1000):
            time.sleep(0.01)


def test_a_signal_that_comes_during_a_deletion_ends_what_nobody_asks():
    with pytest.raises(SystemExit) as ended:
        delete_and_wait()
    assert ended.value.code == 128 + signal.SIGTERM


def swallow_and_wait():
    with handle_signals():
        with contextlib.suppress(SystemExit):  # As a library that turns it into its own error.
            signal.raise_signal(signal.SIGTERM)
        for _ in range(1000):
            time.sleep(0.01)


def test_a_signal_whose_exit_a_library_swallows_comes_again(monkeypatch):
    monkeypatch.setattr(signals, "_PATIENCE_SECONDS", 0.05)
    with pytest.raises(SystemExit) as ended:
        swallow_and_wait()
    assert ended.value.code == 128 + signal.SIGTERM


def test_after_the_block_no_signal_comes_again(monkeypatch):
    monkeypatch.setattr(signals, "_PATIENCE_SECONDS", 0.05)
    with pytest.raises(SystemExit), handle_signals():
        signal.raise_signal(signal.SIGTERM)
    time.sleep(0.2)
