# Reads Delta tables with the readers that are Python's own: all rows, and the ids of filters on every column.
#
# given: out, a folder for files of rows
#        tables, each with its name, folder and columns (name: type)
#        questions: [{table, column, type, sign, text, number, ids}]
# found: rows: [{reader, table, file}]; asked: how many filters were tried; differences: [{reader, question, ids}]
import decimal
import operator

import deltalake
import polars
import pyarrow
import pyarrow.dataset
import pyarrow.parquet

COMPARISONS = {'=': operator.eq, '<': operator.lt, '>=': operator.ge}
ARROW = {
    'BOOLEAN': pyarrow.bool_(), 'TINYINT': pyarrow.int8(), 'SMALLINT': pyarrow.int16(), 'INTEGER': pyarrow.int32(),
    'BIGINT': pyarrow.int64(), 'FLOAT': pyarrow.float32(), 'DOUBLE': pyarrow.float64(), 'VARCHAR': pyarrow.string(),
    'BLOB': pyarrow.binary(), 'DATE': pyarrow.date32(), 'TIMESTAMPTZ': pyarrow.timestamp('us', 'UTC'),
    'DECIMAL(9,2)': pyarrow.decimal128(9, 2), 'DECIMAL(38,10)': pyarrow.decimal128(38, 10),
}
DATAFUSION = {
    'BOOLEAN': 'Boolean', 'TINYINT': 'Int8', 'SMALLINT': 'Int16', 'INTEGER': 'Int32', 'BIGINT': 'Int64',
    'FLOAT': 'Float32', 'DOUBLE': 'Float64', 'VARCHAR': 'Utf8', 'DECIMAL(9,2)': 'Decimal128(9, 2)',
    'DECIMAL(38,10)': 'Decimal128(38, 10)',
}


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def text_of(value):
    return "'" + value.replace("'", "''") + "'"


def scalar(question):
    type, text, number = question['type'], question['text'], question['number']
    if type == 'DATE':
        return pyarrow.scalar(int(number), pyarrow.int32()).cast(pyarrow.date32())
    if type == 'TIMESTAMPTZ':
        return pyarrow.scalar(int(number), pyarrow.int64()).cast(pyarrow.timestamp('us', 'UTC'))
    if type == 'BLOB':
        return pyarrow.scalar(bytes.fromhex(text))
    if type.startswith('DECIMAL'):
        return pyarrow.scalar(decimal.Decimal(text), ARROW[type])
    if type == 'BOOLEAN':
        return pyarrow.scalar(text == 'true')
    if type in ('FLOAT', 'DOUBLE'):
        return pyarrow.scalar(float(text), ARROW[type])
    if type == 'VARCHAR':
        return pyarrow.scalar(text)
    return pyarrow.scalar(int(text), ARROW[type])


def datafusion_value(question):
    type, text, number = question['type'], question['text'], question['number']
    if type == 'BLOB':
        return f"X'{text}'"
    if type == 'DATE':
        return f"arrow_cast(arrow_cast({number}, 'Int32'), 'Date32')"
    if type == 'TIMESTAMPTZ':
        return f"arrow_cast(arrow_cast({number}, 'Int64'), 'Timestamp(Microsecond, Some(\"UTC\"))')"
    return f"arrow_cast({text_of(text)}, '{DATAFUSION[type]}')"


def sql_condition(question, value):
    column, sign = quoted(question['column']), question['sign']
    return f'{column} {sign}' if question['text'] is None else f'{column} {sign} {value(question)}'


def polars_condition(question):
    column = polars.col(question['column'])
    if question['sign'] == 'IS NULL':
        return column.is_null()
    if question['sign'] == 'IS NOT NULL':
        return column.is_not_null()
    value = scalar(question)
    own = polars.from_arrow(pyarrow.table({'x': pyarrow.array([], ARROW[question['type']])}))['x'].dtype
    return COMPARISONS[question['sign']](column, polars.lit(value.as_py(), own))


def arrow_condition(question):
    column = pyarrow.dataset.field(question['column'])
    if question['sign'] == 'IS NULL':
        return column.is_null()
    if question['sign'] == 'IS NOT NULL':
        return ~column.is_null()
    return COMPARISONS[question['sign']](column, scalar(question))


def readers(table):
    """Every reader with two functions: one returns all rows as Arrow has them, one the ids of a question."""
    folder = table['folder']
    opened = deltalake.DeltaTable(folder)
    dataset = opened.to_pyarrow_dataset()
    engine = deltalake.QueryBuilder().register('t', opened)
    frame = polars.scan_delta(folder)
    return {
        'deltalake': (
            lambda: dataset.to_table(),
            lambda q: dataset.to_table(columns=['id'], filter=arrow_condition(q))['id'].to_pylist(),
        ),
        "deltalake's SQL": (
            lambda: pyarrow.table(engine.execute('SELECT * FROM t').read_all()),
            lambda q: pyarrow.table(
                engine.execute(f'SELECT id FROM t WHERE {sql_condition(q, datafusion_value)}').read_all()
            )['id'].to_pylist(),
        ),
        'polars': (
            lambda: frame.collect().to_arrow(),
            lambda q: frame.filter(polars_condition(q)).select('id').collect()['id'].to_list(),
        ),
    }


def plain(table):
    """The types that Parquet files have, without those that only Arrow has."""
    fields = []
    for field in table.schema:
        type = field.type
        if pyarrow.types.is_large_string(type) or pyarrow.types.is_string_view(type):
            type = pyarrow.string()
        elif pyarrow.types.is_large_binary(type) or pyarrow.types.is_binary_view(type):
            type = pyarrow.binary()
        elif pyarrow.types.is_dictionary(type):
            type = type.value_type
        fields.append(pyarrow.field(field.name, type))
    return table.cast(pyarrow.schema(fields))


rows, differences, asked = [], [], 0
for table in given['tables']:
    for reader, (all_rows, ids_of) in readers(table).items():
        file = f"{given['out']}/{table['name']}-{len(rows)}.parquet"
        pyarrow.parquet.write_table(plain(all_rows()), file)
        rows.append({'reader': reader, 'table': table['name'], 'file': file})
        for question in given['questions']:
            if question['table'] != table['name']:
                continue
            asked += 1
            try:
                ids = sorted(ids_of(question))
            except Exception as error:
                ids = str(error)
            if ids != question['ids']:
                differences.append({'reader': reader, 'question': question, 'ids': ids})
found = {'rows': rows, 'asked': asked, 'differences': differences}
