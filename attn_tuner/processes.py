"""Further processes of Python that run this package, and nothing that lies in the way."""

import sys
from pathlib import Path

import attn_tuner

# With `python -m` the current folder comes first, so a folder `attn_tuner` or a file `json.py`
# there would run in the place of what is installed.
_PROGRAM = """\
import sys
sys.path[:] = [sys.argv[1], *(each for each in sys.path if each)]
import attn_tuner
del sys.path[0]
import runpy
sys.argv[:] = sys.argv[2:]
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=False)
"""


def module_command(module: str, *arguments: str) -> list[str]:
    """The command that runs a module of this package, the same package as here, in a process.

    Args:
        module: name of the module, `"attn_tuner.tuning.beside"`.
        arguments: what it finds in `sys.argv[1:]`.
    """
    home = str(Path(attn_tuner.__file__).absolute().parent.parent)
    return [sys.executable, "-W", "ignore", "-c", _PROGRAM, home, module, *map(str, arguments)]
