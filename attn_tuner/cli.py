"""The command `attn-tuner`: parses its arguments, calls the API and prints."""

import functools
import logging
import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

import attn_tuner
from attn_tuner.checking.command import check_command
from attn_tuner.distilling.command import distil_command
from attn_tuner.errors import AttnTunerError, DamagedFile, DataError
from attn_tuner.inputs.kinds import SERIES
from attn_tuner.labelling.command import learning_curve_command
from attn_tuner.registry import PACKAGES, describe_parts
from attn_tuner.settings.command_options import data_argument, option_of, with_options
from attn_tuner.settings.table import DATA, SETTINGS
from attn_tuner.storage.atomic_files import unwritable
from attn_tuner.system.signals import handle_signals, write_stderr
from attn_tuner.system.terminal import escape_controls, print_json, to_single_line
from attn_tuner.updating.command import update_command
from attn_tuner.verbosity import QUIET_TENSORFLOW, set_verbosity, silence

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

RunFolder = Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a search.")]
Texts = Annotated[
    list[str] | None,
    typer.Argument(
        help="Texts, or one file of them (.txt or a table). Standard input if none is given. "
        "Of a search over series one file: .ts, .npy, .csv, .parquet."
    ),
]
TextColumn = Annotated[
    list[str] | None,
    typer.Option(
        "--text",
        help="Column of the texts in a table; several are joined. Default: as in the search.",
    ),
]
DIFFERENT = 2  # Exit status where new texts differ; a wrong command line has it too.
WIDTH = 200  # Of a table where no terminal says how wide it may be.
Trust = Annotated[
    list[str] | None,
    typer.Option(metavar="MODULE", help="Python module whose layers the model may contain."),
]
Verbose = Annotated[
    int,
    typer.Option(
        "--verbose",
        "-v",
        count=True,
        show_default=False,
        help="Print details of each trial, the leaderboard, and how the model was chosen.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object per line.")]


def _print_version(asked: bool) -> None:
    if asked:
        print(f"attn-tuner {attn_tuner.__version__}")
        raise typer.Exit


@app.callback()
def common(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """Search attention models for text, and export the best one as a SavedModel."""


def main() -> None:
    """Runs the command; an error of ours is one sentence on standard error, without traceback."""
    for name, value in QUIET_TENSORFLOW.items():
        os.environ.setdefault(name, value)
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # A terminal may know fewer characters than texts have.
            stream.reconfigure(errors="backslashreplace")
    try:
        app()
    except (AttnTunerError, OSError) as error:
        problem = error if isinstance(error, AttnTunerError) else unwritable(error)
        if problem is None:
            raise
        print(f"attn-tuner: {escape_controls(problem)}", file=sys.stderr)
        sys.exit(1)


def _handles_signals(command):
    """Lets Ctrl-C, SIGTERM and SIGHUP end a command in order, with exit status 128 + signal."""

    @functools.wraps(command)
    def run(*arguments, **options):
        with handle_signals(exits=True) as signals:
            try:
                command(*arguments, **options)
            except SystemExit:
                if signals.received():
                    write_stderr(
                        f"attn-tuner: {signals.name} stopped it. The same command continues it."
                    )
                raise
            signals.raise_if_received()

    return run


def _takes_settings(command: Callable) -> Callable:
    """Gives a command an argument DATA, and an option for each row of the table of settings."""
    config = typer.Option(
        metavar="FILE",
        show_default=False,
        help="TOML file of settings, such as RUN/search.toml, which each search writes. "
        "Options given here override it.",
    )
    hints = {DATA.name: data_argument(str | None), "config": Annotated[Path | None, config]}
    hints |= {each.name: option_of(each) for each in SETTINGS if not each.only_python}
    return with_options(command, {**hints, "verbose": Verbose}, {"verbose": 0})


@app.command()
@_takes_settings
@_handles_signals
def search(config: Path | None = None, verbose: int = 0, **options: Any) -> None:
    """Search for the best model for DATA, test it, and export it to FOLDER/best."""
    from attn_tuner.settings.toml_file import read_settings

    given = {} if config is None else read_settings(config)
    given |= {name: value for name, value in options.items() if value not in (None, [])}
    if DATA.name not in given:
        raise DataError(
            f"No data were given. Give DATA: {DATA.help} Or give a --config that names it."
        )
    set_verbosity(verbose)
    result = _api().search(given.pop(DATA.name), **given)
    if verbose:
        print(escape_controls(result), end="\n\n")
    print_summary(result.summary())


@app.command()
@_handles_signals
def predict(
    run: RunFolder,
    texts: Texts = None,
    text: TextColumn = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="File for the texts with their predictions: .csv, .tsv, .jsonl, .parquet."
        ),
    ] = None,
    as_json: AsJson = False,
    trust: Trust = None,
) -> None:
    """Predict the class of each text or series with the exported model of RUN."""
    from attn_tuner.reporting.answer_table import (
        check_output_path,
        prediction_columns,
        write_predictions,
    )

    check_output_path(out, texts[0] if texts else None)
    if _is_of_pairs(run):
        from attn_tuner.sequence_search.command import predict_pairs

        return predict_pairs(run, _given(texts, text, "predict", _read(run)), out, as_json)
    answers, given = _predicted(run, texts, text, trust)
    if out is not None:
        write_predictions(out, given, prediction_columns(answers))
        return print(escape_controls(f"{len(answers):,} predictions were written to {out}."))
    for answer in answers:
        if as_json:
            print_json(answer.as_dict())
        else:
            sure = "" if answer.probability is None else f"\t{answer.probability:.4f}"
            print(f"{to_single_line(answer.label)}{sure}\t{_one_line(answer.text)}")


