"""The end of a search: the winner measured on the test part, exported, the outcome written."""

from pathlib import Path

from attn_tuner.exporting import Bundle
from attn_tuner.exporting.delivery import deliver
from attn_tuner.files import write_json
from attn_tuner.measures import measure
from attn_tuner.results.run import BUNDLE, EXPORT, OUTCOME, Run
from attn_tuner.tuning.folder import WEIGHTS
from attn_tuner.tuning.place import save_clock


def finish(runner, stored, dataset, budget, directory, shown):
    """Measures the winner on the test part, once, exports it, and writes the outcome down.

    Args:
        runner: a `TrialRunner` with at least one scored trial.
        stored: the run's `RunData`.
        dataset: its `TextDataset`.
        budget, directory: of the run.
        shown: a `Progress`.

    Raises:
        ExportError: the artefact does not give what the model gives.
    """
    winner = runner.ranked()[0]
    before = Run.read(directory).outcome
    if before.get("winner") == winner.trial_id and (directory / EXPORT).exists():
        return write_json(directory / OUTCOME, {**before, "seconds": budget.elapsed()})
    shown.say(f"The best is trial {winner.trial_id}; measuring and exporting it.")
    model = runner.hypermodel.model(winner.values)
    model.load_weights(Path(runner.get_trial_dir(winner.trial_id)) / WEIGHTS)
    test = _measure_test(model, stored, winner.values)
    card = {
        "data": {"name": dataset.name, "fingerprint": dataset.fingerprint, **stored.sizes()},
        "scores": {"validation": winner.measures, "test": test},
        "values": winner.values,
    }
    bundle = Bundle(
        vectorizer=stored.vectorizer,
        model=model,
        classes=dataset.classes,
        text_limit=winner.values["text_limit"],
        keep=winner.values["keep"],
        vocabulary_limit=winner.values["vocabulary_limit"],
        card=card,
    )
    bundle.save(directory / BUNDLE)
    with budget.measure("export"):
        held_out = dataset.validation.texts[:64]
        delivered = deliver(bundle, directory / EXPORT, texts=held_out)[0]
    outcome = {
        "winner": winner.trial_id,
        "test": test,
        "test_texts": stored.size("test"),
        "export": str(directory / EXPORT),
        "difference": delivered.proof.difference,
        "seconds": budget.elapsed(),
        "remarks": _remarks(winner),
    }
    write_json(directory / OUTCOME, outcome)
    save_clock(budget, directory)


def _measure_test(model, stored, values) -> dict:
    if not stored.size("test"):
        return {}
    batches = stored.test(values)
    probabilities = batches.restore(model.predict(batches, verbose=0))
    return measure(batches.labels, probabilities)


def _remarks(winner) -> list[str]:
    epochs = winner.measures["epochs"]
    if epochs >= 1:
        return []
    return [
        f"The winner saw {epochs:.0%} of the training part once: the time was too short for one "
        "epoch. Give more with max_time, and call it again on the same folder."
    ]
