"""The command `attn-tuner`: parses, calls the api, prints; nothing is decided here."""

import functools
import json
import logging
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from attn_tuner.errors import AttnTunerError
from attn_tuner.storage.atomic_files import unwritable
from attn_tuner.system.signals import listening, say
from attn_tuner.system.terminal import harmless, one_line

app = typer.Typer(
    help="Search attention models for text, and export the best one as a SavedModel.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

RunFolder = Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a search.")]
Texts = Annotated[
    list[str] | None,
    typer.Argument(help="Texts, or one table or .txt of them; standard input if none."),
]
TextColumn = Annotated[str | None, typer.Option("--text", help="Column of the texts in a table.")]
WIDTH = 200  # Of a table where no terminal says how wide it may be.
Trust = Annotated[
    list[str] | None,
    typer.Option(metavar="MODULE", help="A module of yours whose layers the model may hold."),
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]


def main():
    """Runs the command; what the user can mend is said in one sentence, without a traceback."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
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
        print(f"attn-tuner: {harmless(problem)}", file=sys.stderr)
        sys.exit(1)


def _heeds_signals(command):
    """A command that Ctrl-C, SIGTERM and SIGHUP end in an orderly way, with status 128 + n."""

    @functools.wraps(command)
    def run(*arguments, **options):
        with listening(exits=True) as signals:
            try:
                command(*arguments, **options)
            except SystemExit:
                if signals.came():
                    say(f"attn-tuner: {signals.name} ended it; the same command goes on.")
                raise
            signals.end_if_any()

    return run


@app.command()
@_heeds_signals
def search(
    data: Annotated[
        str, typer.Argument(help="A TFDS name, a CSV, TSV, JSONL or Parquet, or demo.")
    ],
    out: Annotated[Path, typer.Option(help="The run's folder; an existing one goes on.")],
    text: Annotated[str | None, typer.Option(help="Column of the texts.")] = None,
    label: Annotated[str | None, typer.Option(help="Column of the labels.")] = None,
    validation: Annotated[str | None, typer.Option(help="Data to choose by.")] = None,
    test: Annotated[str | None, typer.Option(help="Data for the one final measurement.")] = None,
    unlabelled: Annotated[str | None, typer.Option(help="Further texts: a .txt or table.")] = None,
    vectors: Annotated[Path | None, typer.Option(help="Word vectors: GloVe, word2vec.")] = None,
    max_time: Annotated[str | None, typer.Option(help="90s, 20m, 2h: over all sittings.")] = None,
    max_trials: Annotated[int | None, typer.Option(min=1, help="Trials at most.")] = None,
    tuner: Annotated[str | None, typer.Option(help="What proposes values.")] = None,
    fidelity: Annotated[
        str, typer.Option(help="What hyperband's short trials have less of: epochs, texts, length.")
    ] = "epochs",
    objective: Annotated[str | None, typer.Option(help="What is best.")] = None,
    faithful: Annotated[float | None, typer.Option(help="What honest attention counts.")] = None,
    task: Annotated[str | None, typer.Option(help="multilabel or regression.")] = None,
    space: Annotated[Path | None, typer.Option(help="TOML that fixes and narrows.")] = None,
    seed: Annotated[int, typer.Option(help="Of everything drawn by chance.")] = 0,
    epochs: Annotated[int, typer.Option(min=1, help="Epochs of a trial at most.")] = 10,
    workers: Annotated[int, typer.Option(min=1, help="Trials at once; 2 and more use Ray.")] = 1,
    cluster: Annotated[str | None, typer.Option(help="Address of a Ray cluster, or auto.")] = None,
    ensemble: Annotated[int | None, typer.Option(min=1, help="Trials averaged at most.")] = None,
    refit: Annotated[bool, typer.Option(help="Train the winner on validation texts too.")] = False,
    pretrain: Annotated[float, typer.Option(help="Share of the time for unlabelled texts.")] = 0.0,
    repeats: Annotated[int, typer.Option(min=0, help="More seeds of the best.")] = 0,
    max_parameters: Annotated[int | None, typer.Option(help="Weights at most.")] = None,
    max_latency_ms: Annotated[float | None, typer.Option(help="For one text, here.")] = None,
    max_size_mb: Annotated[float | None, typer.Option(help="Of the exported model.")] = None,
):
    """Search DATA for the best model, measure it on the test part, export it to OUT/best."""
    api = _api()
    given = {} if tuner is None else {"tuner": tuner}
    result = api.search(
        data,
        text=text,
        label=label,
        validation=validation,
        test=test,
        unlabelled=unlabelled,
        vectors=vectors,
        max_time=max_time,
        max_trials=max_trials,
        fidelity=fidelity,
        objective=objective,
        faithful=faithful,
        task=task,
        space=space,
        seed=seed,
        epochs=epochs,
        workers=workers,
        cluster=cluster,
        ensemble=ensemble,
        refit=refit,
        pretrain=pretrain,
        repeats=repeats,
        max_parameters=max_parameters,
        max_latency_ms=max_latency_ms,
        max_size_mb=max_size_mb,
        directory=out,
        **given,
    )
    print(harmless(result))


@app.command()
@_heeds_signals
def predict(
    run: RunFolder,
    texts: Texts = None,
    text: TextColumn = None,
    out: Annotated[
        Path | None, typer.Option(help="A .csv, .jsonl, ...: the table with its answers.")
    ] = None,
    as_json: AsJson = False,
    trust: Trust = None,
):
    """Say the class of each text, by the exported model of RUN."""
    from attn_tuner.reporting.answer_table import check_out, columns_of, write_answers

    check_out(out, texts[0] if texts else None)
    result = _loaded(_api(), run, trust)
    given = _given(texts, text, "predict")
    answers = result.predict(given.texts)
    if out is not None:
        write_answers(out, given, columns_of(answers))
        return print(harmless(f"{len(answers):,} answers are in {out}."))
    for answer in answers:
        if as_json:
            _print_json(answer.as_dict())
        else:
            sure = "" if answer.probability is None else f"\t{answer.probability:.4f}"
            print(f"{one_line(answer.label)}{sure}\t{_one_line(answer.text)}")


@app.command()
@_heeds_signals
def export(
    run: RunFolder,
    path: Annotated[Path, typer.Argument(help="The folder to write.")],
    format: Annotated[str, typer.Option(help="savedmodel, keras, onnx, litert.")] = "savedmodel",
    max_size_mb: Annotated[float | None, typer.Option(help="Size the files may have.")] = None,
    trust: Trust = None,
):
    """Write the model of RUN in one or several formats, each proved equal first."""
    from attn_tuner.exporting.artefact_folder import check_targets

    formats = [name.strip() for name in format.split(",") if name.strip()]
    check_targets(path, formats)
    options = {} if max_size_mb is None else {"max_size_mb": max_size_mb}
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
    print(f"Compared with the model in this process on {written[0].proof.texts} texts.")
    for note in dict.fromkeys(note for done in written for note in done.notes):
        print(harmless(note))


@app.command()
@_heeds_signals
def report(
    run: RunFolder,
    out: Annotated[Path | None, typer.Option(help="RUN/report.html if not given.")] = None,
    trust: Trust = None,
):
    """Write one self-contained HTML page on the search."""
    print(harmless(_loaded(_api(), run, trust).report(out)))


@app.command()
@_heeds_signals
def explain(
    run: RunFolder,
    texts: Texts = None,
    text: TextColumn = None,
    out: Annotated[
        Path | None, typer.Option(help="A .jsonl: the table, answers and weights.")
    ] = None,
    as_json: AsJson = False,
    trust: Trust = None,
):
    """Show the words of each text that the model looked at."""
    from attn_tuner.reporting.answer_table import ANSWER, check_out, write_answers

    check_out(out, texts[0] if texts else None, (".jsonl",))
    result = _loaded(_api(), run, trust)
    given = _given(texts, text, "explain")
    explanations = result.explain(given.texts)
    if out is not None:
        facts = [explanation.as_dict() for explanation in explanations]
        added = {ANSWER: [each["label"] for each in facts], "explanation": facts}
        write_answers(out, given, added)
        return print(harmless(f"{len(facts):,} explanations are in {out}."))
    from rich.console import Console

    for explanation in explanations:
        if as_json:
            _print_json(explanation.as_dict())
        else:
            Console().print(explanation)


@app.command()
def watch(run: RunFolder):
    """Show a running search, live."""
    from attn_tuner.monitoring.watch import watch

    watch(run)


@app.command()
def serve(
    run: RunFolder,
    host: Annotated[str, typer.Option(help="Any but loopback lets others in.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535)] = 8000,
    trust: Trust = None,
):
    """Serve a page that shows the search and answers typed texts."""
    from attn_tuner.serving.app import serve

    serve(run, host=host, port=port, trust=trust or ())


@app.command("list")
def list_parts(
    kind: Annotated[str, typer.Argument(help="heads, encoders, scores, queries, ... or kinds.")],
):
    """List the parts of one kind with equation, cost and paper."""
    registry = _api().parts(kind)
    for name, variant in registry.items():
        print(harmless(f"{name}: {variant.summary}"))
        facts = {
            "equation": variant.equation,
            "cost": variant.section("Cost"),
            "paper": variant.section("Reference"),
            "tunes": ", ".join(variant.space),
        }
        for title, fact in facts.items():
            if fact:
                print(harmless(f"    {title:<9} {fact}"))


def _api():
    """The api, imported without what TensorFlow's libraries say before any setting reaches them."""
    sys.stderr.flush()
    kept = os.dup(2)
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 2)
    try:
        from attn_tuner import api
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(silence)
    return api


def _given(arguments, column, who):
    from attn_tuner.text.standard_input import read_arguments

    given, note = read_arguments(arguments, sys.stdin.buffer, column, who)
    if note:
        print(harmless(note), file=sys.stderr)
    return given


def _loaded(api, run, trust):
    """The result in a run folder; what of it is damaged is said on standard error."""
    result = api.load(run, trust=trust or ())
    for note in result.run.notes:
        print(f"attn-tuner: {harmless(note)}", file=sys.stderr)
    return result


def _print_json(value: dict):
    # What a terminal cannot show would be printed as an escape that JSON does not have.
    plain = not (sys.stdout.encoding or "").lower().startswith("utf")
    print(harmless(json.dumps(value, ensure_ascii=plain)))


def _one_line(text: str) -> str:
    return one_line(" ".join(text.split())[:120])


def _before_and_after(accuracy) -> str:
    return "" if accuracy is None else "{:.4f} -> {:.4f}".format(*accuracy)


def _print_table(rows):
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    rows = list(rows)
    table = Table(*rows[0])
    for row in rows:
        table.add_row(*(Text(harmless(value)) for value in row.values()))
    Console(width=None if sys.stdout.isatty() else WIDTH).print(table)
