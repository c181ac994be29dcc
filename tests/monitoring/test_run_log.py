"""The log of a search in its run folder."""

import logging
import os
import re
import sys

import pytest

from attn_tuner.monitoring import run_log as module
from attn_tuner.monitoring.run_log import log_event, run_log
from attn_tuner.storage.layout import RUN_LOG
from attn_tuner.storage.trial_record import TrialRecord
from attn_tuner.tuning.events import EpochProgress, Evaluated, Remark, TrialEnded, TrialStarted

LINE = re.compile(
    r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d (INFO   |WARNING|ERROR  ) (search|trial \w+) +\S"
)
LOGGER = logging.getLogger("attn_tuner")


def lines(folder) -> list[str]:
    return (folder / RUN_LOG).read_text(encoding="utf-8").splitlines()


def record(status, score=None, stopped="all epochs done"):
    return TrialRecord("07", status, {"head": "mean"}, score, stopped=stopped, seconds=12.0)


def test_each_event_of_a_trial_is_a_line_with_time_level_and_trial(tmp_path):
    with run_log(tmp_path):
        log_event(TrialStarted("07", {"head": "mean", "units": 8}))
        log_event(EpochProgress("07", 0, 0.25))
        log_event(Evaluated("07", 0, {"epochs": 0.25, "seconds": 3, "accuracy": 0.7312}))
        log_event(Remark("07", "keeps its score. It could not go on."))
        log_event(TrialEnded("07", record("completed", 0.75)))
    found = lines(tmp_path)
    assert all(LINE.match(line) for line in found)
    assert [line.split(" ", 2)[2].split(maxsplit=1) for line in found] == [
        ["INFO", "trial 07   began: head=mean units=8"],
        ["INFO", "trial 07   epoch 0.25: accuracy 0.7312"],
        ["WARNING", "trial 07   keeps its score. It could not go on."],
        ["INFO", "trial 07   completed: score 0.7500 in 12s; all epochs done"],
        ["INFO", "search     the search has ended"],
    ]


@pytest.mark.parametrize(("status", "level"), [("failed", "ERROR"), ("infeasible", "WARNING")])
def test_a_trial_without_a_model_stands_out(tmp_path, status, level):
    with run_log(tmp_path):
        log_event(TrialEnded("07", record(status, stopped="ValueError: no")))
    assert re.search(rf"{level} +trial 07 +{status}: ValueError: no", lines(tmp_path)[0])


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (RuntimeError("no room"), "ERROR   search     the search failed: RuntimeError: no room"),
        (KeyboardInterrupt(), "WARNING search     the search was ended by KeyboardInterrupt"),
        (SystemExit(143), "WARNING search     the search was ended by SystemExit 143"),
    ],
)
def test_how_a_search_ended_is_its_last_line(tmp_path, error, said):
    with pytest.raises(type(error)), run_log(tmp_path):
        raise error
    assert said in lines(tmp_path)[-1]


def test_an_exception_is_left_to_who_catches_it_and_warnings_go_on(tmp_path, capfd, monkeypatch):
    monkeypatch.setattr(logging.getLogger(), "handlers", [logging.StreamHandler(sys.stderr)])
    with run_log(tmp_path):
        log_event(Remark("07", "could not go on"))
    with pytest.raises(RuntimeError), run_log(tmp_path):
        raise RuntimeError("no room")
    said = capfd.readouterr().err
    assert "could not go on" in said
    assert "no room" not in said


def test_a_second_sitting_adds_to_the_log(tmp_path):
    for _ in range(2):
        with run_log(tmp_path):
            pass
    assert len(lines(tmp_path)) == 2


def test_control_characters_and_line_breaks_stay_within_a_line(tmp_path):
    with run_log(tmp_path):
        log_event(TrialEnded("07", record("failed", stopped="\x1b[2J\nsecond\r\u2028third")))
    found = lines(tmp_path)
    assert len(found) == 2
    assert "\\u001b[2J second\\u000d\\u2028third" in found[0]


def test_the_log_does_not_grow_without_end(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MAX_BYTES", 10_000)
    with run_log(tmp_path):
        for _ in range(100):
            LOGGER.info("x" * 100_000)
    sizes = {path.name: path.stat().st_size for path in tmp_path.iterdir()}
    assert sizes.keys() == {RUN_LOG, f"{RUN_LOG}.1"}
    assert max(sizes.values()) <= 10_000


def test_other_handlers_get_what_they_got_without_the_log(tmp_path, caplog):
    with run_log(tmp_path):
        LOGGER.info("quiet")
        LOGGER.warning("loud")
    assert [each.message for each in caplog.records] == ["loud"]
    caplog.set_level(logging.INFO, "attn_tuner")
    with run_log(tmp_path):
        LOGGER.info("quiet")
    assert "quiet" in [each.message for each in caplog.records]


def test_the_logger_is_afterwards_as_it_was(tmp_path):
    before = LOGGER.level, LOGGER.propagate, list(LOGGER.handlers)
    with run_log(tmp_path):
        assert before != (LOGGER.level, LOGGER.propagate, list(LOGGER.handlers))
    assert before == (LOGGER.level, LOGGER.propagate, list(LOGGER.handlers))


@pytest.mark.skipif(os.name == "nt", reason="a folder stands in the place of the file")
def test_a_log_that_cannot_be_written_stops_no_search(tmp_path, capsys):
    (tmp_path / RUN_LOG).mkdir()
    with run_log(tmp_path):
        LOGGER.info("lost")
    assert capsys.readouterr().err == ""
