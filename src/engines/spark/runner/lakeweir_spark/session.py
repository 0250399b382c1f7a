"""Spark's session: how it is started, set, watched and ended."""

import fcntl
import glob
import json
import logging
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid

from .failures import (
    MORE_DRIVER_MEMORY,
    MORE_EXECUTOR_MEMORY,
    Failure,
    causes_of,
    engine_failure,
    reason_of,
)
from .probe import executors, probe

# The versions of Spark that this runner is for, and the one that it is tested with.
SPARK_MAJOR = 4
SPARK_TESTED = "4.3.0"
JAVA_OLDEST = 17

# All that Lakeweir sets, with the reason. A user may say none of them otherwise: they are what makes Spark write the
# same rows as DuckDB, and files that every reader of the tables reads alike.
SETTINGS = {
    # SQL means what the standard says: overflow and a cast that fails are errors, not NULL or other numbers.
    "spark.sql.ansi.enabled": "true",
    # "name" is a name, as everywhere else, not a text.
    "spark.sql.ansi.doubleQuotedIdentifiers": "true",
    # Columns may be called timestamp, date or like any other keyword.
    "spark.sql.ansi.enforceReservedKeywords": "false",
    # ${…} in a text stays as it is.
    "spark.sql.variable.substitute": "false",
    # Names are found whatever their case, as DuckDB finds them.
    "spark.sql.caseSensitive": "false",
    # A DATE of a TIMESTAMPTZ is that of UTC.
    "spark.sql.session.timeZone": "UTC",
    # TIMESTAMP in SQL is an instant, which is what TIMESTAMPTZ is in DuckDB.
    "spark.sql.timestampType": "TIMESTAMP_LTZ",
    # Microseconds since 1970 in 8 bytes. The default is INT96, which no reader can compare.
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    # Decimals as the format describes them, not as Spark 1 did.
    "spark.sql.parquet.writeLegacyFormat": "false",
    # Days and times before 1582 are written and read as they are, not moved to another calendar.
    "spark.sql.parquet.datetimeRebaseModeInWrite": "CORRECTED",
    "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
    "spark.sql.parquet.int96RebaseModeInRead": "CORRECTED",
    # A column is found by its name, as in DuckDB, not by a number that its writer gave it.
    "spark.sql.parquet.fieldId.read.enabled": "false",
    "spark.sql.parquet.compression.codec": "zstd",
    # A file that is missing or damaged is an error, not a file without rows.
    "spark.sql.files.ignoreMissingFiles": "false",
    "spark.sql.files.ignoreCorruptFiles": "false",
    # Paths are given one by one: to look at many of them needs no job of its own.
    "spark.sql.sources.parallelPartitionDiscovery.threshold": "100000",
    # A file is as large as its task makes it; nothing cuts it by rows.
    "spark.sql.files.maxRecordsPerFile": "0",
}

# The same for what Hadoop reads once, when Spark starts.
FIXED = {
    # Without this, every file of a local disk gets a .crc file beside it.
    "spark.hadoop.fs.file.impl": "org.apache.hadoop.fs.RawLocalFileSystem",
    # No file _SUCCESS: a batch is done when its record says so.
    "spark.hadoop.mapreduce.fileoutputcommitter.marksuccessfuljobs": "false",
    "spark.sql.catalogImplementation": "in-memory",
}

# What words after `--` may say otherwise.
DEFAULTS = {
    "spark.app.name": "lakeweir",
    # A web server that nobody asked for.
    "spark.ui.enabled": "false",
    # Progress is told by the runner.
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.adaptive.enabled": "true",
}

CONNECT_SECONDS = 10
SETTLE_SECONDS = 15
ENDING_SECONDS = 5

# For how many streams the names that their batches use are kept.
MAX_SHAPES = 100


def apply(spark):
    """Sets a session so that it reads and writes as DuckDB does."""
    for key, value in SETTINGS.items():
        spark.conf.set(key, value)


