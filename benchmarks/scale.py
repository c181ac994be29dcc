"""How far one driver goes, and what two workers bring on this machine.

    python benchmarks/scale.py [--workers 1 10 100 1000] [--trials 5] [--tuner random]
                               [--seconds 60] [--losses 0.01] [--behind 0]
    python benchmarks/scale.py --imdb [--texts 4000] [--epochs 2] [--encoder bigru] [--whole-space]

The first simulates: the driver, the oracle and the run folder are the real ones, the workers are
events in a heap. A trial takes `--seconds` on average, half of it at least and half as much more
at most, and `--trials` are run for each worker. Each worker is lost `--losses` times an hour,
with what its trial has learned since the last resume point; another one is up 30 seconds later.
`--behind` trials, drawn at random, have ended before the simulation begins.
The driver's own time passes for the workers too, so that they wait for it as they would. Printed
are, for each number of workers,

    busy      share of the workers' time in which they trained, until the last trial was handed out
    oracle    milliseconds of the oracle for a trial: drawing it, and taking its end in
    driver    milliseconds of the driver for a trial, oracle and files included
    memory    the driver's, at most, in MB

The second measures: the same 12 trials, without pruning, by one process on all cores and by two
workers that share them. Printed are the seconds from the beginning of the first trial to the end
of the last, and those of the trials, in sum and at most; and, before and behind, what the machine
itself gives: the work that two processes of one thread do at once, as a multiple of that of one
alone, in matrix products and in plain Python. Cores that share something, an arithmetic unit or a
memory bus, give less than 2, and no program that computes as much can be sped up by more.
"""

import argparse
import heapq
import itertools
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TRIALS = 12  # Of the measurement on IMDb.
RESUME = 45.0  # Seconds between two resume points.
REPLACED = 30.0  # Seconds until a lost worker's place is taken.


class SimulatedPool:
    """Workers whose time is a number; a `WorkerPool` for the driver.

    Args:
        workers: how many.
        seconds: of a trial, on average.
        losses: of a worker, in an hour.
        seed: of the seconds and the losses.
    """

    def __init__(self, workers: int, seconds: float, losses: float, seed: int = 0):
        self.names = (f"worker {number}" for number in itertools.count())
        self.random = random.Random(seed)
        self.seconds, self.losses = seconds, losses
        self.now = self.busy = self.driver = 0.0
        self.handed_out = self.busy_then = 0.0
        self.free = dict.fromkeys(next(self.names) for _ in range(workers))
        self.heap: list[tuple] = []
        self.learned: dict[str, float] = {}  # Seconds of a trial that a resume point holds.
        self.left_at = time.perf_counter()
        self.size = workers

    def clock(self) -> float:
        return self.now

    def idle(self) -> list[str]:
        return list(self.free)

    def begin(self, worker, spec):
        self._pass()
        del self.free[worker]
        # By the trial's number: a trial that is begun again takes as long.
        share = 0.5 + random.Random(spec.seed).random()
        left = share * self.seconds - self.learned.get(spec.trial_id, 0.0)
        lost = self.random.expovariate(self.losses / 3600) if self.losses else float("inf")
        heapq.heappush(self.heap, (self.now + min(left, lost), worker, lost < left, spec, self.now))
        self.handed_out = self.now
        training = (begun for *_, spec, begun in self.heap if spec is not None)
        self.busy_then = self.busy + sum(self.now - begun for begun in training)

    def answer(self, worker, reason):
        """Nothing asks."""

    stop = dismiss = answer

    def spare_memory(self):
        """Nothing runs out of it."""

    def wait(self, seconds):
        from attn_tuner.tuning.launchers.worker_pool import (
            TrainingEnded,
            WorkerDied,
            WorkerMessage,
        )

        self._pass()
        until = min(self.heap[0][0], self.now + seconds) if self.heap else self.now + seconds
        self.now = max(self.now, until)
        said = []
        while self.heap and self.heap[0][0] <= self.now:
            ends, worker, lost, spec, begun = heapq.heappop(self.heap)
            if spec is None:  # A new worker is up.
                self.free[worker] = None
                continue
            self.busy += ends - begun
            if lost:
                kept = (ends - begun) // RESUME * RESUME
                self.learned[spec.trial_id] = self.learned.get(spec.trial_id, 0.0) + kept
                heapq.heappush(self.heap, (ends + REPLACED, next(self.names), False, None, ends))
                said.append(WorkerMessage(worker, WorkerDied("the node was lost")))
            else:
                self.free[worker] = None
                said.append(WorkerMessage(worker, TrainingEnded(self._outcome(spec))))
        return said

    def close(self):
        self._pass()

    def _pass(self):
        """The driver has been at work since it was last here."""
        now = time.perf_counter()
        self.driver += now - self.left_at
        self.now += now - self.left_at
        self.left_at = now

    def _outcome(self, spec):
        from attn_tuner.tuning.trial.spec import TrialOutcome

        accuracy = random.Random(str(sorted(spec.values.items()))).random()
        metrics = {"epochs": 1.0, "seconds": 60.0, "loss": 0.5, "accuracy": accuracy}
        return TrialOutcome(metrics, [metrics], "all epochs done", 60.0)


