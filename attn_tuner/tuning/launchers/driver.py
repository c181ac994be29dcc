"""Distributes the trials of a search to workers; holds oracle, pruners and time limit."""

import time
from collections import deque
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass

from keras_tuner.engine.trial import Trial, TrialStatus

from attn_tuner.errors import Infeasible, Unwritable
from attn_tuner.tuning.events import TrialEvent, TrialStarted
from attn_tuner.tuning.launchers.worker_pool import (
    DIED,
    EVALUATE,
    OUT_OF_MEMORY,
    EvaluationAsked,
    EvaluationTimed,
    PruningAsked,
    ResumePointSaved,
    SpeedMeasured,
    TrainingEnded,
    TrainingFailed,
    WorkerDied,
    WorkerMessage,
    WorkerPool,
)
from attn_tuner.tuning.oracles.persistence.durable import Durable
from attn_tuner.tuning.resources import existing_objects_frozen
from attn_tuner.tuning.trial.spec import TrialOutcome
from attn_tuner.tuning.trial.watchdog import TimeOver
from attn_tuner.tuning.tuner import TrialRunner

_UNWRITABLE = f"{Unwritable.__name__}: "  # Before the sentence of such an error.
WAIT = 0.5  # Seconds between two checks of the time limit.
MAX_SILENCE = 600.0  # Seconds without a message after which a worker is killed.


@dataclass
class Job:
    """A trial that runs or waits for a worker.

    Args:
        trial: KerasTuner's trial.
        again: bool, whether it has ended for KerasTuner and is continued.
        deaths: int, workers that died while they trained it.
        last_sign: float, clock time of its last message.
        stopped: float, clock time when it was asked to stop; None before.
    """

    trial: Trial
    again: bool = False
    deaths: int = 0
    last_sign: float = 0.0
    stopped: float | None = None


