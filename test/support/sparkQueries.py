"""Streaming queries of a notebook, run by real Spark, for the tests of imports.

    python sparkQueries.py make BASE    the queries of every case; ends with kill -9 in the middle of two batches
    python sparkQueries.py finish BASE  runs those two to the end of what is there, as an error message asks

Each case is a folder below BASE: `bronze` (the source), `checkpoints` and `silver` (the sinks).
"""
import datetime
import glob
import os
import shutil
import signal
import sys
import threading
import time

os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
from pyspark.sql import SparkSession, functions as F, types as T  # noqa: E402

SCHEMA = T.StructType(
    [
        T.StructField("timestamp", T.TimestampType()),
        T.StructField("value", T.LongType()),
        T.StructField("event_type", T.StringType()),
        T.StructField("message_id", T.StringType()),
        T.StructField("channel", T.StringType()),
        T.StructField("country_id", T.IntegerType()),
        T.StructField("user_id", T.IntegerType()),
    ]
)
FILE = T.StructField("file", T.LongType())
# Of each file.
ROWS = 6
COUNTRIES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../sql/reference/countries.csv")

mode, base = sys.argv[1:3]
spark = (
    SparkSession.builder.master("local[2]")
    .config("spark.driver.memory", "1g")
    .config("spark.ui.enabled", "false")
    .config("spark.sql.session.timeZone", "UTC")
    .config("spark.sql.shuffle.partitions", "2")
    .config("spark.sql.streaming.fileSource.log.compactInterval", "3")
    .config("spark.sql.streaming.fileSink.log.compactInterval", "3")
    .config("spark.sql.streaming.fileSource.log.cleanupDelay", "0")
    .config("spark.sql.streaming.fileSink.log.cleanupDelay", "0")
    .config("spark.sql.streaming.minBatchesToRetain", "2")
    .getOrCreate()
)
spark.sparkContext.setLogLevel("OFF")

CORRUPTED = F.coalesce("event_type", F.lit("")).isin("", "NONE")
TABLES = (("messages", ~CORRUPTED), ("messages_corrupted", CORRUPTED))


def in_case(case, *steps):
    return os.path.join(base, case, *steps)


def drop(case, files, first=0):
    """Puts files into the source of a case: times around midnight with microseconds, NULLs everywhere, odd texts."""
    start = datetime.datetime(2026, 11, 21, 23, 59, 50, 123456, tzinfo=datetime.timezone.utc)
    os.makedirs(in_case(case, "bronze"), exist_ok=True)
    rows = []
    for n in range(first * ROWS, (first + files) * ROWS):
        moment = None if n % 11 == 10 else start + datetime.timedelta(seconds=n)
        event = ("OPEN", "", "NONE", None, "CLICKED", " ")[n % 6]
        odd = None if n % 7 == 6 else f"m'{n} é"
        rows.append((moment, n, event, odd, "SMS", 1995 + n % 12, None if n % 5 == 4 else n))
    made = in_case(case, "made")
    frame = spark.createDataFrame([(row[1] // ROWS, *row) for row in rows], T.StructType([FILE, *SCHEMA]))
    frame.coalesce(1).write.partitionBy("file").parquet(made)
    for index in range(first, first + files):
        [file] = glob.glob(f"{made}/file={index}/*.parquet")
        os.rename(file, in_case(case, "bronze", f"in {index:03}.parquet"))
    shutil.rmtree(made)


def enriched(frame):
    countries = spark.read.csv(COUNTRIES, header=True, schema="country_id int, country string")
    return frame.join(F.broadcast(countries), "country_id", "left").select(
        *(field.name for field in SCHEMA), "country", F.to_date("timestamp").alias("date")
    )


def source(case, files_a_batch=1):
    return spark.readStream.schema(SCHEMA).option("maxFilesPerTrigger", files_a_batch).parquet(in_case(case, "bronze"))


def checkpoint(writer, case, name):
    return writer.option("checkpointLocation", in_case(case, "checkpoints", name))


def to_silver(case, table, files_a_batch=1, frame=None):
    where = dict(TABLES)[table]
    writer = enriched(source(case, files_a_batch) if frame is None else frame).where(where).writeStream
    return checkpoint(writer.format("parquet").partitionBy("date"), case, table).option(
        "path", in_case(case, "silver", table)
    )


def write_table(case, rows, table):
    rows.where(dict(TABLES)[table]).write.mode("append").partitionBy("date").parquet(in_case(case, "silver", table))


def to_both(case, between=lambda batch: None):
    def write(frame, batch):
        rows = enriched(frame)
        write_table(case, rows, "messages")
        between(batch)
        write_table(case, rows, "messages_corrupted")

    return checkpoint(source(case).writeStream.foreachBatch(write), case, "both")


def to_the_end(*writers):
    for query in [writer.trigger(availableNow=True).start() for writer in writers]:
        query.awaitTermination()


def newest(*steps):
    names = glob.glob(os.path.join(*steps, "[0-9]*"))
    return max((int(os.path.basename(name).split(".")[0]) for name in names), default=-1)


def make():
    # Stopped and started, as a notebook is, with batches enough for compact logs and for logs that were removed.
    for part in range(2):
        drop("clean", 4, part * 4)
        to_the_end(*(to_silver("clean", table) for table, _ in TABLES))
    drop("clean", 1, 8)

    drop("foreach", 3)
    to_the_end(to_both("foreach"))

    drop("landing", 3)
    landing = source("landing").writeStream.format("parquet").option("path", in_case("landing", "silver", "bronze"))
    to_the_end(checkpoint(landing, "landing", "bronze"))

    drop("behind", 2)
    to_the_end(*(to_silver("behind", table) for table, _ in TABLES))
    drop("behind", 1, 2)
    to_the_end(to_silver("behind", "messages"))

    drop("others", 1)
    counts = source("others").groupBy("channel").count().writeStream.outputMode("complete").format("noop")
    to_the_end(checkpoint(counts, "others", "state"))
    both = source("others").union(source("others"))
    to_the_end(to_silver("others", "messages", frame=both))
    rate = spark.readStream.format("rate").load().writeStream.format("noop")
    query = checkpoint(rate, "others", "rate").start()
    while newest(in_case("others", "checkpoints", "rate", "commits")) < 0:
        time.sleep(0.05)
    query.stop()

    kill_within_batches()


def kill_within_batches():
    """Kills Spark once foreachBatch has written one of two tables, and a file sink has planned a batch and not written it."""
    drop("killed", 8)
    drop("killed_foreach", 3)
    pid = spark._jvm.java.lang.ProcessHandle.current().pid()
    offsets = in_case("killed", "checkpoints", "messages", "offsets")
    log = in_case("killed", "silver", "messages", "_spark_metadata")
    is_written = threading.Event()

    def kill():
        is_written.wait()
        while not (newest(offsets) >= 4 and newest(offsets) > newest(log)):
            pass
        os.kill(pid, signal.SIGKILL)
        os._exit(0)

    threading.Thread(target=kill, daemon=True).start()

    def stay(batch):
        if batch == 1:
            is_written.set()
            time.sleep(600)

    to_both("killed_foreach", stay).start()
    is_written.wait()
    to_silver("killed", "messages").start()
    time.sleep(120)
    os._exit(1)


def finish():
    drop("killed", 1, 8)
    to_the_end(*(to_silver("killed", table, 5) for table, _ in TABLES), to_both("killed_foreach"))
    to_the_end(to_silver("behind", "messages_corrupted"))


{"make": make, "finish": finish}[mode]()
spark.stop()
