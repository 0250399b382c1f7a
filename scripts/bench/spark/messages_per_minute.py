"""Messages per minute and channel, kept by Spark Structured Streaming: the line of the bench beside live aggregates.

    python messages_per_minute.py LANDING SINK CHECKPOINT

Reads Parquet files that appear in LANDING with the fastest trigger there is, and renames each batch's changed groups as
one file of JSON lines into SINK. Prints "ready" once the query runs, and ends when its input is closed.
"""

import json
import os
import sys

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.functions import col, count, date_trunc

SCHEMA = (
    "timestamp TIMESTAMP, value BIGINT, event_type STRING, message_id STRING, channel STRING, country_id INT, user_id INT"
)


def main(landing: str, sink: str, checkpoint: str) -> None:
    spark = (
        SparkSession.builder.master("local[2]")
        .appName("messages_per_minute")
        # As many as there are cores; the default of 200 is meant for clusters.
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .getOrCreate()
    )
    spark.sparkContext.setLogLevel("ERROR")

    def write(batch: DataFrame, number: int) -> None:
        rows = [json.dumps(row.asDict(), default=str) for row in batch.collect()]
        temporary = os.path.join(sink, f".{number}")
        with open(temporary, "w", encoding="utf-8") as file:
            file.write("\n".join(rows))
        os.rename(temporary, os.path.join(sink, f"{number}.jsonl"))

    messages = spark.readStream.schema(SCHEMA).parquet(landing)
    per_minute = messages.groupBy(date_trunc("minute", col("timestamp")).alias("minute"), col("channel")).agg(
        count("*").alias("messages")
    )
    query = (
        per_minute.writeStream.outputMode("update")
        .option("checkpointLocation", checkpoint)
        .foreachBatch(write)
        .start()
    )
    print("ready", flush=True)
    sys.stdin.read()
    query.stop()
    spark.stop()


main(*sys.argv[1:])
