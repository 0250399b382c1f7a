"""Checks the SELECT of a stream, and stages its batches."""

import os
import re
import shutil

from pyspark.errors import AnalysisException, ParseException
from pyspark.sql import functions as F

from .columns import column, name_of, quoted, type_of
from .failures import Failure, causes_of, first_line, value_in
from .inputs import empty_frame, frame_of, frame_of_file, view

DESTINATION = "destination"
BATCH_TIME = "batch_time"
SAMPLE_TIME = "1970-01-01T00:00:00.000Z"
NULL_FOLDER = "__HIVE_DEFAULT_PARTITION__"

# The kinds of input that it can read, and why not the others.
REFUSED = {
    "generated": "the rows of a generator are made by DuckDB's functions, which Spark has not",
    "foreign": "the files of a landing folder need checks and casts of values that only DuckDB does",
}

# Characters that Spark writes as % and two digits in the name of a folder.
ESCAPED = "".join(map(chr, range(1, 32))) + "\"#%'*/:=?\\\x7f{[]^"
MAX_NAME_BYTES = 255
SHOWN_CHARACTERS = 40


# The folder by which a runner knows that it is alone in a staging folder.
CLAIM = "runner"


def claim(folder):
    """Each attempt at a batch has a folder of its own. Two runners in one would write its rows twice."""
    try:
        os.mkdir(os.path.join(folder, CLAIM))
    except FileExistsError as error:
        raise Failure(
            f"another runner has begun a batch in the staging folder {folder}.",
            remedy="Each attempt at a batch needs a staging folder of its own.",
        ) from error


def check(spark, plan):
    shape = plan["shape"]
    refuse_kind(plan["inputKind"])
    view(empty_frame(spark, shape["columns"]), shape["relation"])
    for reference in shape["references"]:
        view(empty_frame(spark, reference["columns"]), reference["name"])
    set_variables(spark, {**plan["variables"], BATCH_TIME: SAMPLE_TIME})
    selected(spark, shape)


def stage(spark, plan):
    shape = plan["shape"]
    refuse_kind(plan["input"]["kind"])
    side = plan["spark"]
    view(frame_of(spark, plan["input"], side["input"]), shape["relation"])
    for reference in side["references"]:
        view(frame_of_file(spark, reference["file"]), reference["name"])
    set_variables(spark, {BATCH_TIME: plan["batchTime"]})
    rows = selected(spark, shape)
    try:
        files = write(spark, plan, rows)
    except Exception as error:
        raise value_failure(shape, error) or located(shape, error) or error
    return {
        "references": {reference["name"]: reference["hash"] for reference in side["references"]},
        "files": files,
    }


def refuse_kind(kind):
    if kind in REFUSED:
        raise Failure(f"Spark cannot run this stream: {REFUSED[kind]}.", remedy="Run it with DuckDB.")


def set_variables(spark, variables):
    """Makes `getvariable` a function that knows these, as DuckDB's does."""
    texts = {name: value for name, value in variables.items() if isinstance(value, str)}
    cases = " ".join(f"WHEN {text_literal(name)} THEN {text_literal(value)}" for name, value in texts.items())
    spark.sql(
        "CREATE OR REPLACE TEMPORARY FUNCTION getvariable(name STRING) RETURNS STRING "
        f"RETURN CASE name {cases} END"
    )


def text_literal(text):
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def selected(spark, shape):
    """The rows that the SELECT returns, whose columns are those that the tables need."""
    select = shape["select"]
    if select is None:
        rows = spark.table(quoted(shape["relation"]))
    else:
        try:
            rows = spark.sql(select["text"])
        except (AnalysisException, ParseException) as error:
            raise sql_failure(shape, error) from error
    assert_columns(shape, rows)
    return rows


def sql_failure(shape, error):
    # The first line says what is wrong, a later one where.
    message = first_line(error.getMessage() or str(error))
    line = re.search(r"\bline (\d+),? pos", str(error))
    place = f" line {line[1]}" if line else ""
    names = ", ".join([shape["relation"], *(reference["name"] for reference in shape["references"])])
    is_unknown = "TABLE_OR_VIEW_NOT_FOUND" in message
    remedy = f"It can read {names}: a reference must be listed under \"in\" in its header." if is_unknown else None
    return Failure(f"{shape['select']['name']}{place}: Spark says: {message}", "LAKE_SQL_INVALID", remedy)