class Session:
    """The one session of this process, which is started when it is first needed."""

    def __init__(self, options, answers):
        self._options = options
        self._answers = answers
        self._spark = None
        self._of_shapes = {}
        self._probed = {}
        self._is_leaving = False
        self._scratch = None

    def running(self):
        if self._spark is None:
            self._spark = self._started()
        return self._spark

    def of_shape(self, shape):
        """One for the batches of a stream: they must not find what another stream's batches have named."""
        key = json.dumps(shape, sort_keys=True)
        session = self._of_shapes.pop(key, None)
        if session is None:
            session = self.running().newSession()
            apply(session)
        self._of_shapes[key] = session  # the one that was used last is the last
        if len(self._of_shapes) > MAX_SHAPES:
            del self._of_shapes[next(iter(self._of_shapes))]
        return session

    def probe(self, folder):
        """Makes sure, for each stream, that the executors, also those that have joined since, see its folders."""
        if is_local(self._options["master"]):
            return
        place = os.path.dirname(folder)
        seen = self._probed.get(place)
        if seen is None or not executors(self._spark.sparkContext) <= seen:
            self._probed[place] = probe(self._spark, folder) | (seen or set())

    def told_by_end(self, failure):
        """What failed, by how Java ends where it does: then that is why."""
        if self._spark is None or not failure.is_told_by_end:
            return failure
        try:
            return ended_driver(self._spark.sparkContext._gateway.proc.wait(ENDING_SECONDS))
        except subprocess.TimeoutExpired:
            return failure

    def settle(self, failure):
        """Waits until nothing of a batch that failed is still being written."""
        if self._spark is None or failure.ends_session:
            return
        try:
            context = self._spark.sparkContext
            context.cancelAllJobs()
            store = context._jsc.sc().statusStore()
            deadline = time.monotonic() + SETTLE_SECONDS
            while time.monotonic() < deadline:
                executors = store.executorList(True)
                if all(executors.apply(index).activeTasks() == 0 for index in range(executors.length())):
                    return
                time.sleep(0.05)
        except Exception:
            pass  # Java has ended, and with it all that it did
        failure.ends_session = True

    def leave(self, code):
        """Ends this process and Spark. What does not end by itself is killed with our process group."""
        self._is_leaving = True
        try:
            if self._spark is not None and code == 0:
                self._spark.stop()
            if self._scratch is not None:
                self._scratch.remove()
        finally:
            os._exit(code)

    def _started(self):
        options = self._options
        assert_java()
        version = pyspark_version()
        assert_reachable(options["master"])
        limit = threading.Timer(options["startSeconds"], self._give_up)
        limit.daemon = True
        limit.start()
        self._scratch = Scratch(options["scratch"])
        if is_local_cluster(options["master"]):
            os.environ["SPARK_HOME"] = home_for_workers(self._scratch.folder)
            os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
        os.environ["PYSPARK_SUBMIT_ARGS"] = shlex.join(submit_words(options, self._scratch.folder))
        os.environ.pop("SPARK_REMOTE", None)  # a server of Spark Connect has no driver that is ours
        from pyspark.sql import SparkSession

        # It logs each error of SQL once more, on a line of kilobytes.
        logging.getLogger("SQLQueryContextLogger").disabled = True

        try:
            spark = SparkSession.builder.getOrCreate()
        except Exception as error:
            reason = reason_of(causes_of(error))
            raise engine_failure(
                f"Spark did not start with the master {options['master']}: {reason}",
                start_remedy(options["master"], version, reason),
            ) from error
        limit.cancel()
        apply(spark)
        threading.Thread(target=self._watch, args=[spark.sparkContext._gateway.proc], daemon=True).start()
        self._answers.tell({"engine": f"spark {version}"})
        return spark

    def _give_up(self):
        seconds = self._options["startSeconds"]
        failure = engine_failure(
            f"Spark has not started within {seconds} s with the master {self._options['master']}.",
            "Check that the master can be reached and has resources; startSeconds in the config allows more time.",
        )
        self._answers.answer({"error": failure.as_json()})
        os._exit(1)

    def _watch(self, java):
        """Java may be killed at any time. Then this process is of no use any more, and another is started."""
        code = java.wait()
        if self._is_leaving:
            return
        failure = ended_driver(code)
        self._answers.answer({"error": failure.as_json()})
        os._exit(1)


