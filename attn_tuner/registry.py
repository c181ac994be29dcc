"""Registries: a name leads to a part and to what may be tuned of it.

    heads = Registry("head", package="attn_tuner.attention")

    @heads.register("additive", units=Int(32, 256, step=32))
    class AdditiveHead: ...

    heads["additive"](units=64)

The modules of a registry's package are imported when the registry is first read, so a new part
is one new file. Installed packages add parts through the entry point group `attn_tuner.<kind>s`.
"""

import difflib
import importlib
import importlib.metadata
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from attn_tuner.errors import SpaceError, UnknownName


@dataclass(frozen=True)
class Variant:
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

    def register(self, name: str, **space):
        """Adds the decorated class or function under `name`, with its tunable dimensions."""

        def add(build):
            accepted = _parameters(build)
            unknown = [key for key in space if accepted is not None and key not in accepted]
            if unknown:
                raise SpaceError(
                    f"{self.kind} '{name}' offers {unknown} to the tuner, "
                    f"but {build.__name__} accepts only {accepted}."
                )
            known = self._variants.get(name)
            if known is not None and known.build.__qualname__ != build.__qualname__:
                raise SpaceError(
                    f"Two {self.kind}s are called '{name}': {known.build.__qualname__} and "
                    f"{build.__qualname__}. Give one of them another name."
                )
            self._variants[name] = Variant(name, build, MappingProxyType(dict(space)))
            return build

        return add

    def discover(self):
        """Imports every module of the package, and the parts that other packages announce."""
        if self._discovered:
            return
        self._discovered = True
        package = importlib.import_module(self.package)
        for module in sorted(pkgutil.iter_modules(package.__path__), key=lambda each: each.name):
            importlib.import_module(f"{self.package}.{module.name}")
        for entry in importlib.metadata.entry_points(group=f"attn_tuner.{self.kind}s"):
            entry.load()

    def __getitem__(self, name: str) -> Variant:
        self.discover()
        try:
            return self._variants[name]
        except (KeyError, TypeError):
            raise UnknownName(unknown(self.kind, name, self._variants)) from None

    def __contains__(self, name) -> bool:
        self.discover()
        return name in self._variants

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


def _registry_of(package: str, kind: str) -> Registry:
    """The live registry of that kind, so that pickles carry a name and not the parts."""
    module = importlib.import_module(package)
    return next(
        value
        for value in vars(module).values()
        if isinstance(value, Registry) and value.kind == kind
    )


def unknown(kind: str, name, available) -> str:
    """The sentence for a name that is not there, with the nearest one that is."""
    names = [str(each) for each in available]
    near = difflib.get_close_matches(str(name), names, n=1)
    hint = f" Did you mean '{near[0]}'?" if near else ""
    return f"No {kind} is called '{name}'.{hint} Available: {', '.join(sorted(names)) or 'none'}."


def _parameters(build) -> list[str] | None:
    """Names that `build` accepts, or None where it takes any."""
    parameters = inspect.signature(build).parameters.values()
    named = [p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
    named = [name for name in named if name != "self"]
    takes_any = any(p.kind is p.VAR_KEYWORD for p in parameters)
    is_class = inspect.isclass(build)
    # A layer's **kwargs go to keras.layers.Layer, which knows none of our dimensions.
    return None if takes_any and not is_class else named
