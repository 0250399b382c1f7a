# What Spark makes of expressions and queries over tables: its type, its error, and the rows as Parquet.
#
# given: runner (folder of the package whose settings count), tables (name -> Parquet), out (folder),
#        cases (list of [relation or "query", SQL, the type in DuckDB]; what has another type here is not run)
# found: for each case {type, file, column} or {error}
import os
import sys
from concurrent.futures import ThreadPoolExecutor

os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
sys.path.insert(0, given["runner"])
from lakeweir_spark.session import SETTINGS
from pyspark.sql import SparkSession
from pyspark.sql.functions import lit

builder = SparkSession.builder.master("local[2]").config("spark.driver.memory", "1500m")
for key in ["spark.driver.host", "spark.driver.bindAddress"]:
    builder = builder.config(key, "127.0.0.1")
for key, value in {
    "spark.ui.enabled": "false",
    "spark.log.level": "OFF",
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.warehouse.dir": given["out"],
    "spark.local.dir": given["out"],
}.items():
    builder = builder.config(key, value)
spark = builder.getOrCreate()
for key, value in SETTINGS.items():
    spark.conf.set(key, value)
for name, file in given["tables"].items():
    spark.read.parquet(file).createOrReplaceTempView(name)
spark.udf.register("getvariable", lambda name: "2026-11-22T10:00:00.000Z")


def text_of(relation, expression, column):
    return f"SELECT n, ({expression}) AS {column} FROM {relation}"


def said(error):
    return (str(error).strip().split("\n") or [""])[0][:200]


def type_of(case):
    relation, expression, _ = case
    frame = spark.sql(expression if relation == "query" else text_of(relation, expression, "x"))
    kind = frame.dtypes[-1][1]
    return frame, ", ".join(kind for _, kind in frame.dtypes) if relation == "query" else kind


def write(frame, name):
    file = f"{given['out']}/{name}"
    frame.toDF(*[f"c{index}" for index in range(len(frame.columns))]).coalesce(1).write.parquet(file)
    return file


def run_together(relation, numbers, name):
    """Expressions over one relation in one query; where that fails, in halves, until one alone is left to blame."""
    columns = ", ".join(f"({given['cases'][number][1]}) AS x{number}" for number in numbers)
    try:
        file = write(spark.sql(f"SELECT n, {columns} FROM {relation}"), name)
        for place, number in enumerate(numbers):
            found[number].update(file=file, column=f"c{place + 1}")
    except Exception as error:
        if len(numbers) == 1:
            found[numbers[0]]["error"] = said(error)
            return
        half = len(numbers) // 2
        run_together(relation, numbers[:half], f"{name}a")
        run_together(relation, numbers[half:], f"{name}b")


found = [{} for _ in given["cases"]]
together = {}
queries = []
for number, case in enumerate(given["cases"]):
    try:
        frame, found[number]["type"] = type_of(case)
        if found[number]["type"] != case[2]:
            continue
        if case[0] == "query":
            queries.append((frame, number))
        else:
            together.setdefault(case[0], []).append(number)
    except Exception as error:
        found[number]["error"] = said(error)


def run_query(job):
    frame, number = job
    try:
        found[number]["file"] = write(frame, f"q{number}")
    except Exception as error:
        found[number]["error"] = said(error)


with ThreadPoolExecutor(4) as pool:
    list(pool.map(run_query, queries))
for relation, numbers in together.items():
    for start in range(0, len(numbers), 30):
        run_together(relation, numbers[start : start + 30], f"{relation}{start}")