def fill(oracle, count: int):
    """Lets the oracle look back on so many trials that were drawn at random."""
    usual, oracle.sampler = getattr(oracle, "sampler", None), "random"
    with oracle.saved_seldom():
        for number in range(count):
            trial = oracle.create_trial("earlier")
            oracle.update_trial(trial.trial_id, {"val_accuracy": random.Random(number).random()})
            trial.status = "COMPLETED"
            oracle.end_trial(trial)
    oracle.sampler = usual


def simulate(
    workers: int, trials: int, tuner: str, seconds: float, losses: float, behind: int = 0
) -> dict:
    """One simulated search; what it came to."""
    from attn_tuner.hypermodel import AttentionHyperModel
    from attn_tuner.storage.plan import Plan
    from attn_tuner.tuning.budget import Budget
    from attn_tuner.tuning.launchers.driver import Driver
    from attn_tuner.tuning.oracles import oracles
    from attn_tuner.tuning.trial.trial_trainer import TrialTrainer
    from attn_tuner.tuning.tuner import TrialRunner

    class TimedRunner(TrialRunner):
        oracle_seconds = 0.0

        def next_trial(self, running=()):
            began = time.perf_counter()
            try:
                return super().next_trial(running)
            finally:
                self.oracle_seconds += time.perf_counter() - began

        def on_trial_end(self, trial):
            began = time.perf_counter()
            super().on_trial_end(trial)
            self.oracle_seconds += time.perf_counter() - began

    hypermodel = AttentionHyperModel()
    count = workers * trials
    with tempfile.TemporaryDirectory() as folder:
        runner = TimedRunner(
            oracles[tuner](
                objective="max:val_accuracy",
                max_trials=count + behind,
                seed=1,
                hyperparameters=hypermodel.hyperparameters(),
            ),
            TrialTrainer(hypermodel, None, None),
            plan=Plan("simulation", "0", ("a", "b"), {}, tuner=tuner, max_trials=count),
            budget=Budget(None),
            directory=Path(folder),
            project_name="run",
        )
        fill(runner.oracle, behind)
        pool = SimulatedPool(workers, seconds, losses)
        Driver(runner, pool, clock=pool.clock).search()
        assert len(runner.records) == count, "a trial was lost"
        statuses = [record.status for record in runner.records.values()]
    return {
        "workers": workers,
        "trials": count,
        "failed": statuses.count("failed"),
        "busy": pool.busy_then / (workers * pool.handed_out) if pool.handed_out else 1.0,
        "oracle": 1e3 * runner.oracle_seconds / count,
        "driver": 1e3 * pool.driver / count,
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


# The tail of so few trials is as long as the longest of them, so that these are alike in what
# makes a trial long, and in nothing else.


def alike(encoder: str) -> dict:
    """A space whose trials take about as long as each other."""
    return {
        "encoder": encoder,
        f"encoder.{encoder}.units": 64,
        f"encoder.{encoder}.layers": 1,
        "max_length": 400,
        "batch_size": 32,
    }


MEASURED = """
import sys, json, attn_tuner
from attn_tuner.text import load
texts, epochs, workers, out = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
data = load("imdb_reviews")
train = data.train
data = (list(train.texts[:texts]), [data.classes[label] for label in train.labels[:texts]])
result = attn_tuner.search(
    data, max_trials={trials}, tuner="random", pruner="none", epochs=epochs, patience=epochs,
    workers=workers, directory=out, progress=False, seed=1, space={space},
)
records = result.run.records
first = min(record.ended - record.seconds for record in records)
print(json.dumps({{
    "seconds": max(record.ended for record in records) - first,
    "trained": sum(record.seconds for record in records),
    "longest": max(record.seconds for record in records),
    "values": [record.values for record in sorted(records, key=lambda r: r.trial_id)],
    "trials": len(records),
    "best": max(record.score for record in records),
}}))
"""


ALONE = """
import sys, time
import numpy as np
one = np.random.default_rng(0).normal(size=(256, 256)).astype("float32")
def products(until):
    done = 0
    while time.time() < until:
        one @ one
        done += 1
    return done
def python(until):
    done, number = 0, 1
    while time.time() < until:
        for _ in range(1000):
            number = number * 1103515245 % 2147483648
        done += 1
    return done
begin = float(sys.argv[1])
for work in (products, python):
    time.sleep(max(0, begin - time.time()))
    print(work(begin + 3))
    begin += 4
"""


def gains() -> dict[str, float]:
    """How much more two processes of one thread do at once than one alone."""
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}

    def done(count):
        begin = str(time.time() + 2)
        command = [sys.executable, "-c", ALONE, begin]
        pipes = {"stdout": subprocess.PIPE, "text": True, "env": environment}
        running = [subprocess.Popen(command, **pipes) for _ in range(count)]
        printed = [each.communicate()[0].split() for each in running]
        return [sum(map(int, column)) for column in zip(*printed, strict=True)]

    one, two = done(1), done(2)
    names = ("matrix products", "plain Python")
    return {name: b / a for name, a, b in zip(names, one, two, strict=True)}