@app.command()
@_handles_signals
def export(
    run: RunFolder,
    path: Annotated[Path, typer.Argument(help="The folder to write.")],
    format: Annotated[
        str,
        typer.Option(help="savedmodel, keras, onnx, litert; attn-tuner list exporters has all."),
    ] = "savedmodel",
    max_size_mb: Annotated[
        float | None, typer.Option(help="Megabytes of the files at most.")
    ] = None,
    trust: Trust = None,
) -> None:
    """Export the model of RUN in one or several formats, each checked against the model."""
    from attn_tuner.exporting.artefact_folder import check_targets

    formats = [name.strip() for name in format.split(",") if name.strip()]
    check_targets(path, formats)
    options = {} if max_size_mb is None else {"max_size_mb": max_size_mb}
    if _is_of_pairs(run):
        from attn_tuner.sequence_search.command import export_pairs

        return export_pairs(run, path, formats, max_size_mb)
    written = _loaded(_api(), run, trust).export(path, formats=formats, **options)
    _print_table(
        {
            "format": done.format,
            "path": done.path,
            "MB": f"{done.megabytes:.2f}",
            "greatest difference": f"{done.proof.difference:.1e}",
            "same label": f"{done.proof.same_labels:.1%}",
            "accuracy": _before_and_after(done.proof.accuracy),
        }
        for done in written
    )
    proof = written[0].proof
    print(f"Compared with the model in this process on {proof.texts} {proof.noun}.")
    for note in dict.fromkeys(note for done in written for note in done.notes):
        print(escape_controls(note))


@app.command()
@_handles_signals
def report(
    run: RunFolder,
    out: Annotated[
        Path | None, typer.Option(help="File to write. Default: RUN/report.html.")
    ] = None,
    slices: Annotated[
        list[str] | None,
        typer.Option(
            "--slice",
            metavar="COLUMN",
            help="Column of the table of the search: its values are among the groups of texts that "
            "are searched for errors.",
        ),
    ] = None,
    table: Annotated[
        str | None,
        typer.Option(help="Table with the same texts and these columns, in the place of that."),
    ] = None,
    trust: Trust = None,
) -> None:
    """Write a report of the search as one HTML file."""
    result = _loaded(_api(), run, trust)
    if not slices:
        return print(escape_controls(result.report(out)))
    print(escape_controls(result.report(out, slices=slices, table=table)))


@app.command()
@_handles_signals
def explain(
    run: RunFolder,
    texts: Texts = None,
    text: TextColumn = None,
    out: Annotated[
        Path | None,
        typer.Option(help="File (.jsonl) for the texts, predictions and attention weights."),
    ] = None,
    as_json: AsJson = False,
    trust: Trust = None,
) -> None:
    """Show which words of each text the model attended to."""
    from attn_tuner.reporting.answer_table import ANSWER, check_output_path, write_predictions

    check_output_path(out, texts[0] if texts else None, (".jsonl",))
    if _is_of_pairs(run):
        from attn_tuner.sequence_search.command import refuse_pairs

        raise refuse_pairs("class to explain", f"attn-tuner report {run} shows the alignments.")
    _require_labelled_texts(run, "explain")
    result = _loaded(_api(), run, trust)
    given = _given(texts, text, "explain", result.run)
    explanations = result.explain(given.texts)
    if out is not None:
        facts = [explanation.as_dict() for explanation in explanations]
        added = {ANSWER: [each["label"] for each in facts], "explanation": facts}
        write_predictions(out, given, added)
        return print(escape_controls(f"{len(facts):,} explanations were written to {out}."))
    from rich.console import Console

    for explanation in explanations:
        if as_json:
            print_json(explanation.as_dict())
        else:
            Console().print(explanation)