def assert_columns(shape, rows):
    wanted = {DESTINATION: "VARCHAR"} if len(shape["tables"]) > 1 else {}
    for table in shape["tables"]:
        wanted.update(table["columns"])
    name = shape["select"]["name"] if shape["select"] else shape["relation"]
    found = {field.name: field.dataType for field in rows.schema.fields}
    doubled = next((each for each in found if rows.columns.count(each) > 1), None)
    if doubled is not None:
        raise invalid(f"{name}: returns two columns named {doubled}: rename one, or leave it out")
    for column_name, kind in wanted.items():
        if column_name not in found:
            raise invalid(f"{name}: returns no column {column_name} in Spark; it returns {', '.join(rows.columns)}")
        if found[column_name] != type_of(kind):
            has = name_of(found[column_name])
            raise invalid(f"{name}: returns {column_name} as {has} in Spark, but its table needs {kind}: use CAST")
    extra = next((each for each in rows.columns if each not in wanted), None)
    if extra is not None:
        raise invalid(f"{name}: returns a column {extra} that no table has")


def invalid(message):
    return Failure(message, "LAKE_SQL_INVALID")


def write(spark, plan, rows):
    """Writes the rows of each group of tables that are alike. Returns the files."""
    shape = plan["shape"]
    groups = groups_of(shape["tables"])
    several = len(shape["tables"]) > 1
    if several:
        rows = rows.withColumn(DESTINATION, checked_destination(shape))
    if len(groups) == 1:
        return write_group(plan, rows, groups[0], "rows", several)
    # The SELECT runs once: it might return other rows each time.
    kept = os.path.join(plan["stagingFolder"], "selected")
    rows.write.mode("error").parquet(kept)
    files = []
    for index, group in enumerate(groups):
        names = [table["name"] for table in group]
        again = spark.read.schema(rows.schema).option("__globPaths__", "false").parquet(kept)
        of_group = again.where(column(DESTINATION).isin(names))
        files += write_group(plan, of_group, group, f"rows{index}", several)
    shutil.rmtree(kept)
    return files


def groups_of(tables):
    """Tables with the same columns and folders, which one job can write."""
    groups = {}
    for table in tables:
        key = (tuple(table["columns"].items()), tuple(table["partitionBy"]))
        groups.setdefault(key, []).append(table)
    return list(groups.values())


def write_group(plan, rows, tables, folder, several):
    table = tables[0]
    partition_by = table["partitionBy"]
    values = [
        checked_value(name, kind).alias(name) if name in partition_by else column(name)
        for name, kind in table["columns"].items()
    ]
    levels = ([DESTINATION] if several else []) + partition_by
    top = os.path.join(plan["stagingFolder"], folder)
    writer = (
        rows.select(*([column(DESTINATION)] if several else []), *values)
        .write.mode("error")
        .option("compression", "zstd")
        .option("mapreduce.output.basename", plan["filePrefix"])
    )
    (writer.partitionBy(*levels) if levels else writer).parquet(top)
    return staged_files(plan, tables, top, several)


def staged_files(plan, tables, top, several):
    names = {folder_name(DESTINATION, table["name"]): table["name"] for table in tables}
    restore_null_texts(top)
    files = []
    for folder, below, found in os.walk(top):
        # What tasks that were not committed have left.
        below[:] = sorted(name for name in below if "=" in name or not name.startswith(("_", ".")))
        steps = os.path.relpath(folder, top).split(os.sep)
        table = names.get(steps[0]) if several else tables[0]["name"]
        for name in sorted(found):
            if name.startswith(plan["filePrefix"]):
                path = os.path.relpath(os.path.join(folder, name), plan["stagingFolder"])
                files.append({"table": table, "path": path})
    return files


def folder_name(name, value):
    return f"{escaped(name)}={escaped(value)}"


