"""Each part imports only from those below it, and the light parts stay light."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import attn_tuner

PACKAGE = Path(attn_tuner.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))

# From the bottom up. A module imports only from lines above its own, and from its own folder.
LAYERS = (
    "errors",
    "registry",
    "metrics",
    "tasks",
    "verbosity",
    "system",
    "space",
    "inputs",
    "storage",
    "text",
    "series",
    "baselines",
    "layers",
    "attention",
    "encoding",
    "training",
    "model_space",
    "hypermodel",
    "sequence",
    "tuning",
    "search_defaults",
    "settings",
    "checking",
    "exporting",
    "explaining",
    "reporting",
    "monitoring",
    "finalizing",
    "search_result",
    "labelling",
    "drift",
    "updating",
    "distilling",
    "serving",
    "runtime",
    "sequence_search",
    "api",
    "testing",
    "",
    "cli",
    "__main__",
)
HEIGHT = {name: height for height, name in enumerate(LAYERS)}
# Of the optimiser only a step that other backends do not take needs it; of `system` only the list
# of GPUs of an installation.
WITH_TENSORFLOW = {
    "inputs",
    "text",
    "training",
    "exporting",
    "explaining",
    "finalizing",
    "reporting",
} | {
    "sequence",
    "sequence_search",
    "api",
    "system",
    "testing",
    "cli",
}
FOREIGN_INSIDES = ("keras.src", "keras_tuner.src", "tensorflow.python", "optuna._", "ray._")


def part_of(module: str) -> str:
    """`attn_tuner.attention.base` is in "attention"; the package itself is ""."""
    return (module.split(".") + [""])[1]


def name_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def imports(path: Path):
    """The absolute names of all modules that a file imports, wherever it does."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            yield node.module
            if node.module == "attn_tuner":
                yield from (f"attn_tuner.{alias.name}" for alias in node.names)


def test_every_part_has_its_place_in_the_layers():
    found = {part_of(name_of(path)) for path in MODULES}
    assert found <= set(HEIGHT), f"give {found - set(HEIGHT)} a line in LAYERS"


def test_a_part_imports_only_from_those_below_it():
    upward = []
    for path in MODULES:
        own = part_of(name_of(path))
        ours = {each for each in imports(path) if each.startswith("attn_tuner.")}
        upward += [
            f"{name_of(path)} imports {each}"
            for each in sorted(ours)
            if HEIGHT.get(part_of(each), len(HEIGHT)) > HEIGHT.get(own, 0)
        ]
    assert not upward, "\n".join(upward)


def test_only_public_modules_of_other_packages_are_imported():
    private = [
        f"{name_of(path)} imports {each}"
        for path in MODULES
        for each in imports(path)
        if each.startswith(FOREIGN_INSIDES)
    ]
    assert not private, "\n".join(private)


def test_tensorflow_is_imported_only_where_texts_and_artefacts_are():
    others = [
        name_of(path)
        for path in MODULES
        if part_of(name_of(path)) not in WITH_TENSORFLOW
        and any(each.split(".")[0] == "tensorflow" for each in imports(path))
    ]
    assert not others, "\n".join(others)


def loaded_by(statement: str) -> set[str]:
    """The packages that a fresh process holds after a statement."""
    program = f"{statement}\nimport sys\nprint(*{{name.split('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.splitlines()[-1].split())


HEAVY = {"tensorflow", "keras", "keras_tuner", "jax", "torch", "pandas", "sklearn", "numpy"}


@pytest.mark.parametrize(
    "statement",
    [
        "import attn_tuner",
        "import attn_tuner.cli",
        "import sys; sys.argv = ['attn-tuner', '--help']\n"
        "from attn_tuner.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass",
        "import sys; sys.argv = ['attn-tuner', 'search', '--help']\n"
        "from attn_tuner.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass",
        "import sys; sys.argv = ['attn-tuner', 'list', 'encoders']\n"
        "from attn_tuner.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass",
        "import sys; sys.argv = ['attn-tuner', 'predict', '--help']\n"
        "from attn_tuner.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass",
        "import sys; sys.argv = ['attn-tuner']\n"
        "from attn_tuner.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass",
        "from attn_tuner.space import SearchSpace",
        "from attn_tuner.settings.table import SETTINGS",
    ],
    ids=[
        "package",
        "command",
        "help",
        "help of search",
        "list",
        "help of predict",
        "command alone",
        "space",
        "settings",
    ],
)
def test_what_needs_no_model_loads_no_heavy_package(statement):
    assert not loaded_by(statement) & HEAVY


def test_watching_a_search_loads_neither_keras_nor_tensorflow():
    assert not loaded_by("import attn_tuner.monitoring.watch") & (HEAVY - {"numpy"})


def test_heads_and_encoders_need_no_tensorflow_under_another_backend():
    statement = (
        "import os; os.environ['KERAS_BACKEND'] = 'jax'\n"
        "from attn_tuner.attention import heads\n"
        "from attn_tuner.encoding import encoders\n"
        "from attn_tuner.layers.token_limits import TokenLimits\n"
        "list(heads), list(encoders)"
    )
    assert "tensorflow" not in loaded_by(statement)


def test_every_public_name_is_there():
    for name in attn_tuner.__all__:
        assert getattr(attn_tuner, name) is not None
    assert set(attn_tuner.__all__) <= set(dir(attn_tuner))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = attn_tuner.nothing
