"""What a reader is shown of a search space, and what the glossary says of its dimensions."""

import re
from fnmatch import fnmatchcase

import pytest

from attn_tuner.attention import heads
from attn_tuner.encoding import encoders
from attn_tuner.layers.registration import MODEL_PARTS
from attn_tuner.model_space import default_space
from attn_tuner.registry import Variant, registry_of
from attn_tuner.search_defaults import every_dimension
from attn_tuner.sequence.space import default_sequence_space
from attn_tuner.space import Choice, Float, Int, Part, SearchSpace
from attn_tuner.space.summary import GROUPS, OTHERS, describe_dimension, group_of
from tests.support import ROOT

SOURCE = re.compile(r"keras\.|Text[A-Z]\w+\(|https://|`attn-tuner list \w+`|use_ema`")


@pytest.fixture(scope="module")
def every():
    """The space of a search with every head and encoder on offer."""
    return every_dimension(epochs=3).narrow(head=list(heads), encoder=list(encoders))


def every_name(every) -> list[str]:
    """The paths of all dimensions, of classifiers and of sequence models."""
    spaces = (every, default_sequence_space())
    return sorted({leaf.name for space in spaces for leaf in space.leaves()})


def rows() -> dict[str, str]:
    """The patterns of dimensions in the glossary, with the whole row of each."""
    page = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    page = page.partition("## The dimensions of a search")[2]
    return {
        pattern: line
        for line in page.splitlines()
        if line.startswith("| `")
        for pattern in re.findall(r"`([^`]+)`", line.split("|")[1])
    }


def says_what_it_is(part: Variant, dimension: str) -> bool:
    """Whether the docstring of a part explains a dimension under Args, and has a Reference."""
    explained = re.search(rf"(?<!\S){dimension}: ", part.section("Args"))
    return bool(explained) and bool(SOURCE.search(part.section("Reference")))


def in_a_docstring(name: str) -> bool:
    """Whether a part of that path, `head.recency.start`, explains the dimension itself."""
    part, _, dimension = name.rpartition(".")
    parts = [registry_of(kinds).get(part.rpartition(".")[2]) for kinds in MODEL_PARTS]
    return any(says_what_it_is(each, dimension) for each in parts if each)


def test_the_glossary_or_a_docstring_has_every_dimension_with_its_source(every):
    names = every_name(every)
    missing = [name for name in names if not any(fnmatchcase(name, row) for row in rows())]
    missing = [name for name in missing if not in_a_docstring(name)]
    assert not missing, (
        f"Nothing says what these dimensions are: {', '.join(missing)}. Explain each under Args in "
        "the docstring of its part, with the paper under Reference, or give it a row in "
        "docs/glossary.md."
    )
    without = [name for name, line in rows().items() if not SOURCE.search(line.split("|")[3])]
    assert not without, f"docs/glossary.md names no source of {', '.join(without)}."


def test_a_dimension_is_explained_by_its_argument_and_a_reference():
    def part(start):
        """Weighs later steps more.

        Args:
            start: float, the rate before training.

        Reference:
            Press et al. 2022. https://arxiv.org/abs/2108.12409
        """

    def without_reference(start):
        """Weighs later steps more.

        Args:
            start: float, the rate before training.
        """

    assert says_what_it_is(Variant("part", part), "start")
    assert not says_what_it_is(Variant("part", part), "art")
    assert not says_what_it_is(Variant("part", part), "units")
    assert not says_what_it_is(Variant("part", without_reference), "start")


def test_the_glossary_has_no_dimension_that_is_not_there(every):
    names = every_name(every)
    assert not [row for row in rows() if not any(fnmatchcase(name, row) for name in names)]


def test_every_dimension_has_a_group_and_no_group_a_name_that_is_none(every):
    dimensions = set(every) | set(default_sequence_space())
    assert OTHERS not in {group_of(name) for name in dimensions}
    assert {name for names in GROUPS.values() for name in names} == dimensions


def test_a_summary_names_what_is_searched_and_leaves_out_what_is_fixed():
    space = default_space().fix(batch_size=32, encoder="gru", dropout=0.1)
    said = space.summary()
    assert "batch_size" not in said
    assert re.search(r"^  learning_rate +0.0003 to 0.01, log scale, default 0.002$", said, re.M)
    assert re.search(r"^Head\n  head +additive, feedforward", said, re.M)
    assert re.search(r"^    gru +units 32 to ", said, re.M)
    assert "  batch_size              32" in space.summary(extended=True).splitlines()


def test_the_summary_of_the_whole_space_fits_on_two_screens(every):
    assert len(every.summary().splitlines()) < 80


def test_members_with_the_same_dimensions_share_a_line_and_parts_inside_parts_are_below():
    lines = default_space(phrases=True).summary().splitlines()
    assert "    bigru, bilstm, gru, lstm" in [line.split("  units")[0].rstrip() for line in lines]
    at = next(at for at, line in enumerate(lines) if line.startswith("    pooling"))
    assert lines[at + 1].startswith("      score")
    assert lines[at + 2].startswith("        additive, concat, gated")


def test_a_dimension_that_a_user_adds_is_listed_too():
    lines = SearchSpace(mine=Choice(["a", "b"])).summary().splitlines()
    assert lines[-2:] == [OTHERS, "  mine                    a, b"]


@pytest.mark.parametrize(
    ("dimension", "said"),
    [
        (Choice([False, True]), "no, yes"),
        (Choice([32, 64], default=64), "32, 64; default 64"),
        (Int(32, 256, step=32, default=64), "32 to 256 by 32, default 64"),
        (Float(1e-4, 1e-2, log=True, default=1e-3), "0.0001 to 0.01, log scale, default 0.001"),
        (Part(encoders, among=("gru",)), "gru"),
    ],
)
def test_a_dimension_is_said_in_a_few_words(dimension, said):
    assert describe_dimension(dimension) == said
