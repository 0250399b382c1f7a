"""Whether executors see the folders that the driver sees."""

import os
import re
import shutil
import uuid
from collections import namedtuple

from .failures import Failure, causes_of, engine_failure, lost_executor, memory_failure, reason_of, system_code

# How often Spark is asked to use executors that it has left out.
ROUNDS = 3

REMEDY = (
    "Every executor needs the lake at the same path on a file system that all of them share, and must be allowed to "
    "write there. Mount it there, or use the master local[*]."
)

# A task of the probe: `number` is the place of its file among the answers, `error` what it failed with, or None.
Task = namedtuple("Task", "executor host number status error")


def probe(spark, folder):
    """
    Writes files below a folder, has every executor read one of them and write what it says into another, and looks for
    those. Returns the executors.
    """
    context = spark.sparkContext
    top = os.path.join(folder, "probe")
    seen = set()
    for number in range(ROUNDS):
        place = os.path.join(top, str(number))
        texts = write_questions(place, max(context.defaultParallelism, 1))
        first_stage = next_stage(context)
        error = answer(spark, place)
        tasks = tasks_since(context, first_stage)
        assert_done(place, tasks, error)
        assert_answers(place, texts, tasks)
        seen |= {task.executor for task in tasks if task.status == "SUCCESS"}
        if executors(context) <= seen:
            break
    shutil.rmtree(top)
    return seen


def write_questions(place, count):
    asked = os.path.join(place, "asked")
    os.makedirs(asked)
    texts = [str(uuid.uuid4()) for _ in range(count)]
    for index, text in enumerate(texts):
        with open(os.path.join(asked, f"{index}.txt"), "w", encoding="ascii") as file:
            file.write(text)
    return texts


def answer(spark, place):
    """Has the files answered. Returns what failed, or None."""
    from pyspark.sql import functions as F  # only now: what is missing is told before

    asked = os.path.join(place, "asked")
    key = "spark.sql.files.maxPartitionBytes"
    before = spark.conf.get(key)
    spark.conf.set(key, "64b")  # a task for each file
    try:
        rows = spark.read.option("wholetext", "true").option("__globPaths__", "false").text(asked)
        answers = F.concat_ws(" ", F.col("value"), F.spark_partition_id().cast("string"))
        rows.select(answers).write.mode("error").text(os.path.join(place, "answered"))
    except Exception as error:
        return error
    finally:
        spark.conf.set(key, before)
    return None


def assert_done(place, tasks, error):
    """An executor that fails where others do not would fail in batches, too: its tasks are not left to the others."""
    failed = next((task for task in tasks if task.error is not None and is_own(task.error)), None)
    if failed is not None:
        raise unusable(failed, place, innermost(failed.error))
    if error is not None:
        chain = causes_of(error)
        raise memory_failure(chain) or lost_executor(chain) or engine_failure(
            f"Spark's executors cannot be asked whether they see the folder {place}: {reason_of(chain)}",
            "Its log says why.",
        ) from error


def is_own(error):
    """Whether a task failed by what it did: not because its executor was lost or it was told to stop."""
    return not re.match(r"(\S+ )?(ExecutorLostFailure|TaskKilled|Resubmitted|FetchFailed)", error)


def innermost(error):
    """The line of a Java trace that says most."""
    lines = error.split("\n")
    causes = [line[len("Caused by: ") :] for line in lines if line.startswith("Caused by: ")]
    return (causes or lines)[-1 if causes else 0].strip()


def unusable(task, place, line):
    name, _, says = line.partition(": ")
    reason = says if re.fullmatch(r"[\w.$]+", name) and says else line
    message = (
        f"Spark's executor {task.executor} on {task.host} cannot read and write the folder {place} as this machine "
        f"does: {reason.rstrip('.')}."
    )
    code = system_code(name, says)
    return engine_failure(message, REMEDY) if code is None else Failure(message, code, REMEDY)


def assert_answers(place, texts, tasks):
    answered = os.path.join(place, "answered")
    found = {}
    for name in os.listdir(answered) if os.path.isdir(answered) else []:
        if not name.startswith((".", "_")):
            with open(os.path.join(answered, name), encoding="utf-8") as file:
                for line in file.read().splitlines():
                    text, _, number = line.partition(" ")
                    found[text] = number
    if sorted(found) == sorted(texts):
        return
    numbers = set(found.values())
    others = {f"{task.executor} on {task.host}" for task in tasks if str(task.number) not in numbers}
    who = f"; the others were written by executor {' and '.join(sorted(others))}" if others else ""
    raise engine_failure(
        f"of {len(texts)} files that Spark's executors wrote to the folder {place}, this machine sees {len(found)}{who}.",
        REMEDY,
    )


def executors(context):
    listed = context._jsc.sc().statusStore().executorList(True)
    return {listed.apply(index).id() for index in range(listed.length())} - {"driver"}


def next_stage(context):
    stages = stage_list(context)
    return 1 + max([stages.apply(index).stageId() for index in range(stages.length())], default=-1)


def tasks_since(context, first):
    """The tasks of the stages from one on."""
    context._jsc.sc().listenerBus().waitUntilEmpty()  # what a task came to is told a moment after its job has ended
    store = context._jsc.sc().statusStore()
    stages = stage_list(context)
    found = []
    for index in range(stages.length()):
        stage = stages.apply(index)
        if stage.stageId() < first:
            continue
        tasks = store.taskList(stage.stageId(), stage.attemptId(), 10_000)
        for number in range(tasks.length()):
            task = tasks.apply(number)
            error = task.errorMessage().get() if task.errorMessage().isDefined() else None
            found.append(Task(task.executorId(), task.host(), task.index(), task.status(), error))
    return found


def stage_list(context):
    """All stages, without details. Java has no defaults: a call with fewer arguments finds no method."""
    gateway = context._gateway
    nothing = gateway.jvm.java.util.ArrayList()
    no_quantiles = gateway.new_array(gateway.jvm.double, 0)
    return context._jsc.sc().statusStore().stageList(nothing, False, False, no_quantiles, nothing)
