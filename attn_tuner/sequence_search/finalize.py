"""Ends a search over pairs: tests the best model and the control, exports and proves it."""

import logging
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from attn_tuner.errors import RunError
from attn_tuner.metrics import sign_of
from attn_tuner.monitoring.progress_panel import ProgressPanel
from attn_tuner.sequence.model import SequenceModel
from attn_tuner.sequence.translator import Translator
from attn_tuner.sequence_search.baselines import nearest_pair
from attn_tuner.sequence_search.encoded_pairs import EncodedPairs
from attn_tuner.sequence_search.evaluation import (
    PairScores,
    pair_scores,
    sample_of,
    score_metrics,
)
from attn_tuner.sequence_search.examples import (
    by_length,
    choose_examples,
    mass_on_spans,
    with_alignments,
)
from attn_tuner.sequence_search.export import export_translator
from attn_tuner.sequence_search.pair_dataset import PairDataset, PairPart
from attn_tuner.sequence_search.text_metrics import measure_texts
from attn_tuner.sequence_search.time_reserve import EXPORT_SECONDS
from attn_tuner.storage.atomic_files import new_folder, write_json
from attn_tuner.storage.checked_files import read_object, reading
from attn_tuner.storage.layout import (
    BUNDLE,
    BUNDLE_MODEL,
    EXPORT,
    OUTCOME,
    SAVED_MODEL,
    TRANSLATOR,
    WEIGHTS,
)
from attn_tuner.storage.layout import trial_dir as dir_of
from attn_tuner.storage.run import Run
from attn_tuner.storage.trial_record import TrialRecord
from attn_tuner.tuning.budget import save_clock
from attn_tuner.tuning.tuner import TrialRunner
from attn_tuner.tuning.weight_retention import CONTROL

_log = logging.getLogger(__name__)
WIDTHS = ((1, 0.0), (4, 0.6))  # Of the beam, with the power of the length penalty.
_BATCH = 128


def finalize(
    runner: TrialRunner,
    encoded: EncodedPairs,
    dataset: PairDataset,
    folder: Path,
    panel: ProgressPanel,
) -> None:
    """Tests the best trial and the control, exports the best one and writes the outcome.

    Nothing is done again where an earlier sitting has exported the same trial.

    Raises:
        ExportError: the SavedModel does not write what the model writes.
        RunError: no trial has its weights any more.
    """
    budget, before = runner.budget, Run.read(folder).outcome
    kept = [each for each in runner.ranked() if _weights(folder, each).exists()]
    if not kept:
        raise RunError(f"No trial in {folder} has its weights any more, so none can be exported.")
    best = kept[0]
    if is_whole(folder) and before.get("winner") == best.trial_id:
        return write_json(folder / OUTCOME, {**before, "seconds": budget.elapsed()})
    panel.begin(f"testing and exporting trial {best.trial_id}")
    ending = Ending(runner, encoded, dataset, folder)
    with budget.measure("test"):
        translator, width = ending.translator(best)
        control = next((each for each in kept if each.values["attention"] == CONTROL), None)
        outcome = ending.outcome(best, translator, control)
    with budget.measure("export"):
        ending.save_model(best, width)
        exported = export_translator(
            translator, folder / EXPORT, dataset.parts["validation"].sources, outcome["test"]
        )
    write_json(
        folder / OUTCOME,
        {**outcome, **exported, "width": width, "seconds": budget.elapsed()},
    )
    save_clock(budget, folder)
    _log.info(f"exported trial {best.trial_id} to {folder / EXPORT}")


def is_whole(folder: Path) -> bool:
    """Returns whether a run folder holds the model, its vocabularies and the export, undamaged."""
    model = folder / BUNDLE / BUNDLE_MODEL
    try:
        read_object(folder / BUNDLE / TRANSLATOR)
        with reading(model), zipfile.ZipFile(model) as members:
            if members.testzip() is not None:
                raise ValueError("its bytes have changed")
    except RunError:
        return False
    return (folder / EXPORT / SAVED_MODEL).exists()


