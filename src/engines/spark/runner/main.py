"""Runs batches on Spark: a line of stdin is a plan, a line of stdout what became of it (docs/engine.md)."""

import json
import os
import sys
import threading

from lakeweir_spark import CONTRACT, RUNNER
from lakeweir_spark.failures import Failure, failure_of
from lakeweir_spark.progress import Progress
from lakeweir_spark.session import Session, look


class Answers:
    """Writes lines to what was stdout. From then on stdout is stderr, for Java writes to it as it likes."""

    def __init__(self):
        self._file = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
        os.dup2(2, 1)
        self._lock = threading.Lock()
        self._is_asked = False

    def asked(self):
        with self._lock:
            self._is_asked = True

    def tell(self, line):
        with self._lock:
            self._write(line)

    def tell_progress(self, text):
        with self._lock:
            if self._is_asked:
                self._write({"progress": text})

    def answer(self, line):
        """The first answer to a plan counts: Spark's end is noticed by two threads."""
        with self._lock:
            if self._is_asked:
                self._is_asked = False
                self._write({"version": CONTRACT, **line})

    def _write(self, line):
        self._file.write(json.dumps(line, ensure_ascii=True) + "\n")
        self._file.flush()


def answer_to(plan, session, answers):
    if plan.get("version") != CONTRACT:
        raise Failure(f"the plan is of version {plan.get('version')}, and this runner knows version {CONTRACT}.")
    spark = session.running()
    if "query" in plan:
        from lakeweir_spark import query

        with Progress(spark, answers.tell_progress):
            return query.answer(spark, plan)
    from lakeweir_spark import batches

    own = session.of_shape(plan["shape"])
    if "stagingFolder" not in plan:
        batches.check(own, plan)
        return {}
    with Progress(spark, answers.tell_progress):
        batches.claim(plan["stagingFolder"])
        session.probe(plan["stagingFolder"])
        answer = batches.stage(own, plan)
        # An executor that has joined meanwhile may have written its files elsewhere.
        session.probe(plan["stagingFolder"])
        return answer


def main():
    if sys.argv[1] == "--look":
        print(json.dumps(look()))
        return
    answers = Answers()
    answers.tell({"engine": "spark", "runner": RUNNER, "contract": CONTRACT})
    session = Session(json.loads(sys.argv[1]), answers)
    for line in iter(sys.stdin.buffer.readline, b""):
        answers.asked()
        try:
            plan = json.loads(line)
            answers.answer(answer_to(plan, session, answers))
        except Exception as error:  # whatever it is, the other side waits for an answer
            failure = session.told_by_end(failure_of(error))
            session.settle(failure)
            answers.answer({"error": failure.as_json()})
            if failure.ends_session:
                session.leave(1)
    session.leave(0)


main()
