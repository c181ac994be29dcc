"""What several test files share: `from tests.support.colours import quick_search`."""

from pathlib import Path

ROOT = Path(__file__).parents[2]  # A process that a test starts finds `tests` from here.
