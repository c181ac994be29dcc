"""Shares the trials of a search out among workers; holds the oracle, the pruner and the clock."""

import time
from collections import deque
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass

from keras_tuner.engine.trial import Trial, TrialStatus

from attn_tuner.errors import Infeasible, Unwritable
from attn_tuner.tuning.launchers.worker_pool import DIED, OUT_OF_MEMORY, Event, WorkerPool
from attn_tuner.tuning.oracles.persistence.durable import Durable
from attn_tuner.tuning.resources import spared
from attn_tuner.tuning.trial.watchdog import TimeOver

_UNWRITABLE = f"{Unwritable.__name__}: "  # Before the sentence of such an error.
PACE = 0.5  # Seconds between two looks at the clock.
SILENCE = 600.0  # Seconds without a word after which a worker counts as stuck.


@dataclass
class Job:
    """A trial on its way.

    Args:
        trial: KerasTuner's.
        again: whether it had ended for KerasTuner and only goes on.
        deaths: workers that died of it.
        heard: when there was a sign of it.
        stopped: when its end was asked for; None before.
    """

    trial: Trial
    again: bool = False
    deaths: int = 0
    heard: float = 0.0
    stopped: float | None = None


class Driver:
    """Keeps a crew busy with the trials of a runner until the oracle or the time is at an end.

        Driver(runner, crew).search()

    A worker that dies takes nothing with it: its trial goes to the next free worker, which goes on
    from the last resume point. A trial of which workers keep dying is recorded as failed, or as
    infeasible where they ran out of memory; then models are refused that need much.

    Args:
        runner: a `TrialRunner`, whose own `search` is not called.
        crew: the workers.
        max_retries: how often a trial is begun again after a death.
        silence: seconds without a word after which a worker is ended by force.
        clock: returns seconds that never run backwards.
    """

    def __init__(
        self,
        runner,
        crew: WorkerPool,
        max_retries: int = 2,
        silence: float = SILENCE,
        clock: Callable[[], float] = time.monotonic,
    ):
        self.runner = runner
        self.crew = crew
        self.max_retries = max_retries
        self.silence = silence
        self.clock = clock
        self._jobs: dict[str, Job] = {}  # By the worker that has it.
        self._waiting: deque[Job] = deque()
        self._no_more = False
        self._take = {
            "heard": self._pass_on,
            "judged": self._note_cost,
            "resumable": self._note_progress,
            "score": self._answer,
            "ended": self._keep,
            "failed": self._fail,
            "died": self._try_again,
        }

    def search(self):
        """Runs trials until the oracle has no more, the time is over, or the user says so."""
        self._waiting.extend(Job(trial, again=True) for trial in self.runner.cut_trials())
        oracle = self.runner.oracle
        seldom = oracle.saved_seldom(self.clock) if isinstance(oracle, Durable) else nullcontext()
        try:
            with spared(), seldom:
                while self._goes_on():
                    for event in self.crew.wait(PACE):
                        self._hear(event)
                    self._end_the_silent()
        finally:
            self.crew.close()

    def _goes_on(self) -> bool:
        if self.runner.over():
            self._stop_all()
            return bool(self._jobs)
        self._hand_out()
        return bool(self._jobs or self._waiting or not self._no_more)

    def _hand_out(self):
        if not self.runner.has_room():
            self._waiting.clear()  # The next sitting goes on with them.
            self._no_more = True
            return
        for worker in self.crew.idle():
            job = self._waiting.popleft() if self._waiting else self._new_job()
            if job is None:
                return
            job.heard = self.clock()
            self._jobs[worker] = job
            self.crew.begin(worker, self.runner.task_of(job.trial))

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
        self.runner.heard({"trial": trial.trial_id, "begins": values})
        return Job(trial)

    def _hear(self, event: Event):
        job = self._jobs.get(event.worker)
        if job is None:  # Of a worker that was dismissed.
            return
        job.heard = self.clock()
        self._take[event.kind](event.worker, job, event.facts)

    def _pass_on(self, worker, job, news):
        self.runner.heard({"trial": job.trial.trial_id, **news})

    def _note_cost(self, worker, job, seconds):
        self.runner.budget.record("validation", seconds)

    def _note_progress(self, worker, job, nothing):
        self.runner.told.resumable(job.trial.trial_id)

    def _answer(self, worker, job, point):
        self.crew.answer(worker, self.runner.judge(job.trial.trial_id, *point))

    def _keep(self, worker, job, outcome):
        del self._jobs[worker]
        try:
            measures = self.runner.keep(job.trial, outcome)
        except TimeOver:
            return self.runner.leave(job.trial)
        self.runner.succeed(job.trial, measures)
        self._end(job)

    def _fail(self, worker, job, facts):
        del self._jobs[worker]
        cause, _ = facts
        if cause.startswith(_UNWRITABLE):
            raise Unwritable(cause.removeprefix(_UNWRITABLE))
        self.runner.fail(job.trial, *facts)
        self._end(job)

    def _try_again(self, worker, job, why):
        del self._jobs[worker]
        job.deaths += 1
        job.stopped = None
        if why == OUT_OF_MEMORY:
            self.crew.spare_memory()
        if job.deaths <= self.max_retries:
            self._waiting.append(job)
            return
        cause = f"{DIED} {job.deaths} times: {why}"
        if why == OUT_OF_MEMORY:
            cause = f"{Infeasible.__name__}: {cause}"
        self.runner.fail(job.trial, cause, why)
        self._end(job)

    def _end(self, job):
        if not job.again:
            self.runner.on_trial_end(job.trial)

    def _stop_all(self):
        """Asks for the end of what runs, and ends by force what does not come to it."""
        now = self.clock()
        for worker, job in list(self._jobs.items()):
            if job.stopped is None:
                job.stopped = now
                self.crew.stop(worker)
            elif now - job.stopped > self.runner.grace():
                del self._jobs[worker]
                self.crew.dismiss(worker)
                self.runner.leave(job.trial)

    def _end_the_silent(self):
        for worker, job in list(self._jobs.items()):
            if self.clock() - job.heard > self.silence:
                self.crew.dismiss(worker)
                self._try_again(worker, job, f"it gave no sign for {self.silence:.0f} seconds")
