"""What an update says of itself."""

from dataclasses import replace

from attn_tuner.updating.updated import Updated

FACTS = Updated(
    run="RUN",
    rows=90,
    held_out=10,
    replayed=300,
    new_classes=("grey", "pale"),
    new_words=3,
    old_texts=1_000,
    old_before=95.0,
    old_after=94.2,
    taken_for_new=3.0,
    new_after=90.0,
    seconds=41.2,
)


def test_it_names_the_new_classes_and_what_they_cost_the_old_ones():
    learnt, right = FACTS.sentences()
    assert "90 new rows (new classes: 'grey', 'pale')" in learnt
    assert "3.0 % are taken for one of the new classes; of 10 new rows" in right
    many = replace(FACTS, new_classes=tuple("abcdefgh"))
    assert "'e' and 3 more)" in many.sentences()[0]


def test_without_new_classes_and_rows_held_out_nothing_is_said_of_them():
    plain = replace(FACTS, new_classes=(), held_out=0, new_after=None)
    assert plain.sentences()[1] == (
        "Of the 1,000 validation texts of that search 95.0 % were right before and 94.2 % are now."
    )


def test_a_refusal_has_the_figures_and_the_bound():
    said = FACTS.refusal(0.5)
    assert said.startswith(
        "Refused: 0.8 points would be lost on the classes of the search, and 0.5"
    )
    assert "95.0 % are right now and 94.2 % would be" in said
