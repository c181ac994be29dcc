"""Brings the documents outside docs/ into the site, and points links at where they are there.

On a code host `docs/search.md` links to `../benchmarks/RESULTS.md`; in the site both lie in one
folder. So every link is checked by `mkdocs build --strict`.
"""

import re
from pathlib import Path

from mkdocs.structure.files import File

ROOT = Path(__file__).parent.parent
PAGES = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "CONTRIBUTING.md",
    "CHANGELOG.md": "CHANGELOG.md",
}
FOLDERS = ("examples", "benchmarks")
SHOWN = ("*.md", "*.py", "*.ipynb")
LINK = re.compile(r"(\]\()(?![a-z]+:|#)([^)\s]+)(\))")


def on_files(files, config):
    """Adds the pages at the root, and the examples and benchmarks."""
    for name, target in PAGES.items():
        _add(files, config, ROOT / name, target)
    for folder in FOLDERS:
        for pattern in SHOWN:
            for path in sorted((ROOT / folder).rglob(pattern)):
                _add(files, config, path, path.relative_to(ROOT).as_posix())
    return files


def on_page_markdown(markdown, page, config, files):
    """Rewrites links that leave docs/, or lead into it from outside."""
    source = page.file.src_uri
    outside = source in PAGES.values() or source.startswith(FOLDERS)

    def moved(match):
        target = match[2]
        if outside:
            target = re.sub(r"^((?:\.\./)*)docs/", r"\1", target)
        elif target.startswith("../" * (source.count("/") + 1)):  # It leaves docs/.
            target = target.removeprefix("../")
        return f"{match[1]}{target}{match[3]}"

    return LINK.sub(moved, markdown)


def _add(files, config, path, target):
    if path.exists():
        files.append(File.generated(config, target, abs_src_path=str(path)))
