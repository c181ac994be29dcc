import json

from tests.support.examples import EXAMPLES
from tests.support.pages import in_a_moment
from tests.support.warm_process import run_warm

NOTEBOOK = EXAMPLES / "explain.ipynb"
FEWER = """
from attn_tuner.text import demo_corpus
demo_corpus.SIZES = {"train": 400, "validation": 120, "test": 100}
"""


def test_the_notebook_goes_from_data_to_report_to_explanation(tmp_path):
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    # A notebook shows the last value of a cell through these methods.
    shown = "assert '<mark' in explanations[0]._repr_html_()\nassert result._repr_html_()"
    program = "\n\n".join([FEWER, *code[:4], shown, *code[4:]])
    script = tmp_path / "notebook.py"
    script.write_text(in_a_moment(program), encoding="utf-8")
    done = run_warm(script)
    assert done.code == 0, done.output[-3000:]
    assert (tmp_path / "report.html").stat().st_size < 6_000_000
    assert "of the attention lies on the words that decide" in done.output
    assert "most attended tokens changes" in done.output


def test_the_notebook_is_stored_without_outputs():
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in cells)
