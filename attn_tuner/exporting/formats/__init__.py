"""The export formats, one file each."""

from attn_tuner.exporting.formats.base import Artefact, Program, exporters

__all__ = ["Artefact", "Program", "exporters"]
