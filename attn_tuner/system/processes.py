"""Starts child processes of Python that end with their parent, however that ends.

    subprocess.Popen(module_command("attn_tuner.baselines.background", "an argument"))
    subprocess.Popen(script_command("/path/of/script.py", "an argument"))

The child runs this file first, which starts to watch its parent before heavy imports, then the
module or script. It ignores signals of a terminal or scheduler, which go to all processes of a job:
its parent decides. Needs only the standard library.
"""

import contextlib
import ctypes
import os
import runpy
import select
import signal
import sys
import threading
import time
from collections.abc import Callable

POLL_SECONDS = 0.5  # Interval of checks that the parent is alive.
_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of Linux.
_IGNORED = ("SIGINT", "SIGTERM", "SIGHUP")


def module_command(module: str, *arguments: str | os.PathLike) -> list[str]:
    """Returns the command line by which a child process runs a module of this package.

    `python -m` would search the current folder first, so that a folder `attn_tuner` or a file
    `json.py` there would be imported instead.

    Args:
        module: str, its name, such as `"attn_tuner.baselines.background"`.
        arguments: str, its `sys.argv[1:]`.
    """
    return _command("module", module, *arguments)


def script_command(path: str | os.PathLike, *arguments: str | os.PathLike) -> list[str]:
    """Returns the command line by which a child process runs a script.

    Args:
        path: str, path of the script.
        arguments: str, its `sys.argv[1:]`.
    """
    return _command("script", path, *arguments)


def _command(*words) -> list[str]:
    own = os.path.abspath(__file__)
    return [sys.executable, "-W", "ignore", own, str(os.getpid()), *map(str, words)]


def end_with_parent(parent: int) -> None:
    """Ends this process within a second after its parent ends.

    Args:
        parent: int, process id; this process ends at once if its parent has another id.
    """
    if sys.platform == "linux":  # Works even if no thread gets to run.
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None, use_errno=True).prctl(_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
    _watch(lambda: os.getppid() == parent)


def end_with(process: int) -> None:
    """Ends this process within a second after another on the same machine ends.

    Where the system cannot tell whether a process lives, nothing is watched.
    """
    try:
        handle = os.pidfd_open(process)
    except ProcessLookupError:
        os._exit(1)
    except (AttributeError, OSError):  # Not on Linux, or on an old one.
        if os.name == "posix":
            _watch(lambda: _exists(process))
        return
    _watch(lambda: not select.select([handle], [], [], 0)[0])


def _exists(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _watch(alive: Callable[[], bool]):
    if not alive():
        os._exit(1)

    def look():
        while alive():
            time.sleep(POLL_SECONDS)
        os._exit(1)

    threading.Thread(target=look, daemon=True, name="end with parent").start()


def _main():
    parent, kind, what, *arguments = sys.argv[1:]
    for name in _IGNORED:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    end_with_parent(int(parent))
    own = os.path.dirname(os.path.abspath(__file__))
    others = [each for each in sys.path if each and os.path.abspath(each) != own]
    sys.argv[:] = [what, *arguments]
    if kind == "script":
        sys.path[:] = [os.path.dirname(what), *others]
        runpy.run_path(what, run_name="__main__")
    else:
        sys.path[:] = [os.path.dirname(own), *others]
        runpy.run_module(what, run_name="__main__")


if __name__ == "__main__":
    _main()
