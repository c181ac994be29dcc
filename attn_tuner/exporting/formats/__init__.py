"""The export formats, one file each."""

from attn_tuner.exporting.formats.base import Artefact, exporters

__all__ = ["Artefact", "exporters"]
