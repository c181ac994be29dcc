"""The sets are found by environment variables and read as a search reads them."""

from attn_tuner.text import load


def test_a_set_is_found_in_the_folder_of_the_environment_variable(two_sets):
    import data_sets

    folder = two_sets / "trec"
    wanted = {"data": str(folder / "train.csv"), "test": str(folder / "test.csv")}
    assert data_sets.source("trec") == wanted
    assert data_sets.source("imdb") == {"data": "imdb_reviews"}


def test_every_set_has_a_folder_of_its_own():
    import data_sets

    folders = [each.folder for each in data_sets.DATA_SETS.values()]
    assert len(set(folders)) == len(folders) == 10


def test_a_loaded_set_has_the_validation_part_that_a_search_holds_out(two_sets):
    import data_sets

    given = data_sets.source("mpqa")
    ours, its = data_sets.loaded("mpqa", 3), load(given["data"], test=given["test"], seed=3)
    assert list(ours.validation.texts) == list(its.validation.texts)
    assert len(ours.test.texts) == 6
