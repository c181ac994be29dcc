import json
import os
import subprocess
import sys

from tests.support.examples import EXAMPLES
from tests.support.pages import of_one_trial

NOTEBOOK = EXAMPLES / "explain.ipynb"


def test_the_notebook_goes_from_data_to_report_to_explanation(tmp_path):
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    # A notebook shows the last value of a cell through these methods.
    shown = "assert '<mark' in explanations[0]._repr_html_()\nassert result._repr_html_()"
    program = "\n\n".join([*code[:4], shown, *code[4:]])
    script = tmp_path / "notebook.py"
    script.write_text(of_one_trial(program), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, script],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=500,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert (tmp_path / "report.html").stat().st_size < 6_000_000
    assert "of the attention lies on the words that decide" in done.stdout
    assert "most attended tokens changes" in done.stdout


def test_the_notebook_is_stored_without_outputs():
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in cells)
