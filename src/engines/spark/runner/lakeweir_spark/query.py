"""Runs a query over whole tables, such as a report."""

import os
import re

from pyspark.errors import AnalysisException, ParseException

from .failures import Failure, first_line
from .inputs import frame_of, frame_of_file, view
from .session import apply

ROWS_FOLDER = "rows"

# What a text of SQL is made of, as Spark reads it: comments, texts and names in quotes, in which a semicolon ends no
# statement; then a semicolon; then everything else.
TOKEN = re.compile(
    r"""(?P<comment>--(?:\\\n|[^\n])*|/\*.*?(?:\*/|\Z))
    |(?<!\w)[rR](?:'[^']*'|"[^"]*")
    |'(?:[^'\\]|\\.|'')*'
    |"(?:[^"]|"")*"
    |`(?:[^`]|``)*`
    |(?P<end>;)
    |.""",
    re.DOTALL | re.VERBOSE,
)


def statements_of(text):
    """The statements of a script; one that begins with BEGIN is whole, whatever it holds."""
    statements = []
    parts = []
    is_empty = True
    is_script = re.match(r"(?:\s|--[^\n]*\n|/\*.*?\*/)*BEGIN\b", text, re.DOTALL | re.IGNORECASE) is not None
    for token in TOKEN.finditer(text):
        if token["end"] and not is_script:
            if not is_empty:
                statements.append("".join(parts))
            parts, is_empty = [], True
            continue
        # A comment keeps its lines, so that Spark names the line of the file.
        parts.append(token[0])
        is_empty = is_empty and (token["comment"] is not None or token[0].isspace())
    if not is_empty:
        statements.append("".join(parts))
    return statements


def answer(spark, plan):
    query = plan["query"]
    prepared = plan["spark"]
    # Temporary views, variables and functions are of this session alone.
    session = spark.newSession()
    apply(session)
    try:
        for table in query["tables"]:
            view(frame_of(session, table["input"], prepared["inputs"][table["name"]]), table["name"])
        for reference in prepared["references"]:
            view(frame_of_file(session, reference["file"]), reference["name"])
        for each in query["views"]:
            view(rows_of(session, each, "LAKE_SQL_INVALID"), each["view"])
        rows = rows_of(session, query, "LAKE_QUERY_FAILED")
        return written(rows, plan["outputFolder"])
    finally:
        session.catalog.clearCache()


def rows_of(session, file, code):
    """The rows of the last statement of a file."""
    rows = None
    for statement in statements_of(file["text"]):
        try:
            rows = session.sql(statement)
        except (AnalysisException, ParseException) as error:
            message = first_line(error.getMessage() or str(error))
            raise Failure(f"{file['name']}: Spark says: {message}", code) from error
    if rows is None or not rows.columns:
        raise Failure(f"{file['name']}: its last statement returns no rows.", code, "End it with a SELECT.")
    return rows


def written(rows, folder):
    """Writes the rows in their order. The files call columns by their place, for names may be any and occur twice."""
    columns = rows.columns
    place = os.path.join(folder, ROWS_FOLDER)
    rows.toDF(*[f"c{index}" for index in range(len(columns))]).write.mode("error").parquet(place)
    names = sorted(name for name in os.listdir(place) if name.endswith(".parquet"))
    return {"columns": columns, "files": [f"{ROWS_FOLDER}/{name}" for name in names]}
