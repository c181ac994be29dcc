"""The generated orders: the same for a seed, and the line says what the order says."""

from attn_tuner.text.orders_corpus import ANY_DAY, SIZES, orders_corpus


def test_the_corpus_is_the_same_for_a_seed_and_has_no_order_twice():
    corpus = orders_corpus()
    assert {role: len(part) for role, part in corpus.items()} == SIZES
    every = [pair.source for part in corpus.values() for pair in part]
    assert len(set(every)) == len(every)
    assert corpus == orders_corpus()
    assert corpus != orders_corpus(seed=1)


def test_each_part_of_the_line_stands_in_the_order():
    for pair in orders_corpus()["test"]:
        what, who, town, day = pair.target.split(", ")
        assert all(part in pair.source for part in (what, who, town))
        assert day == ANY_DAY or day in pair.source
