"""The job of silver in plain PySpark Structured Streaming, as a notebook has it: the line of the bench beside our own.

    python silver_streaming.py BRONZE COUNTRIES SINK CHECKPOINT

Reads the Parquet files of bronze, adds the country and the date, and writes valid and corrupted messages in foreachBatch
with a filter and a partitioned write each. For each line of its input it takes all new files in one batch, and prints how
many milliseconds that batch took and how many rows it had. Ends when its input is closed.
"""

import os
import sys

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.functions import broadcast, coalesce, col, lit

SCHEMA = (
    "timestamp TIMESTAMP, value BIGINT, event_type STRING, message_id STRING, channel STRING, country_id INT, user_id INT"
)


def main(bronze: str, countries_file: str, sink: str, checkpoint: str) -> None:
    spark = (
        SparkSession.builder.master("local[2]")
        .appName("silver_streaming")
        .config("spark.driver.memory", "2g")
        .config("spark.sql.session.timeZone", "UTC")
        # The same files as ours: not the timestamps of old Sparks, and the same codec.
        .config("spark.sql.parquet.outputTimestampType", "TIMESTAMP_MICROS")
        .config("spark.sql.parquet.compression.codec", "zstd")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .getOrCreate()
    )
    spark.sparkContext.setLogLevel("ERROR")
    countries = spark.read.option("header", True).schema("country_id INT, country STRING").csv(countries_file)

    def write(batch: DataFrame, number: int) -> None:
        event = coalesce(col("event_type"), lit(""))
        is_corrupted = event.isin("", "NONE")
        for name, rows in (("messages", batch.filter(~is_corrupted)), ("messages_corrupted", batch.filter(is_corrupted))):
            rows.write.mode("append").partitionBy("date").parquet(os.path.join(sink, name))

    messages = (
        spark.readStream.schema(SCHEMA)
        .parquet(bronze)
        .join(broadcast(countries), "country_id", "left")
        .withColumn("date", col("timestamp").cast("date"))
    )
    print("ready", flush=True)
    for _ in sys.stdin:
        query = (
            messages.writeStream.foreachBatch(write)
            .option("checkpointLocation", checkpoint)
            .trigger(availableNow=True)
            .start()
        )
        query.awaitTermination()
        batches = [progress for progress in query.recentProgress if progress["numInputRows"] > 0]
        # Spark counts a row each time that foreachBatch reads it: once for each of the two writes.
        rows = sum(progress["numInputRows"] for progress in batches) // 2
        print(sum(progress["durationMs"]["triggerExecution"] for progress in batches), rows, flush=True)
    spark.stop()


main(*sys.argv[1:])
