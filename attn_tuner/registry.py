"""Registries: a name leads to a part and to what may be tuned of it.

    heads = Registry("head", package="attn_tuner.attention")

    @heads.register("additive", units=Int(32, 256, step=32))
    class AdditiveHead: ...

    heads["additive"](units=64)

The modules of a registry's package are imported when the registry is first read, so a new part
is one new file. Installed packages add parts through the entry point group `attn_tuner.<kind>s`.
"""

import ast
import difflib
import importlib
import importlib.metadata
import inspect
import pkgutil
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from attn_tuner.errors import SpaceError, UnknownName

# Kind of part to the package whose modules register it.
PACKAGES = {
    "heads": "attn_tuner.attention",
    "encoders": "attn_tuner.encoding",
    "scores": "attn_tuner.attention.scores",
    "queries": "attn_tuner.attention.queries",
    "normalizers": "attn_tuner.attention.normalizers",
    "fusions": "attn_tuner.attention.fusions",
    "decoder_attentions": "attn_tuner.attention.decoding",
    "loaders": "attn_tuner.text.loaders",
    "oracles": "attn_tuner.tuning.oracles",
    "pruners": "attn_tuner.tuning.pruning",
    "launchers": "attn_tuner.tuning.launchers",
    "exporters": "attn_tuner.exporting.formats",
}

_MODEL_PACKAGES = ("attn_tuner.attention", "attn_tuner.encoding")

Part = TypeVar("Part", bound=Callable)


class Documented:
    """Reads the docstring of a part: its first sentence, formula and sections."""

    documentation: str

    @property
    def summary(self) -> str:
        """First sentence of the docstring."""
        return self.documentation.split("\n\n")[0].replace("\n", " ")

    @property
    def equation(self) -> str:
        """The docstring's first indented block: the formula, on one line."""
        block = re.search(r"\n\n((?:    .+\n?)+)", self.documentation)
        return " ; ".join(line.strip() for line in block[1].splitlines()) if block else ""

    def section(self, title: str) -> str:
        """The text under `Title:` in the docstring, on one line; empty when there is none."""
        body = re.search(rf"^{title}:[ ]*(.*(?:\n    .+)*)", self.documentation, re.MULTILINE)
        return " ".join(body[1].split()) if body else ""


@dataclass(frozen=True)
class Description(Documented):
    """A part as its source describes it, without importing it.

    Args:
        name: under which it is registered.
        documentation: its docstring.
        space: the names of its dimensions.
    """

    name: str
    documentation: str
    space: tuple[str, ...] = ()


@dataclass(frozen=True)
class Variant(Documented):
    """One registered part: what makes it, and the dimensions a tuner may vary.

    Calling a variant makes the part: `variant(units=64)`.
    """

    name: str
    build: Callable[..., Any]
    space: Mapping[str, Any] = field(default_factory=dict)

    def __call__(self, *args, **values):
        return self.build(*args, **values)

    @property
    def documentation(self) -> str:
        return inspect.getdoc(self.build) or ""


class Registry(Mapping):
    """The parts of one kind by name, in alphabetical order.

    Args:
        kind: what one member is called in messages, `"head"`.
        package: the package whose modules register the members.
    """

    def __init__(self, kind: str, package: str):
        self.kind = kind
        self.package = package
        self._variants: dict[str, Variant] = {}
        self._discovered = False

    @property
    def plural(self) -> str:
        """What several members are called, `"queries"`; the entry point group ends in it."""
        names = {package: plural for plural, package in PACKAGES.items()}
        return names.get(self.package, f"{self.kind}s")

    def register(self, name: str, **space: Any) -> Callable[[Part], Part]:
        """Adds the decorated class or function under `name`, with its tunable dimensions."""

        if not name or "." in name or "/" in name:
            raise SpaceError(f"'{name}' cannot name a {self.kind}; leave out dots and slashes.")

        def add(build: Part) -> Part:
            accepted = _parameters(build)
            unknown = [key for key in space if accepted is not None and key not in accepted]
            if unknown:
                raise SpaceError(
                    f"{self.kind} '{name}' offers {unknown} to the tuner, "
                    f"but {build.__name__} accepts only {accepted}."
                )
            known = self._variants.get(name)
            # The same place again is a module reloaded, or a notebook's cell run twice.
            if known is not None and _place(known.build) != _place(build):
                raise SpaceError(
                    f"Two {self.plural} are called '{name}': {_place(known.build)} and "
                    f"{_place(build)}. Give one of them another name."
                )
            self._variants[name] = Variant(name, build, MappingProxyType(dict(space)))
            return build

        return add

    def discover(self) -> None:
        """Imports every module of the package, and the parts that other packages announce."""
        if self._discovered:
            return
        self._discovered = True  # At once, for the modules read their registry while imported.
        try:
            package = importlib.import_module(self.package)
            names = sorted(module.name for module in pkgutil.iter_modules(package.__path__))
            for name in names:
                importlib.import_module(f"{self.package}.{name}")
        except BaseException:
            self._discovered = False
            raise
        for entry in importlib.metadata.entry_points(group=f"attn_tuner.{self.plural}"):
            self._load(entry)

    def _load(self, entry):
        """Loads a part of another package; a broken one is named, and does not stop the others."""
        try:
            entry.load()
        except Exception as error:
            warnings.warn(
                f"The {self.kind} '{entry.name}' ({entry.value}) of an installed package cannot "
                f"be loaded: {type(error).__name__}: {error}. Repair or uninstall that package.",
                stacklevel=2,
            )

    def of_users(self) -> list[Variant]:
        """Returns the parts that are not of this package, such as those of a user's script."""
        own = __name__.partition(".")[0]
        return [
            each
            for each in self._variants.values()
            if each.build.__module__.partition(".")[0] != own
        ]

    def add(self, variants: Iterable[Variant]) -> None:
        """Adds parts that another process has registered; one that is here stays."""
        for each in variants:
            self._variants.setdefault(each.name, each)

    def __getitem__(self, name: str) -> Variant:
        self.discover()
        try:
            return self._variants[name]
        except (KeyError, TypeError):
            raise UnknownName(unknown(self.kind, name, self._variants)) from None

    def __contains__(self, name) -> bool:
        self.discover()
        return name in self._variants

    # A registry equals itself alone: comparing parts would say nothing more.
    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)

    def __iter__(self) -> Iterator[str]:
        self.discover()
        return iter(sorted(self._variants))  # Not by import order, which callers can change.

    def __len__(self) -> int:
        self.discover()
        return len(self._variants)

    def __repr__(self) -> str:
        return f"Registry({self.kind!r}, {', '.join(self)})"

    def __deepcopy__(self, memo):
        return self  # A registry is the process's list of parts, never one object's own.

    def __reduce__(self):
        return _registry_of, (self.package, self.kind)


