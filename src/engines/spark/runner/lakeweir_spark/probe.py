"""Whether executors see the folders that the driver sees."""

import os
import shutil
import uuid

from .failures import Failure, causes_of, engine_failure, reason_of, system_failure

# How often Spark is asked to use executors that it has left out.
ROUNDS = 3


def probe(spark, folder):
    """
    Writes files below a folder, has every executor read one of them and write what it says into another, and looks for
    those.
    """
    context = spark.sparkContext
    top = os.path.join(folder, "probe")
    seen = set()
    for number in range(ROUNDS):
        place = os.path.join(top, str(number))
        texts = write_questions(place, max(context.defaultParallelism, 1))
        first_stage = next_stage(context)
        answer(spark, place)
        assert_answers(place, texts)
        seen |= executors_since(context, first_stage)
        if executors(context) <= seen:
            break
    shutil.rmtree(top)


def write_questions(place, count):
    asked = os.path.join(place, "asked")
    os.makedirs(asked)
    texts = [str(uuid.uuid4()) for _ in range(count)]
    for index, text in enumerate(texts):
        with open(os.path.join(asked, f"{index}.txt"), "w", encoding="ascii") as file:
            file.write(text)
    return texts


def answer(spark, place):
    asked = os.path.join(place, "asked")
    key = "spark.sql.files.maxPartitionBytes"
    before = spark.conf.get(key)
    spark.conf.set(key, "64b")  # a task for each file
    try:
        rows = spark.read.option("wholetext", "true").option("__globPaths__", "false").text(asked)
        rows.write.mode("error").text(os.path.join(place, "answered"))
    except Exception as error:
        chain = causes_of(error)
        raise system_failure(chain) or unshared(place, f"an executor failed there: {reason_of(chain)}") from error
    finally:
        spark.conf.set(key, before)


def assert_answers(place, texts):
    answered = os.path.join(place, "answered")
    found = []
    for name in os.listdir(answered) if os.path.isdir(answered) else []:
        if not name.startswith((".", "_")):
            with open(os.path.join(answered, name), encoding="utf-8") as file:
                found += file.read().split()
    if sorted(found) != sorted(texts):
        raise unshared(place, f"of {len(texts)} files that executors wrote there, this machine sees {len(found)}")


def unshared(place, reason):
    return engine_failure(
        f"Spark's executors do not see the folder {place} as this machine does: {reason}.",
        "The lake must be on a file system that all of them have at the same path. "
        "Mount it there, or use the master local[*].",
    )


def executors(context):
    listed = context._jsc.sc().statusStore().executorList(True)
    return {listed.apply(index).id() for index in range(listed.length())} - {"driver"}


def next_stage(context):
    stages = stage_list(context)
    return 1 + max([stages.apply(index).stageId() for index in range(stages.length())], default=-1)


def executors_since(context, first):
    store = context._jsc.sc().statusStore()
    stages = stage_list(context)
    found = set()
    for index in range(stages.length()):
        stage = stages.apply(index)
        if stage.stageId() >= first:
            tasks = store.taskList(stage.stageId(), stage.attemptId(), 10_000)
            found |= {tasks.apply(task).executorId() for task in range(tasks.length())}
    return found


def stage_list(context):
    """All stages, without details. Java has no defaults: a call with fewer arguments finds no method."""
    gateway = context._gateway
    nothing = gateway.jvm.java.util.ArrayList()
    no_quantiles = gateway.new_array(gateway.jvm.double, 0)
    return context._jsc.sc().statusStore().stageList(nothing, False, False, no_quantiles, nothing)
