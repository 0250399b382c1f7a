"""The contract's types and names in Spark."""

import re

from pyspark.sql import functions as F
from pyspark.sql import types as T

PLAIN_TYPES = {
    "BOOLEAN": T.BooleanType(),
    "TINYINT": T.ByteType(),
    "SMALLINT": T.ShortType(),
    "INTEGER": T.IntegerType(),
    "BIGINT": T.LongType(),
    "FLOAT": T.FloatType(),
    "DOUBLE": T.DoubleType(),
    "VARCHAR": T.StringType(),
    "BLOB": T.BinaryType(),
    "DATE": T.DateType(),
    "TIMESTAMPTZ": T.TimestampType(),
}

DECIMAL = re.compile(r"^DECIMAL\((\d+), ?(\d+)\)$")


def type_of(name):
    """Spark's type for one of the contract's."""
    decimal = DECIMAL.match(name)
    return T.DecimalType(int(decimal[1]), int(decimal[2])) if decimal else PLAIN_TYPES[name]


def name_of(spark_type):
    """The contract's name of a type of Spark's; for others Spark's own."""
    if isinstance(spark_type, T.DecimalType):
        return f"DECIMAL({spark_type.precision},{spark_type.scale})"
    for name, known in PLAIN_TYPES.items():
        if type(known) is type(spark_type) and (name != "VARCHAR" or spark_type == known):
            return name
    return spark_type.simpleString().upper()


def schema_of(columns):
    """A schema in which every column may be NULL. Nothing is ever inferred."""
    return T.StructType([T.StructField(name, type_of(kind), True) for name, kind in columns.items()])


def quoted(name):
    """A name as Spark parses it."""
    return "`" + name.replace("`", "``") + "`"


def column(name):
    return F.col(quoted(name))