def start_remedy(master, version, reason):
    if "DRIVER_MEMORY" in reason:
        return MORE_DRIVER_MEMORY
    if "EXECUTOR_MEMORY" in reason:
        return MORE_EXECUTOR_MEMORY
    same = f" A cluster must be of the same version of Spark, {version}." if master.startswith("spark://") else ""
    return f"Its log says why. Check the master, and the words after --.{same}"


def ended_driver(code):
    if code in (3, 52):
        message = f"Spark's driver ran out of memory (exit code {code})."
        return Failure(message, "ENOMEM", MORE_DRIVER_MEMORY, ends_session=True)
    if code >= 0:
        return engine_failure(f"Spark's driver ended with exit code {code}.")
    name = signal.Signals(-code).name
    remedy = "Somebody killed it: often the system, because memory ran out." if name == "SIGKILL" else None
    return engine_failure(f"Spark's driver was ended by {name}.", remedy)


def is_local(master):
    """Whether the executors are threads of the driver."""
    return re.match(r"^local(\[|$)", master) is not None


LOCAL_CLUSTER = re.compile(r"^local-cluster\[\s*\d+\s*,\s*\d+\s*,\s*(\d+)\s*\]$")


def is_local_cluster(master):
    """Whether the executors are processes that the driver starts."""
    return LOCAL_CLUSTER.match(master) is not None


def home_for_workers(scratch):
    """The workers of a driver keep files below Spark's own folder, where others may not write, and for ever."""
    import pyspark

    home = os.environ.get("SPARK_HOME") or os.path.dirname(pyspark.__file__)
    own = os.path.join(scratch, "home")
    os.mkdir(own)
    for name in os.listdir(home):
        if name != "work":
            os.symlink(os.path.join(home, name), os.path.join(own, name))
    return own


class Scratch:
    """A folder for what Spark keeps on this machine. What a driver that was killed has left is removed."""

    def __init__(self, top):
        if "," in top:  # of which Spark makes several
            top = os.path.join(tempfile.gettempdir(), f"lakeweir-spark-{os.getuid()}")
        os.makedirs(top, exist_ok=True)
        for left in os.listdir(top):
            remove_unheld(os.path.join(top, left))
        self.folder = os.path.join(top, str(uuid.uuid4()))
        os.mkdir(self.folder)
        self._lock = os.open(os.path.join(self.folder, "lock"), os.O_CREAT | os.O_RDWR)
        fcntl.flock(self._lock, fcntl.LOCK_EX)

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)


def remove_unheld(folder):
    """The system releases a lock when the process that has it ends, however it does."""
    try:
        lock = os.open(os.path.join(folder, "lock"), os.O_RDWR)
    except OSError:
        return  # just being made, or just being removed
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
    except OSError:
        pass  # another driver's
    finally:
        os.close(lock)


def submit_words(options, scratch):
    """The words of spark-submit: of the same option the last one counts."""
    defaults = dict(DEFAULTS)
    if is_local(options["master"]) or is_local_cluster(options["master"]):
        defaults["spark.local.dir"] = scratch
        defaults["spark.driver.bindAddress"] = "127.0.0.1"
        defaults["spark.driver.host"] = "127.0.0.1"
    if is_local_cluster(options["master"]):
        # An executor fills its worker. Spark's own default is more than that, and no option of spark-submit's says it.
        defaults["spark.executor.memory"] = f"{LOCAL_CLUSTER.match(options['master'])[1]}m"
    defaults["spark.sql.warehouse.dir"] = scratch
    words = ["--driver-java-options", f"{java_quoted(f'-Djava.io.tmpdir={scratch}')} -XX:-UsePerfData"]
    if options.get("driverMemory"):
        words += ["--driver-memory", options["driverMemory"]]
    for key, value in defaults.items():
        words += ["--conf", f"{key}={value}"]
    words += options["arguments"]
    for key, value in FIXED.items():
        words += ["--conf", f"{key}={value}"]
    return [*words, "--master", options["master"], "pyspark-shell"]


