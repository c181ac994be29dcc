"""Where trials run: `driver.py` distributes them to a pool of workers, which a launcher starts.

    options = WorkerOptions(workers=2, threads=1)
    with launchers["processes"](options).start(prepare) as pool:
        Driver(runner, pool).search()

Every member is a class as `worker_pool.PoolLauncher` describes it.
"""

from attn_tuner.registry import Registry

launchers = Registry("launcher", package="attn_tuner.tuning.launchers")
