"""Records the first screen of a search as a picture, docs/images/search.svg.

    python docs/record_terminal.py

Runs the search of the README's first command in an empty folder and draws what it prints.
"""

import os
import re
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

IMAGE = Path(__file__).parent / "images" / "search.svg"
COMMAND = "attn-tuner search demo --max-time 2m --out demo-run"
WIDTH = 120  # Columns.


def main():
    os.environ["COLUMNS"] = str(WIDTH)  # By which the last lines are laid out.
    from attn_tuner import search
    from attn_tuner.cli import print_summary
    from attn_tuner.monitoring import progress_panel

    console = Console(record=True, width=WIDTH, force_terminal=False, stderr=True)
    progress_panel.make_console = lambda shown=True: console
    console.print(Text(f"$ {COMMAND}", "bold"))
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        result = search("demo", max_time="2m", directory="demo-run")
        print_summary(result.summary(), console)
    IMAGE.write_text(picture(console), encoding="utf-8")


def picture(console: Console) -> str:
    """What the console has printed, as SVG in the reader's own fonts: nothing is loaded."""
    svg = console.export_svg(title="attn-tuner")
    return re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)


if __name__ == "__main__":
    main()
