import json
from io import StringIO

import pytest
from rich.console import Console

from attn_tuner.errors import RunError
from attn_tuner.monitoring.status import search_status
from attn_tuner.monitoring.watch import sparkline, watch


def shown(folder, **options):
    out = StringIO()
    watch(folder, console=Console(file=out, width=120, **options.pop("console", {})), **options)
    return out.getvalue()


def test_a_finished_search_is_shown_once(run_folder):
    text = shown(run_folder)
    assert "16, ended" in text
    assert "60s" in text or "1m" in text
    assert text.count("gated") >= 1


def test_a_running_search_is_shown_until_it_ends(begun_folder):
    looks = []

    def going():
        looks.append(1)
        if len(looks) == 2:
            (begun_folder / "outcome.json").write_text(json.dumps({"winner": "00", "seconds": 9}))
        return True

    text = shown(begun_folder, interval=0, keep_watching=going)
    assert "3, running" in text
    assert len(looks) == 2


def test_new_trials_are_printed_where_there_is_no_terminal(begun_folder, run_folder):
    steps = iter([True, False])

    def going():
        record = json.loads((run_folder / "trial_07" / "record.json").read_text())
        (begun_folder / "trial_07").mkdir(exist_ok=True)
        (begun_folder / "trial_07" / "record.json").write_text(json.dumps(record))
        return next(steps)

    assert "trial 07  accuracy" in shown(begun_folder, interval=0, keep_watching=going)


def test_on_a_terminal_the_panel_is_live(begun_folder):
    steps = iter([True, True, False])
    options = {"force_terminal": True, "force_interactive": True}
    text = shown(begun_folder, interval=0, keep_watching=lambda: next(steps), console=options)
    assert "running" in text


def test_a_trial_without_a_record_is_running(begun_folder):
    (begun_folder / "trial_99").mkdir()
    assert search_status(begun_folder)["running"] == ["99"]


def test_time_spent_is_read_from_the_clock(begun_folder):
    (begun_folder / "clock.json").write_text('{"spent": 55.0}')
    assert search_status(begun_folder)["spent"] == 55.0


def test_a_line_of_bars_follows_the_numbers():
    assert sparkline([0, 1, 2, 7]) == "▁▂▃█"
    assert sparkline([]) == ""
    assert sparkline([3, 3]) == "▁▁"


def test_what_is_no_run_folder_is_refused(tmp_path):
    with pytest.raises(RunError, match="is not a run folder"):
        watch(tmp_path)
