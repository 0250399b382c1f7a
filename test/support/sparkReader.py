# Reads Delta tables with Spark: all rows by the log and by a glob, and the ids of filters on every column.
#
# given: jars, Delta's archives as `spark.jars` takes them
#        out, a folder for files of rows
#        tables, each with its name, folder, columns (name: type) and partitionBy
#        questions: [{table, column, type, sign, text, number, ids}]
# found: rows: [{reader, table, file}]; asked: how many filters were tried; differences: [{question, ids}]
import functools
import os

os.environ['SPARK_LOCAL_IP'] = '127.0.0.1'

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f

SETTINGS = {
    'spark.jars': given['jars'],
    'spark.sql.extensions': 'io.delta.sql.DeltaSparkSessionExtension',
    'spark.sql.catalog.spark_catalog': 'org.apache.spark.sql.delta.catalog.DeltaCatalog',
    'spark.databricks.delta.snapshotPartitions': '1',
    'spark.driver.host': '127.0.0.1',
    'spark.driver.bindAddress': '127.0.0.1',
    'spark.sql.parquet.outputTimestampType': 'TIMESTAMP_MICROS',
    # Files that Spark did not write have the calendar that everybody has.
    'spark.sql.parquet.datetimeRebaseModeInRead': 'CORRECTED',
    'spark.sql.parquet.datetimeRebaseModeInWrite': 'CORRECTED',
    'spark.sql.session.timeZone': 'UTC',
    'spark.sql.shuffle.partitions': '1',
    'spark.sql.files.openCostInBytes': '0',
    # To compile a plan takes longer than to run it over so few rows.
    'spark.sql.codegen.wholeStage': 'false',
    'spark.sql.codegen.factoryMode': 'NO_CODEGEN',
    'spark.sql.adaptive.enabled': 'false',
    'spark.ui.enabled': 'false',
    'spark.ui.showConsoleProgress': 'false',
}
TYPES = {'INTEGER': 'INT', 'TINYINT': 'TINYINT', 'VARCHAR': 'STRING', 'TIMESTAMPTZ': 'TIMESTAMP'}

builder = SparkSession.builder.master('local[2]').appName('readers')
for name, value in SETTINGS.items():
    builder = builder.config(name, value)
spark = builder.getOrCreate()
spark.sparkContext.setLogLevel('ERROR')


def quoted(name):
    return '`' + name.replace('`', '``') + '`'


def condition(question):
    column, sign, type, text = (question[key] for key in ('column', 'sign', 'type', 'text'))
    if text is None:
        return f'{quoted(column)} {sign}'
    if type == 'BLOB':
        value = f"X'{text}'"
    elif type == 'DATE':
        value = f"date_from_unix_date({question['number']})"
    elif type == 'TIMESTAMPTZ':
        value = f"timestamp_micros({question['number']})"
    else:
        escaped = text.replace('\\', '\\\\').replace("'", "\\'")
        value = f"CAST('{escaped}' AS {TYPES.get(type, type)})"
    return f'{quoted(column)} {sign} {value}'


def from_folder(column, type, table):
    """A column as a glob has it. Spark takes each escaped byte of a folder's name for a character."""
    read = f.col(quoted(column))
    if column not in table['partitionBy'] or type != 'VARCHAR':
        return read
    return f.decode(f.encode(read, 'ISO-8859-1'), 'UTF-8').alias(column)


def written(frame, name):
    folder = f"{given['out']}/{name}"
    frame.coalesce(1).write.parquet(folder)
    [file] = [entry for entry in os.listdir(folder) if entry.endswith('.parquet')]
    return f'{folder}/{file}'


rows, differences, asked = [], [], 0
for table in given['tables']:
    name = table['name']
    frame = spark.read.format('delta').load(table['folder'])
    rows.append({'reader': 'log', 'table': name, 'file': written(frame, f'{name}-log')})
    columns = [from_folder(column, type, table) for column, type in table['columns'].items()]
    glob = spark.read.parquet(table['folder'])
    rows.append({'reader': 'glob', 'table': name, 'file': written(glob.select(*columns), f'{name}-glob')})
    questions = [question for question in given['questions'] if question['table'] == name]
    for column in table['columns']:
        # Each branch of the union has a filter of its own, which is pushed down to the files.
        asking = [question for question in questions if question['column'] == column]
        asked += len(asking)
        branches = [
            frame.where(condition(question)).select(f.lit(index).alias('question'), 'id')
            for index, question in enumerate(asking)
        ]
        found_ids = [[] for _ in asking]
        for row in functools.reduce(DataFrame.union, branches).collect():
            found_ids[row.question].append(row.id)
        for question, ids in zip(asking, found_ids, strict=True):
            if sorted(ids) != question['ids']:
                differences.append({'question': question, 'ids': sorted(ids)})
spark.stop()
found = {'rows': rows, 'asked': asked, 'differences': differences}
