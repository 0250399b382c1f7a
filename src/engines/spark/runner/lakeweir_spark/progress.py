"""Tells how many tasks are done of all that are known."""

import threading

PERIOD_SECONDS = 0.5


class Progress:
    """Tells of Spark's tasks for as long as a block runs."""

    def __init__(self, spark, tell):
        self._tracker = spark.sparkContext.statusTracker()
        self._tell = tell
        self._done = threading.Event()
        self._stages = {}
        self._told = None
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self):
        self._thread.start()

    def __exit__(self, *_):
        self._done.set()
        self._thread.join()

    def _watch(self):
        try:
            while not self._done.wait(PERIOD_SECONDS):
                self._look()
        except Exception:
            return  # Java has ended, which the batch finds out by itself

    def _look(self):
        active = set(self._tracker.getActiveStageIds())
        running = 0
        for stage in active:
            info = self._tracker.getStageInfo(stage)
            if info is not None:
                self._stages[stage] = (info.numCompletedTasks, info.numTasks)
                running += info.numActiveTasks
        for stage, (_, tasks) in self._stages.items():
            if stage not in active:
                self._stages[stage] = (tasks, tasks)
        if not self._stages:
            return
        done = sum(done for done, _ in self._stages.values())
        tasks = sum(tasks for _, tasks in self._stages.values())
        waits = ", none of them running: Spark waits for executors" if active and running == 0 else ""
        text = f"{done} of {tasks} tasks{waits}"
        if text != self._told:
            self._told = text
            self._tell(text)
