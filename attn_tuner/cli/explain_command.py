"""The command `attn-tuner explain`: its options, and what it prints."""

from pathlib import Path
from typing import Annotated

import typer

from attn_tuner.cli.options import AsJson, RunFolder, TextColumn, Texts, Trust
from attn_tuner.cli.run_folder import given_texts, inputs_of, is_of_pairs, load_result, read_run
from attn_tuner.cli.signals import handles_signals
from attn_tuner.inputs.kinds import require_words
from attn_tuner.system.terminal import escape_controls, print_json


@handles_signals
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
    if is_of_pairs(run):
        from attn_tuner.sequence_search.command import refuse_pairs

        raise refuse_pairs("class to explain", f"attn-tuner report {run} shows the alignments.")
    require_words(read_run(run).plan.input, "attn-tuner explain", "Use attn-tuner predict.")
    result = load_result(run, trust)
    given = given_texts(texts, text, "explain", result.run)
    explanations = result.explain(*inputs_of(result, given, text))
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
