"""The rows of an input as a DataFrame."""

import functools
import re
from urllib.parse import unquote

from pyspark.sql import functions as F

from .columns import column, quoted, schema_of, type_of
from .failures import Failure

# A column that no file has, for a file of which no column is read.
NO_COLUMN = "no=column"

# What Spark takes for a pattern in a path.
PATTERN = re.compile(r"[*?\[\]{}\\]")


def view(frame, name):
    """Makes a DataFrame known to SQL by a name of any characters."""
    frame.createOrReplaceTempView(quoted(name))


def frame_of_file(spark, file):
    """A Parquet file that DuckDB has written for Spark: its own schema is the right one."""
    return spark.read.option("__globPaths__", "false").parquet(file)


def empty_frame(spark, columns):
    return spark.createDataFrame([], schema_of(columns))


def frame_of(spark, given, side):
    """
    The rows of an input of the kinds `table`, `delta` and `spooled`.

    `side` is what DuckDB has prepared for it: `files` that Spark can read, in the order of the input's; `values`, a
    Parquet file with the partition values of each file (`file`, then `p0`, `p1`, …); `deleted`, one with `file` and
    `position` of deleted rows. The last two are None where there is nothing to say.
    """
    columns = given["columns"]
    files = side["files"]
    if not files:
        return empty_frame(spark, columns)
    partition_by = given.get("partitionBy", [])
    stored_as = given.get("storedAs", {})
    in_files = {name: kind for name, kind in columns.items() if name not in partition_by}
    stored = {stored_as.get(name, name): kind for name, kind in in_files.items()}
    frames = read_files(spark, files, stored or {NO_COLUMN: "BOOLEAN"})
    if side["values"] is None and side["deleted"] is None:
        return union([frame.select([stored_column(stored_as, name) for name in columns]) for frame in frames])
    # In between, columns have names of our own, because those of a table may be any.
    inner = [stored_column(stored_as, name).alias(f"c{index}") for index, name in enumerate(in_files)]
    rows = union([with_places(frame, inner) for frame in frames])
    paths = path_frame(spark, frames)
    if side["deleted"] is not None:
        deleted = frame_of_file(spark, side["deleted"]).join(F.broadcast(paths), "file").drop("file")
        rows = rows.join(deleted, ["path", "position"], "left_anti")
    if side["values"] is not None:
        values = frame_of_file(spark, side["values"]).join(paths, "file").drop("file")
        rows = rows.join(F.broadcast(values), "path", "left")
    places = {name: f"c{index}" for index, name in enumerate(in_files)}
    places.update({name: f"p{index}" for index, name in enumerate(partition_by)})
    return rows.select([F.col(places[name]).cast(type_of(kind)).alias(name) for name, kind in columns.items()])


def stored_column(stored_as, name):
    return column(stored_as.get(name, name)).alias(name)


def with_places(frame, columns):
    metadata = frame.metadataColumn("_metadata")
    return frame.select(*columns, metadata["file_path"].alias("path"), metadata["row_index"].alias("position"))


def union(frames):
    return functools.reduce(lambda one, other: one.unionAll(other), frames)


def read_files(spark, files, columns):
    """
    DataFrames that together have the rows of the files, each once.

    Spark takes every path for a pattern. Told not to (`__globPaths__`), it reads all files once for each path that has
    a character of patterns in it; told by a backslash, it fails where a name has a colon besides.
    """
    schema = schema_of(columns)
    plain = [file for file in files if not PATTERN.search(file)]
    escaped = [file for file in files if PATTERN.search(file) and ":" not in file]
    single = [file for file in files if PATTERN.search(file) and ":" in file]
    frames = []
    if plain:
        frames.append(spark.read.schema(schema).option("__globPaths__", "false").parquet(*plain))
    if escaped:
        frames.append(spark.read.schema(schema).parquet(*(PATTERN.sub(r"\\\g<0>", file) for file in escaped)))
    for file in single:
        frames.append(spark.read.schema(schema).option("__globPaths__", "false").parquet(file))
    # Whatever becomes of paths: no file is read twice, or left out because its name begins with _ or a dot.
    found = [root for frame in frames for root in roots_of(frame)]
    if len(found) != len(files) or sum(len(frame.inputFiles()) for frame in frames) != len(set(files)):
        raise Failure(f"Spark would not read each of the {len(files)} files of the batch just once.")
    return frames


def roots_of(frame):
    location = frame._jdf.queryExecution().analyzed().collectLeaves().head().relation().location()
    roots = location.rootPaths()
    return range(roots.length())


def path_frame(spark, frames):
    """The `path` by which Spark names the file of a row, and the `file` by which a plan does."""
    named = [path for frame in frames for path in frame.inputFiles()]
    # What a DataFrame calls file:///a, its rows call file:/a.
    pairs = [(re.sub("^file:///", "file:/", path), plain_path(path)) for path in named]
    return spark.createDataFrame(pairs, "path string, file string")


def plain_path(path):
    scheme, found, rest = path.partition(":")
    return unquote("/" + rest.lstrip("/")) if found and scheme == "file" else path