class Driver:
    """Runs the trials of a runner on workers.

        Driver(runner, workers).search()

    If a worker dies, its trial goes to the next free worker, which continues from the last resume
    point. If several workers die on a trial, it is recorded as failed, or as infeasible if they
    ran out of memory; then the memory limit for models is lowered.

    Args:
        runner: the `TrialRunner`.
        workers: the pool of workers.
        max_retries: int, how often a trial is started again after a death.
        max_silence: float, seconds without a message after which a worker is killed.
        clock: function that returns monotonic seconds.
    """

    def __init__(
        self,
        runner: TrialRunner,
        workers: WorkerPool,
        max_retries: int = 2,
        max_silence: float = MAX_SILENCE,
        clock: Callable[[], float] = time.monotonic,
    ):
        self.runner = runner
        self.lifecycle = runner.lifecycle
        self.workers = workers
        self.max_retries = max_retries
        self.max_silence = max_silence
        self.clock = clock
        self._jobs: dict[str, Job] = {}  # By worker.
        self._waiting: deque[Job] = deque()
        self._no_more = False

    def search(self) -> None:
        """Runs trials as `run` does, then ends the workers."""
        try:
            self.run()
        finally:
            self.workers.close()

    def run(self) -> None:
        """Runs trials until the oracle has no more, the time is over, or the user interrupts."""
        self._waiting.extend(Job(trial, again=True) for trial in self.lifecycle.cut_trials())
        oracle = self.runner.oracle
        seldom = oracle.saved_seldom(self.clock) if isinstance(oracle, Durable) else nullcontext()
        with existing_objects_frozen(), seldom:
            while self._goes_on():
                for message in self.workers.wait(WAIT):
                    self._take(message)
                self._end_the_silent()

    def _goes_on(self) -> bool:
        if self.runner.over():
            self._stop_all()
            return bool(self._jobs)
        self._hand_out()
        return bool(self._jobs or self._waiting or not self._no_more)

    def _hand_out(self) -> None:
        if not self.runner.has_room():
            self._waiting.clear()  # The next sitting continues them.
            self._no_more = True
            return
        for worker in self.workers.idle():
            job = self._waiting.popleft() if self._waiting else self._new_job()
            if job is None:
                return
            job.last_sign = self.clock()
            self._jobs[worker] = job
            self.workers.begin(worker, self.lifecycle.spec_of(job.trial))

    def _new_job(self) -> Job | None:
        if self._no_more:
            return None
        begun = {job.trial.trial_id for job in [*self._jobs.values(), *self._waiting]}
        trial = self.runner.next_trial(begun)
        if trial.status in (TrialStatus.STOPPED, TrialStatus.IDLE):
            # An idle oracle may have more once another trial has ended.
            self._no_more = trial.status == TrialStatus.STOPPED
            return None
        self.runner.on_trial_begin(trial)
        values = dict(trial.hyperparameters.values)
        self.runner.emit(TrialStarted(trial.trial_id, values))
        return Job(trial)

    def _take(self, message: WorkerMessage) -> None:
        worker = message.worker
        job = self._jobs.get(worker)
        if job is None:  # Of a worker that was dismissed.
            return
        job.last_sign = self.clock()
        name = job.trial.trial_id
        match message.content:
            case TrialEvent() as event:
                self.runner.emit(event)
            case EvaluationTimed(seconds):
                self.runner.budget.record("validation", seconds)
            case ResumePointSaved():
                self.runner.client.feedback.resumable(name)
            case PruningAsked(epochs, score, loss):
                reason = self.lifecycle.should_prune(name, epochs, score, loss)
                self.workers.answer(worker, reason)
            case SpeedMeasured(epoch_seconds):
                self.workers.answer(worker, self.runner.scheduler.too_slow(epoch_seconds))
            case EvaluationAsked():
                has_model = self.runner.scheduler.has_model()
                self.workers.answer(worker, None if has_model else EVALUATE)
            case TrainingEnded(outcome):
                del self._jobs[worker]
                self._finish(job, outcome)
            case TrainingFailed(cause, traceback):
                del self._jobs[worker]
                self._fail(job, cause, traceback)
            case WorkerDied(reason):
                del self._jobs[worker]
                self._try_again(job, reason)

    def _finish(self, job: Job, outcome: TrialOutcome) -> None:
        try:
            metrics = self.lifecycle.finish(job.trial, outcome)
        except TimeOver:
            return self.lifecycle.leave(job.trial)
        self.lifecycle.complete(job.trial, metrics)
        self._end(job)

    def _fail(self, job: Job, cause: str, traceback: str) -> None:
        if cause.startswith(_UNWRITABLE):
            raise Unwritable(cause.removeprefix(_UNWRITABLE))
        self.lifecycle.fail(job.trial, cause, traceback)
        self._end(job)

    def _try_again(self, job: Job, reason: str) -> None:
        job.deaths += 1
        job.stopped = None
        if reason == OUT_OF_MEMORY:
            self.workers.spare_memory()
        if job.deaths <= self.max_retries:
            self._waiting.append(job)
            return
        cause = f"{DIED} {job.deaths} times: {reason}"
        if reason == OUT_OF_MEMORY:
            cause = f"{Infeasible.__name__}: {cause}"
        self.lifecycle.fail(job.trial, cause, reason)
        self._end(job)

    def _end(self, job: Job) -> None:
        if not job.again:
            self.runner.on_trial_end(job.trial)

    def _stop_all(self) -> None:
        """Asks all running trials to stop, and kills the workers that do not stop in time."""
        now = self.clock()
        for worker, job in list(self._jobs.items()):
            if job.stopped is None:
                job.stopped = now
                self.workers.stop(worker)
            elif now - job.stopped > self.runner.scheduler.grace():
                del self._jobs[worker]
                self.workers.dismiss(worker)
                self.lifecycle.leave(job.trial)

    def _end_the_silent(self) -> None:
        for worker, job in list(self._jobs.items()):
            if self.clock() - job.last_sign > self.max_silence:
                self.workers.dismiss(worker)
                del self._jobs[worker]
                self._try_again(job, f"it did not respond for {self.max_silence:.0f} seconds")