@dataclass(frozen=True, eq=False)
class Ending:
    """The steps at the end of a search over pairs.

    Args:
        runner: with at least one trial that has weights.
        encoded: the encoded pairs.
        dataset: the pairs.
        folder: the run folder.
    """

    runner: TrialRunner
    encoded: EncodedPairs
    dataset: PairDataset
    folder: Path
    _models: dict[str, SequenceModel] = field(default_factory=dict)

    def model(self, record: TrialRecord) -> SequenceModel:
        """Returns the model of a trial with its best weights."""
        if record.trial_id not in self._models:
            model = self.runner.hypermodel.model(record.trained)
            model.load_weights(_weights(self.folder, record))
            self._models[record.trial_id] = model
        return self._models[record.trial_id]

    def translator(self, record: TrialRecord) -> tuple[Translator, dict[str, float]]:
        """Returns the translator of a trial, with the width that is best on validation pairs.

        Wider beams are tried only where greedy decoding makes mistakes, and the time allows it.
        """
        model, plan = self.model(record), self.runner.plan
        sample = sample_of(self.dataset.parts["validation"], plan.seed)
        found = []
        for width, power in WIDTHS:
            # Padding and the start mark are never written.
            if width > model.target_size - 2:
                continue
            translator = Translator(model, self.encoded.vocabularies, width, power)
            metrics = self._measured(translator, sample)[1]
            # Token accuracy is that of true tokens before each, which no width changes.
            name = plan.objective if plan.objective in metrics else "exact_match"
            found.append((sign_of(name) * metrics[name], -width, power, translator))
            left = self.runner.budget.left()
            late = left is not None and left < 4 * EXPORT_SECONDS
            if metrics["exact_match"] == 1.0 or late:
                break
        _, width, power, translator = max(found, key=lambda each: each[:2])
        return translator, {"width": -width, "length_penalty": power}

    def outcome(
        self, best: TrialRecord, translator: Translator, control: TrialRecord | None
    ) -> dict:
        """Measures the best model, the control and the nearest pair on the test part."""
        test = self.dataset.parts["test"]
        written, metrics = self._measured(translator, test)
        texts = {"model": written}
        found = {
            "winner": best.trial_id,
            "validation": dict(best.metrics),
            "test": {**self._scored(best), **metrics},
            "test_texts": len(test),
        }
        if control is not None and control is not best:
            other = Translator(self.model(control), self.encoded.vocabularies)
            texts[CONTROL], metrics = self._measured(other, test)
            found["control"] = {
                "trial": control.trial_id,
                "test": {**self._scored(control), **metrics},
            }
        vocabularies = self.encoded.vocabularies
        write = vocabularies.target.as_written
        nearest = nearest_pair(self.dataset.parts["train"], vocabularies.source.split)
        texts["nearest"] = [*map(write, nearest(test.sources))]
        wanted = [*map(write, test.targets)]
        lengths = self.encoded.rows["test"][0].lengths - 2  # Without the marks.
        found["by_length"] = by_length(lengths, wanted, texts, self.runner.plan.objective)
        examples = choose_examples(test.sources, wanted, written)
        explained = translator.explained([each["source"] for each in examples])
        found["examples"] = with_alignments(examples, explained)
        found["mass"] = self._mass(translator, test)
        return found

    def save_model(self, record: TrialRecord, width: dict[str, float]) -> None:
        """Writes the model and its vocabularies into the run folder."""
        with new_folder(self.folder / BUNDLE) as draft:
            self.model(record).save(draft / BUNDLE_MODEL)
            config = {**self.encoded.vocabularies.get_config(), **width}
            write_json(draft / TRANSLATOR, config)

    def _measured(
        self, translator: Translator, part: PairPart
    ) -> tuple[list[str], dict[str, float]]:
        written: list[str] = []
        for start in range(0, len(part), _BATCH):
            written += translator(part.sources[start : start + _BATCH])
        wanted = [*map(self.encoded.vocabularies.target.as_written, part.targets)]
        return written, measure_texts(written, wanted, self.runner.plan.objective)

    def _scored(self, record: TrialRecord) -> dict[str, float]:
        return score_metrics(
            pair_scores(PairScores(self.model(record)), self.encoded.measured("test"))
        )

    def _mass(self, translator: Translator, part: PairPart) -> float | None:
        """Returns the alignment on the known spans of the test part; None where none are known."""
        if not part.spans or self.encoded.vocabularies.source.split != "character":
            return None
        shares = []
        for start in range(0, len(part), _BATCH):
            alignment = translator.explained(part.sources[start : start + _BATCH])["alignment"]
            own = part.spans[start : start + _BATCH]
            shares.append((mass_on_spans(alignment, own), len(own)))
        values, sizes = zip(*shares, strict=True)
        return float(np.average(values, weights=sizes))


def _weights(folder: Path, record: TrialRecord) -> Path:
    return dir_of(folder, record.trial_id) / WEIGHTS
