"""What an update says of itself."""

from dataclasses import replace

import numpy as np

from attn_tuner.updating.updated import Allowed, MostTaken, Updated, most_taken

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
    members=2,
    members_before=2,
    most_taken=MostTaken("slate", 40, 9),
)


def test_it_names_the_new_classes_and_what_they_cost_the_old_ones():
    learnt, right = FACTS.sentences()
    assert "90 new rows (new classes: 'grey', 'pale')" in learnt
    assert "3.0 % are taken for one of the new classes; of 'slate' 9 of 40; of 10 new" in right
    many = replace(FACTS, new_classes=tuple("abcdefgh"))
    assert "'e' and 3 more)" in many.sentences()[0]


def test_without_new_classes_and_rows_held_out_nothing_is_said_of_them():
    plain = replace(FACTS, new_classes=(), held_out=0, new_after=None)
    assert plain.sentences()[1] == (
        "Of the 1,000 validation texts of that search 95.0 % were right before and 94.2 % are now."
    )


def test_a_refusal_has_the_figures_and_the_bound():
    said = FACTS.refusal(Allowed(loss=0.5))
    assert said.startswith(
        "Refused: 0.8 points would be lost on the classes of the search, and 0.5"
    )
    assert "95.0 % are right now and 94.2 % would be" in said
    assert "members" not in said
    assert FACTS.refusal(Allowed(loss=1.0)) == ""


def test_a_refusal_says_that_there_was_no_time_for_some_members():
    said = replace(FACTS, members_before=5).refusal(Allowed())
    assert "Of the 5 members of the average 2 were trained on in the time" in said


def test_an_update_that_takes_old_texts_for_new_classes_is_refused_with_figures():
    lenient = Allowed(loss=1.0, taken=2.5)
    said = FACTS.refusal(lenient)
    assert said.startswith("Refused: 3.0 % of the 1,000 validation texts of the search would be")
    assert "2.5 % are allowed; of 'slate' 9 of 40. Nothing was written." in said
    assert FACTS.refusal(replace(lenient, taken=3.0)) == ""


def test_a_new_class_that_is_an_old_one_by_another_name_is_refused():
    same = replace(FACTS, most_taken=MostTaken("slate", 10, 9))
    said = same.refusal(Allowed(loss=1.0))
    assert said.startswith("Refused: 9 of the 10 validation texts of 'slate' would be taken for")
    assert "Allowed are 50 %." in said
    few = replace(FACTS, most_taken=MostTaken("slate", 2, 2))  # Chance, for all that one knows.
    assert few.refusal(Allowed(loss=1.0)) == ""
    assert same.refusal(Allowed(loss=1.0, taken=20.0)) == ""


def test_the_class_that_surely_loses_most_is_named():
    labels = np.array([0] * 10 + [1] * 100 + [2])
    answers = labels.copy()
    answers[[0, 110]] = 3
    answers[10:40] = 4
    assert most_taken(labels, answers, ["cold", "warm", "grey"]) == MostTaken("warm", 100, 30)
    assert most_taken(labels, labels, ["cold", "warm", "grey"]) is None