@app.command()
@_handles_signals
def suggest(
    run: RunFolder,
    texts: Texts = None,
    n: Annotated[int, typer.Option("--n", "-n", min=1, help="Number of texts.")] = 50,
    text: TextColumn = None,
    out: Annotated[
        Path | None,
        typer.Option(help="New .csv file for the texts, with an empty column for their labels."),
    ] = None,
    as_json: AsJson = False,
    trust: Trust = None,
) -> None:
    """Suggest which texts to label next, to improve the model of RUN."""
    from attn_tuner.labelling.suggestions import check_label_path

    if out is not None:
        check_label_path(out)
    _require_labelled_texts(run, "suggest")
    result = _loaded(_api(), run, trust)
    from attn_tuner.labelling.suggest import suggest_among

    found = suggest_among(result, _given(texts, text, "suggest", result.run), n)
    if out is not None:
        found.write(out)
        return print(escape_controls(f"{len(found):,} texts to label were written to {out}."))
    if not as_json:
        return print(escape_controls(found.summary(n)))
    for row in found.as_rows():
        print_json(row)


@app.command()
@_handles_signals
def monitor(
    run: RunFolder,
    texts: Texts = None,
    text: TextColumn = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="HTML page with a figure for each measure.")
    ] = None,
    as_json: AsJson = False,
    trust: Trust = None,
) -> None:
    """Compare new texts with the validation texts of RUN; exit status 2 where they differ."""
    _require_labelled_texts(run, "monitor")
    result = _loaded(_api(), run, trust)
    from attn_tuner.drift.monitor import monitor_texts

    found = monitor_texts(result.run, result.bundle, _given(texts, text, "monitor", result.run))
    if out is not None:
        from attn_tuner.drift.page import write_page

        write_page(found, result.run.plan.source, out)
    if as_json:
        print_json(found.as_dict())
    else:
        print(escape_controls(found.summary()))
    if found.off:
        raise typer.Exit(DIFFERENT)


@app.command()
def watch(run: RunFolder) -> None:
    """Show a running search until it ends."""
    from attn_tuner.monitoring.watch import watch

    watch(run)


@app.command()
def serve(
    run: RunFolder,
    host: Annotated[
        str,
        typer.Option(
            help="Address to listen on. Any but a loopback address lets other machines in."
        ),
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535)] = 8000,
    trust: Trust = None,
) -> None:
    """Serve a web page that shows the search, and answers texts or series that you give it."""
    _read(run)  # Before seconds of imports.
    if _is_of_pairs(run):
        with silence(stderr=True):  # As in `_api`.
            from attn_tuner.sequence_search.page import serve_pairs

        return serve_pairs(run, host=host, port=port, trust=trust or ())
    with silence(stderr=True):
        from attn_tuner.serving.app import serve

    serve(run, host=host, port=port, trust=trust or ())


@app.command("list")
def list_parts(
    kind: Annotated[
        str | None,
        typer.Argument(
            help=f"{', '.join(PACKAGES)}. Without one, these kinds are listed.",
            autocompletion=lambda incomplete: [
                each for each in PACKAGES if each.startswith(incomplete)
            ],
        ),
    ] = None,
) -> None:
    """List the parts of one kind with equation, cost and paper."""
    if kind is None:
        return print("\n".join(f"attn-tuner list {each}" for each in PACKAGES))
    for part in describe_parts(kind):
        print(escape_controls(f"{part.name}: {part.summary}"))
        facts = {
            "equation": part.equation,
            "cost": part.section("Cost"),
            "paper": part.section("Reference"),
            "tunes": ", ".join(part.space),
        }
        for title, fact in facts.items():
            if fact:
                print(escape_controls(f"    {title:<9} {fact}"))


@app.command()
def doctor(
    test: Annotated[
        bool, typer.Option(help="Search, export and load a tiny model; about a minute.")
    ] = True,
) -> None:
    """Print versions, cores, memory, GPUs and missing extras, and test that a search works."""
    from attn_tuner.system.installation import check_installation

    def self_test() -> str:
        from attn_tuner.testing.self_test import self_test

        return self_test()

    if not check_installation(self_test if test else None):
        raise typer.Exit(1)


