"""Which classes are kept back from the search that is then updated."""

ROWS = [(f"text {number}", f"class {number % 30}") for number in range(90)]


def test_a_tenth_of_the_classes_is_drawn_by_the_seed_and_one_at_least():
    from update import kept_back

    drawn = kept_back(ROWS, 0)
    assert len(drawn) == 3
    assert drawn == kept_back(ROWS[::-1], 0) != kept_back(ROWS, 1)
    assert len(kept_back(ROWS[:6], 0)) == 1


def test_tables_are_read_as_they_were_written(tmp_path):
    from data_sets import labelled, write_labelled

    rows = [("a, 'quoted' \"text\"\nof two lines", "good"), ("", "bad")]
    assert labelled(write_labelled(tmp_path / "rows.csv", rows)) == rows


def test_the_cost_of_an_update_is_told_beside_that_of_the_search():
    from update import shares_of

    row = {"seconds": 50.0, "full": {"seconds": 300.0, "processor_seconds": 500.0}}
    assert shares_of(row, "seconds") == ("50", "17%")
    assert shares_of(row, "processor_seconds") == ("-", "-")