def measure_imdb(texts: int, epochs: int, space: dict):
    """Seconds from the first trial's beginning to the last one's end, by one and by two."""
    found, values = {}, {}
    print("two at once over one alone:", gains())
    print("workers  trials  seconds  trained  longest  best")
    for workers in (1, 2):
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(
                [sys.executable, "-c", MEASURED.format(trials=TRIALS, space=space)]
                + [str(texts), str(epochs), str(workers), str(Path(folder) / "run")],
                capture_output=True,
                text=True,
            )
        if done.returncode:
            sys.exit(done.stderr)
        found[workers] = json.loads(done.stdout.splitlines()[-1])
        values[workers] = found[workers].pop("values")
        row = "{trials:6d}  {seconds:7.1f}  {trained:7.1f}  {longest:7.1f}  {best:.4f}"
        print(f"{workers:7d}  {row.format(**found[workers])}", flush=True)
    if values[1] != values[2]:
        sys.exit("The two searches did not try the same values.")
    print(f"speed-up {found[1]['seconds'] / found[2]['seconds']:.2f}")
    print("two at once over one alone:", gains())


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 10, 100, 1000])
    parser.add_argument("--trials", type=int, default=5, help="for each worker")
    parser.add_argument("--tuner", default="random")
    parser.add_argument("--seconds", type=float, default=60.0, help="of a trial")
    parser.add_argument("--losses", type=float, default=0.01, help="of a worker, in an hour")
    parser.add_argument("--behind", type=int, default=0, help="trials that have ended before")
    parser.add_argument("--imdb", action="store_true", help="measure on IMDb instead")
    parser.add_argument("--texts", type=int, default=4000)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--encoder", default="bigru", help="of the trials that are alike")
    parser.add_argument("--whole-space", action="store_true", help="trials of any length")
    given = parser.parse_args()
    if given.imdb:
        space = {} if given.whole_space else alike(given.encoder)
        return measure_imdb(given.texts, given.epochs, space)
    print("workers  trials  failed   busy  oracle ms  driver ms  memory MB")
    for workers in given.workers:
        row = simulate(
            workers, given.trials, given.tuner, given.seconds, given.losses, given.behind
        )
        print(
            "{workers:7d}  {trials:6d}  {failed:6d}  {busy:5.1%}  {oracle:9.1f}  {driver:9.1f}"
            "  {memory:9.0f}".format(**row),
            flush=True,
        )


if __name__ == "__main__":
    main()