app.command("check")(check_command)
app.command("learning-curve")(learning_curve_command)
app.command("update")(_handles_signals(update_command))
app.command("distil")(_handles_signals(distil_command))


def print_summary(summary: str, console: Any = None) -> None:
    """Prints the last lines of a search, their labels bold on a terminal.

    Args:
        summary: from `SearchResult.summary`.
        console: of rich; standard output if not given.
    """
    from rich.console import Console
    from rich.text import Text

    from attn_tuner.reporting.outcome_text import hang

    console = console or Console()
    text = Text(hang(summary, console.width) if console.is_terminal else summary)
    text.highlight_regex(r"(?m)^\w+(?= )", "bold")
    console.print(text, soft_wrap=not console.is_terminal, highlight=False)


def _predicted(
    run: Path, texts: list[str] | None, column: list[str] | None, trust: list[str] | None
):
    """Predicts with the exported SavedModel; with the model in Keras where that is damaged.

    Returns:
        The predictions, and the texts as they were given.
    """
    from attn_tuner.exporting.savedmodel_predictor import SavedModelPredictor
    from attn_tuner.storage.run import Run

    # The folder is read before texts are, from standard input.
    read = Run.read(run)
    if read.plan.input == SERIES.name:
        return _predicted_series(run, texts, column, trust)
    given = _given(texts, column, "predict", read)
    try:
        with silence(stderr=True):
            predictor = SavedModelPredictor(run)
    except DamagedFile:
        return _loaded(_api(), run, trust).predict(given.texts), given
    _print_notes(predictor.run.notes)
    return predictor.predict(given.texts), given


def _predicted_series(
    run: Path, files: list[str] | None, column: list[str] | None, trust: list[str] | None
):
    """Predicts the series of one file; returns the predictions, and the names of the series."""
    from attn_tuner.series.series_file import ID, read_series_file, series_path
    from attn_tuner.text.input_texts import InputTexts

    path = series_path(files, column)  # Before seconds of imports.
    result = _loaded(_api(), run, trust)
    given = read_series_file(path, result.bundle.features)
    for note in given.notes:
        print(escape_controls(note), file=sys.stderr)
    named = [
        replace(answer, text=f"{name}: {answer.text}")
        for name, answer in zip(given.names, result.predict(given.series), strict=True)
    ]
    return named, InputTexts(given.names, {ID: given.names})


def _is_of_pairs(run: Path) -> bool:
    """Returns whether a run folder is that of a search over pairs of texts."""
    from attn_tuner.storage.plan import SEQUENCE

    return _read(run).plan.task == SEQUENCE


def _require_labelled_texts(run: Path, who: str) -> None:
    """Refuses a folder of series or pairs before texts are read, from standard input."""
    from attn_tuner.storage.plan import require_labelled_texts

    require_labelled_texts(_read(run).plan, f"attn-tuner {who}")


def _read(run: Path):
    from attn_tuner.storage.run import Run

    return Run.read(run)


def _api():
    """Imports the API silently: TensorFlow's libraries write warnings before any can be set."""
    with silence(stderr=True):
        from attn_tuner import api
    return api


def _given(arguments, column, who, run):
    from attn_tuner.text.standard_input import read_arguments

    if not arguments and sys.stdin.isatty():
        print("Type one text per line; Ctrl-D ends.", file=sys.stderr)
    columns = column if column and column[1:] else column[0] if column else None
    given, note = read_arguments(arguments, sys.stdin.buffer, columns, who, run.plan.text_columns)
    if note:
        print(escape_controls(note), file=sys.stderr)
    return given


def _loaded(api, run, trust):
    """The result in a run folder; what of it is damaged is said on standard error."""
    result = api.load(run, trust=trust or ())
    _print_notes(result.run.notes)
    return result


def _print_notes(notes: Iterable[str]) -> None:
    for note in notes:
        print(f"attn-tuner: {escape_controls(note)}", file=sys.stderr)


def _one_line(text: str) -> str:
    return to_single_line(" ".join(text.split())[:120])


def _before_and_after(accuracy) -> str:
    return "" if accuracy is None else "{:.4f} -> {:.4f}".format(*accuracy)


def _print_table(rows):
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    rows = list(rows)
    table = Table(*rows[0])
    for row in rows:
        table.add_row(*(Text(escape_controls(value)) for value in row.values()))
    Console(width=None if sys.stdout.isatty() else WIDTH).print(table)