def escaped(text):
    return "".join(f"%{ord(character):02X}" if character in ESCAPED else character for character in text)


def restore_null_texts(top):
    """Folders of the text that stands for NULL, and of such a text after U+0001: see `checked_value`."""
    for folder, below, _ in os.walk(top, topdown=False):
        for name in sorted(below, key=len):  # each takes the name of the one before it
            start, marked, rest = name.partition("=%01")
            if marked and rest.replace("%01", "") == NULL_FOLDER:
                text = f"%5F{rest[1:]}" if rest == NULL_FOLDER else rest
                os.rename(os.path.join(folder, name), os.path.join(folder, f"{start}={text}"))


def checked_destination(shape):
    names = [table["name"] for table in shape["tables"]]
    value = column(DESTINATION)
    return F.when(value.isin(names), value).otherwise(refused("destination", value))


def checked_value(name, kind):
    """The value of a column that names folders: one that cannot is refused."""
    value = column(name)
    if kind == "DATE":
        fits = value.isNull() | value.between(F.lit("0001-01-01").cast("date"), F.lit("9999-12-31").cast("date"))
        return F.when(fits, value).otherwise(refused("date", F.lit(name), value.cast("string")))
    if kind != "VARCHAR":
        return value
    # The text that stands for NULL must not be taken for it. U+0001 before it makes it another one.
    is_null_text = value.rlike(f"^\\x01*{NULL_FOLDER}\\z")
    special = F.length(value) - F.length(F.translate(value, ESCAPED, ""))
    size = F.octet_length(value) + 2 * special + len(folder_name(name, "").encode())
    return (
        F.when(is_null_text, F.concat(F.lit("\x01"), value))
        .when(size <= MAX_NAME_BYTES, value)
        .when(value.isNull(), value)
        .otherwise(refused("long", F.lit(name), value, size.cast("string")))
    )


def refused(kind, *texts):
    """An expression that fails, with texts that `value_failure` reads."""
    hexed = [F.coalesce(F.hex(text.cast("string")), F.lit("NULL")) for text in texts]
    return F.raise_error(F.concat(F.lit(f"lakeweir-value:{kind}:"), F.concat_ws(":", *hexed), F.lit(";")))


def value_failure(shape, error):
    found = value_in(causes_of(error))
    if found is None:
        return None
    kind, texts = found
    names = [table["name"] for table in shape["tables"]]
    select = shape["select"]["name"] if shape["select"] else shape["relation"]
    if kind == "destination":
        value = "NULL" if texts[0] is None else shown(texts[0])
        hint = "NULL meets neither a condition nor its NOT; use coalesce." if texts[0] is None else "Fix its CASE."
        return Failure(
            f"{select} returns a row with the destination {value}.",
            "LAKE_SPLIT_FAILED",
            f"Every row needs one of: {', '.join(names)}. {hint}",
        )
    if kind == "date":
        return Failure(
            f"a row of {' or '.join(names)} has {texts[1]} as its {texts[0]}.",
            remedy="Delta has dates of the years 1 to 9999: return one of those, or NULL, instead in the stream's SQL.",
            is_of_value=True,
        )
    return Failure(
        f"a row of {' or '.join(names)} has {shown(texts[1])} as its {texts[0]}.",
        remedy=f"Its folder's name would have {texts[2]} bytes; a disk allows {MAX_NAME_BYTES}: shorten it in the "
        "stream's SQL, or do not partition by it.",
        is_of_value=True,
    )


def shown(text):
    if len(text) <= SHOWN_CHARACTERS:
        return f"'{text}'"
    return f"'{text[:SHOWN_CHARACTERS]}…' ({len(text.encode())} bytes)"


def located(shape, error):
    """A failure of SQL on a row, by the name of the user's file."""
    if shape["select"] is None:
        return None
    chain = causes_of(error)
    for name, message in reversed(chain):
        if name.startswith("org.apache.spark.Spark") and message.startswith("[") and "SQLSTATE: 22" in message:
            return Failure(f"{shape['select']['name']}: Spark says: {first_line(message)}")
    return None
