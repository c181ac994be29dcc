"""Writes `run.log` in a run folder: one line for each event of a search.

Events are records of the logger `attn_tuner`, so that other programs can have them too:

    logging.getLogger("attn_tuner").setLevel(logging.INFO)
"""

import contextlib
import logging
import logging.handlers
from collections.abc import Iterator, Mapping
from pathlib import Path

from attn_tuner.storage.layout import RUN_LOG
from attn_tuner.storage.trial_record import TrialRecord
from attn_tuner.system.terminal import to_single_line
from attn_tuner.tuning.duration import format_duration
from attn_tuner.tuning.events import Evaluated, Remark, TrialEnded, TrialEvent, TrialStarted

MAX_BYTES = 1_000_000  # Of the file; the one before it is kept too.
MAX_LINE = 2_000  # Characters.
_LOGGER = logging.getLogger("attn_tuner")
_FORMAT = "%(asctime)s %(levelname)-7s %(trial)-10s %(message)s"
_LEVELS = {"failed": logging.ERROR, "infeasible": logging.WARNING}
_RAISED = {"raised": True}  # Of a record that says what an exception says to who catches it.
_NO_METRICS = ("epochs", "seconds", "judging")


@contextlib.contextmanager
def run_log(directory: str | Path) -> Iterator[None]:
    """Writes what the logger `attn_tuner` gets in the block to `run.log`, how it ends included.

    Handlers of the root logger get no more records than before, and not the exception that ends the
    block: its caller gets that.

    Args:
        directory: the run folder.
    """
    file, others = _File(Path(directory) / RUN_LOG), _Others(_LOGGER.getEffectiveLevel())
    before = _LOGGER.level, _LOGGER.propagate
    _LOGGER.setLevel(min(logging.INFO, others.level))
    _LOGGER.propagate = False
    handlers = (file, others) if before[1] else (file,)
    for handler in handlers:
        _LOGGER.addHandler(handler)
    try:
        yield
        _LOGGER.info("the search has ended")
    except Exception as error:
        _LOGGER.error(f"the search failed: {type(error).__name__}: {error}", extra=_RAISED)
        raise
    except BaseException as error:
        _LOGGER.warning(f"the search was ended by {type(error).__name__} {error}", extra=_RAISED)
        raise
    finally:
        for handler in handlers:
            _LOGGER.removeHandler(handler)
        _LOGGER.setLevel(before[0])
        _LOGGER.propagate = before[1]
        with contextlib.suppress(OSError):
            file.close()


def log_event(event: TrialEvent) -> None:
    """Logs that a trial began, was evaluated, ended or failed."""
    trial = {"trial": f"trial {event.trial_id}"}
    match event:
        case TrialStarted(values=values):
            shown = " ".join(f"{name}={value}" for name, value in values.items())
            _LOGGER.info(f"began: {shown}", extra=trial)
        case Evaluated(metrics=metrics):
            _LOGGER.info(_evaluation(metrics), extra=trial)
        case Remark(text=text):
            _LOGGER.warning(text, extra=trial)
        case TrialEnded(record=record):
            _LOGGER.log(_LEVELS.get(record.status, logging.INFO), _end(record), extra=trial)


def _evaluation(metrics: Mapping) -> str:
    values = (
        f"{name} {value:.4f}"
        for name, value in metrics.items()
        if name not in _NO_METRICS and value is not None
    )
    return f"epoch {metrics['epochs']:.2f}: {', '.join(values)}"


def _end(record: TrialRecord) -> str:
    if record.score is None:
        return f"{record.status}: {record.stopped}"
    took = format_duration(record.seconds)
    why = record.stopped.removeprefix(f"{record.status}: ")
    return f"{record.status}: score {record.score:.4f} in {took}; {why}"


class _File(logging.handlers.RotatingFileHandler):
    """Two files at most. A search goes on where they cannot be written."""

    def __init__(self, path: Path):
        super().__init__(path, maxBytes=MAX_BYTES, backupCount=1, encoding="utf-8", delay=True)
        self.setFormatter(_Line(_FORMAT, "%Y-%m-%d %H:%M:%S", defaults={"trial": "search"}))

    def handleError(self, record: logging.LogRecord) -> None:
        """Does nothing; the base class prints a traceback."""


class _Line(logging.Formatter):
    """Keeps an event on one line, without characters that a terminal obeys."""

    def format(self, record: logging.LogRecord) -> str:
        return to_single_line(super().format(record))[:MAX_LINE]


class _Others(logging.Handler):
    """Hands on to the handlers above what they would get without the file."""

    def emit(self, record: logging.LogRecord) -> None:
        if not getattr(record, "raised", False):
            _LOGGER.parent.handle(record)
