"""Writes docs/run_folder.md from `attn_tuner.storage.layout`.

python docs/write_run_folder.py
"""

from pathlib import Path

from attn_tuner.storage.layout import FORMAT, FORMATS, RUN_FOLDER, Entry

PAGE = Path(__file__).with_name("run_folder.md")
PACKAGE = Path(__file__).parent.parent / "attn_tuner"
HEAD = """\
# The run folder

<!-- Made by docs/write_run_folder.py from attn_tuner/storage/layout.py. Change that file. -->

All that a search knows lies in its run folder. The same call on the same folder goes on from it,
and `attn_tuner.load` reads it in any process. [What to open when something went
wrong](debugging.md).

Each file is written beside the old one and then renamed, so a kill leaves whole files.
What is *derived* may be removed and is made again. The rest is *state*.
"""
FORMAT_HEAD = f"""\
## Format versions

The `format` in `plan.json` is the version of the folder; this is version {FORMAT}. Folders of
earlier versions are read, and a search goes on in them. A folder of a later version is refused.
"""


def page() -> str:
    """Returns the text of docs/run_folder.md."""
    entries = list(RUN_FOLDER.walk())
    parts = [HEAD, tree(), "## Who writes and reads what\n"]
    parts += [table(title, rows) for title, rows in sections(entries)]
    versions = "\n".join(f"| {number} | {change} |" for number, change in FORMATS.items())
    parts += [FORMAT_HEAD, f"| version | what changed |\n|---|---|\n{versions}\n"]
    return "\n".join(parts)


def tree() -> str:
    """Returns all files as an indented tree."""
    rows = [(f"{RUN_FOLDER.name}/", RUN_FOLDER.holds)]
    for path, entry in RUN_FOLDER.walk():
        depth = path.rstrip("/").count("/") + 1
        rows.append((f"{'  ' * depth}{entry.name}{'/' if entry.inside else ''}", entry.holds))
    width = max(len(name) for name, _ in rows) + 2
    lines = [f"{name:{width}}{holds.replace('`', '')}" for name, holds in rows]
    return "\n".join(["```text", *lines, "```", ""])


def sections(entries: list[tuple[str, Entry]]) -> list[tuple[str, list[tuple[str, Entry]]]]:
    """Returns the rows of each table with its title: the run's own files, then each folder."""
    own = [each for each in entries if "/" not in each[0]]
    found = [("", own)]
    for entry in RUN_FOLDER.inside:
        if entry.inside:
            top = f"{entry.name}/"
            found.append((top, [each for each in entries if each[0].startswith(top)]))
    return found


def table(title: str, rows: list[tuple[str, Entry]]) -> str:
    """Returns a table of Markdown, under a title where it has one."""
    lines = [f"### `{title}`\n"] if title else []
    lines += ["| file | kind | written by | read by | when it is lost |", "|---|---|---|---|---|"]
    for path, entry in rows:
        kind = "derived" if entry.derived else "state"
        cells = (
            f"`{path}`",
            kind,
            linked(entry.writers),
            linked(entry.readers),
            entry.again or entry.lost,
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


def linked(names: str) -> str:
    """Writes the modules of this package as code; libraries and "you" as they are."""
    return ", ".join(f"`{name}`" if "." in name else name for name in names.split(", "))


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