def registry_of(kinds: str) -> Registry:
    """Returns the registry of a kind of part, `"heads"`.

    Raises:
        UnknownName: there is no such kind.
    """
    return getattr(importlib.import_module(_package_of(kinds)), kinds)


def user_parts() -> dict[str, list[Variant]]:
    """Returns the parts, by kind, that a process needs to build the models of this one."""
    kinds = [kind for kind, package in PACKAGES.items() if package.startswith(_MODEL_PACKAGES)]
    return {kind: found for kind in kinds if (found := registry_of(kind).of_users())}


def describe_parts(kinds: str) -> list[Description | Variant]:
    """Returns the parts of a kind by name, from their source: importing them takes seconds.

    Where an installed package adds parts of any kind, all are imported.

    Args:
        kinds: `"heads"`.

    Raises:
        UnknownName: there is no such kind.
    """
    package = _package_of(kinds)
    if any(name.startswith("attn_tuner.") for name in importlib.metadata.entry_points().groups):
        return list(registry_of(kinds).values())
    folder = Path(__file__).parent.joinpath(*package.split(".")[1:])
    try:
        found = [each for file in folder.glob("*.py") for each in _described(file, kinds)]
    except (AttributeError, KeyError):  # A name or a space that only running the module tells.
        return list(registry_of(kinds).values())
    return sorted(found, key=lambda each: each.name)


def _package_of(kinds: str) -> str:
    if kinds not in PACKAGES:
        raise UnknownName(unknown("kind of part", kinds, PACKAGES))
    return PACKAGES[kinds]


def _described(file: Path, kinds: str) -> Iterator[Description]:
    """Reads what a module decorates with `@<kinds>.register("name", dimension=..., **SPACE)`."""
    body = ast.parse(file.read_text(encoding="utf-8")).body
    tables = {
        target.id: [key.value for key in node.value.keys if isinstance(key, ast.Constant)]
        for node in body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in body:
        for call in getattr(node, "decorator_list", ()):
            if isinstance(call, ast.Call) and ast.unparse(call.func) == f"{kinds}.register":
                space = [
                    name
                    for each in call.keywords
                    for name in ([each.arg] if each.arg else tables[each.value.id])
                ]
                yield Description(call.args[0].value, ast.get_docstring(node) or "", tuple(space))


def _registry_of(package: str, kind: str) -> Registry:
    """The live registry of that kind, so that pickles carry a name and not the parts."""
    module = importlib.import_module(package)
    return next(
        value
        for value in vars(module).values()
        if isinstance(value, Registry) and value.kind == kind
    )


def unknown(kind: str, name: object, available: Iterable) -> str:
    """The sentence for a name that is not there, with one that begins with it, or the nearest."""
    names = [str(each) for each in available]
    given = "" if name is None else str(name)
    longer = [each for each in names if given and each.startswith(given)]
    near = sorted(longer, key=len) or difflib.get_close_matches(given, names, n=1)
    hint = f" Did you mean '{near[0]}'?" if near else ""
    return f"No {kind} is called '{name}'.{hint} Available: {', '.join(sorted(names)) or 'none'}."


def _place(build) -> str:
    return f"{build.__module__}.{build.__qualname__}"


def _parameters(build) -> list[str] | None:
    """Names that `build` accepts, or None where it takes any.

    A class that hands **kwargs on to its bases accepts what they accept. A layer's last base
    takes any keyword and refuses it when called, so this is where a wrong name is caught.
    """
    if not inspect.isclass(build):
        named, takes_any = _named(build)
        return None if takes_any else named
    found = []
    for each in build.__mro__:
        if each is object or "__init__" not in vars(each):
            continue
        named, takes_any = _named(each.__init__)
        found += [name for name in named if name not in ("self", *found)]
        if not takes_any:
            break
    return found


def _named(function) -> tuple[list[str], bool]:
    """The names of the parameters, and whether it takes any keyword besides."""
    parameters = inspect.signature(function).parameters.values()
    named = [p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
    return named, any(p.kind is p.VAR_KEYWORD for p in parameters)
