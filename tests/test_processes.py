"""A further process runs what is installed, whatever lies in the current folder."""

import subprocess

from attn_tuner.processes import module_command


def test_a_folder_of_our_name_in_the_current_one_does_not_run(tmp_path):
    for name in ("attn_tuner/__init__.py", "attn_tuner/errors.py", "json.py", "runpy.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("print('RAN')\n")
    command = module_command("attn_tuner.errors")
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "RAN" not in done.stdout
