"""What `attn-tuner doctor` says of an installation."""

import configparser

import pytest

from attn_tuner.system import installation
from tests.support import ROOT


def test_it_names_versions_machine_and_missing_extras(monkeypatch, capsys):
    monkeypatch.setattr(installation, "EXTRAS", {"ray": ("no_such_module",), "serve": ("json",)})
    assert installation.check_installation()
    said = capsys.readouterr().out
    assert "tensorflow 2." in said
    assert "cores" in said
    assert "GB free" in said
    assert "GPU" in said
    assert "ray is optional: pip install 'attn-tuner[ray]'" in said
    assert "attn-tuner[serve]" not in said


def test_a_package_that_is_missing_is_named_with_what_to_do(monkeypatch, capsys):
    monkeypatch.setattr(installation, "PACKAGES", ("no-such-package",))
    assert not installation.check_installation()
    assert "no-such-package is not installed. Try: pip install" in capsys.readouterr().out


def test_a_self_test_that_fails_is_said_in_one_line(capsys):
    def broken():
        raise OSError("no room")

    assert not installation.check_installation(broken)
    assert "failed: OSError: no room" in capsys.readouterr().out


def test_the_extras_are_those_of_the_package():
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    extras = dict(setup["options.extras_require"])
    assert set(installation.EXTRAS) == set(extras) - {"test", "docs"}


@pytest.mark.parametrize("name", installation.PACKAGES)
def test_every_package_that_is_checked_is_one_that_is_needed(name):
    assert name in (ROOT / "setup.cfg").read_text(encoding="utf-8")
