"""Libraries are silenced within a block, and speak again after it."""

import logging
import os
import warnings

import pytest

from attn_tuner.verbosity import silence


def test_log_messages_below_errors_are_dropped_in_the_block_alone(caplog):
    log = logging.getLogger("a_library")
    with silence("a_library"):
        log.warning("expected")
        log.error("broken")
    log.warning("heard")
    assert caplog.messages == ["broken", "heard"]


def test_warnings_are_ignored_where_asked():
    with silence("a_library", warnings=True):
        warnings.warn("expected", stacklevel=1)
    with silence("a_library"), pytest.warns(UserWarning, match="heard"):
        warnings.warn("heard", stacklevel=1)


def test_output_is_discarded_where_asked_that_of_libraries_too(capfd):
    with silence("a_library", stdout=True, stderr=True):
        print("printed")
        os.write(2, b"from C++\n")
    print("after")
    assert capfd.readouterr() == ("after\n", "")


def test_an_error_in_the_block_ends_the_silence(capfd):
    with pytest.raises(ValueError, match="broken"), silence("a_library", stderr=True):
        raise ValueError("broken")
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "after\n"