def java_quoted(option):
    return '"' + option.replace("\\", "\\\\").replace('"', '\\"') + '"' if re.search(r"[\s\"'\\]", option) else option


def look():
    """What is there of what Spark needs, as findings."""
    try:
        spark = pyspark_version()
        java = assert_java()
    except Failure as failure:
        fix = failure.remedy and failure.remedy.rstrip(".")
        return [{"level": "fail", "says": failure.message.rstrip("."), "fix": fix}]
    says = f"Spark {spark}, Python {sys.version.split()[0]}, Java {java}"
    if spark == SPARK_TESTED:
        return [{"level": "ok", "says": says, "fix": None}]
    fix = f"If batches fail, install the one that was tested: {sys.executable} -m pip install pyspark=={SPARK_TESTED}"
    return [{"level": "warn", "says": f"{says}, but Lakeweir was tested with Spark {SPARK_TESTED}", "fix": fix}]


def assert_java():
    """The major version of Java, which must do."""
    home = os.environ.get("JAVA_HOME")
    java = os.path.join(home, "bin", "java") if home else shutil.which("java")
    remedy = f"Install Java {JAVA_OLDEST} or 21, and have it on the PATH or JAVA_HOME lead to it."
    if java is None or not os.access(java, os.X_OK):
        where = f"JAVA_HOME leads to {home}, which has none" if home else "there is none on the PATH"
        raise missing(f"Spark needs Java, and {where}.", remedy)
    try:
        said = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=60).stderr
    except (OSError, subprocess.SubprocessError) as error:
        raise missing(f"Spark needs Java, and {java} does not run: {error}.", remedy) from error
    version = re.search(r'version "(?:1\.)?(\d+)', said)
    if version is None:
        raise missing(f"Spark needs Java, and {java} does not say its version: {said.strip()[:200]}", remedy)
    if int(version[1]) < JAVA_OLDEST:
        raise missing(f"Spark needs Java {JAVA_OLDEST} or later, and {java} is Java {version[1]}.", remedy)
    return version[1]


def pyspark_version():
    remedy = f"Install it for that Python: {sys.executable} -m pip install pyspark=={SPARK_TESTED}"
    home = os.environ.get("SPARK_HOME")
    if home:
        # Its own, of the same version: another would not understand it.
        sys.path[1:1] = [os.path.join(home, "python"), *glob.glob(os.path.join(home, "python", "lib", "py4j-*.zip"))]
    try:
        import pyspark
    except ImportError as error:
        raise missing(f"Spark needs the package pyspark, which {sys.executable} does not find: {error}.", remedy)
    version = pyspark.__version__
    if version.split(".")[0] != str(SPARK_MAJOR):
        raise missing(
            f"{sys.executable} has pyspark {version}; this runner is for {SPARK_MAJOR}.x, tested with {SPARK_TESTED}.",
            remedy,
        )
    return version


def missing(message, remedy):
    return Failure(message, "LAKE_PACKAGE_MISSING", remedy, ends_session=True)


def assert_reachable(master):
    """A standalone master that is not there would be tried for a minute."""
    if not master.startswith("spark://"):
        return
    problems = []
    for address in master[len("spark://") :].split(","):
        host, _, port = address.rpartition(":")
        try:
            socket.create_connection((host.strip("[]"), int(port)), CONNECT_SECONDS).close()
            return
        except (OSError, ValueError) as error:
            problems.append(f"{address}: {error}")
    raise engine_failure(
        f"Spark's master {master} cannot be reached: {'; '.join(problems)}.",
        "Start it, or write the right address: --spark-master, or master in the config.",
    )
