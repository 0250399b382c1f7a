# Asks every reader of Delta tables the same questions of two tables: one with the stats of its log, one without any.
#
# given: extension, the file of DuckDB's delta extension
#        tables, each with its type, the values to compare with as SQL, and two folders: withStats and without
# found: for each table {type, questions: how many were asked, differences: [{question, withStats, without}]}
import datetime
import operator

import deltalake
import duckdb
import polars
import pyarrow
import pyarrow.dataset

duck = duckdb.connect()
duck.execute(f"LOAD '{given['extension']}'; SET TimeZone = 'UTC'")

COMPARISONS = {
    '=': operator.eq, '!=': operator.ne, '<': operator.lt, '<=': operator.le, '>': operator.gt, '>=': operator.ge
}


def values_of(type, literals):
    """The values as Python has them. Those beyond its years are left out."""
    values = []
    for literal in literals:
        sql = f'CAST({literal} AS {type})'
        try:
            value = duck.execute(f'SELECT {sql}').to_arrow_table()[0][0].as_py()
        except (OverflowError, ValueError, pyarrow.ArrowInvalid):
            continue
        if value is not None and value not in (datetime.date.max, datetime.date.min):
            values.append((sql, value))
    return values


def arrow_type(type):
    return duck.execute(f'SELECT CAST(NULL AS {type})').to_arrow_table().schema.types[0]


def datafusion(type, value):
    """A value as deltalake's own SQL writes it."""
    if isinstance(value, bytes):
        return f"X'{value.hex()}'"
    text = value.isoformat() if isinstance(value, datetime.date) else str(value)
    text = text.replace("'", "''")
    names = {
        'BOOLEAN': 'Boolean', 'TINYINT': 'Int8', 'SMALLINT': 'Int16', 'INTEGER': 'Int32', 'BIGINT': 'Int64',
        'FLOAT': 'Float32', 'DOUBLE': 'Float64', 'VARCHAR': 'Utf8', 'DATE': 'Date32',
        'TIMESTAMPTZ': 'Timestamp(Microsecond, Some("UTC"))',
    }
    if type.startswith('DECIMAL'):
        text = format(value, 'f')
    return f"arrow_cast('{text}', '{names.get(type, type.replace('DECIMAL', 'Decimal128'))}')"



def questions(folder, type, values):
    """Each question by its name, with a function that answers it."""
    table = deltalake.DeltaTable(folder)
    dataset = table.to_pyarrow_dataset()
    engine = deltalake.QueryBuilder().register('t', table)
    arrow = arrow_type(type)
    x = pyarrow.dataset.field('x')
    frame = polars.scan_delta(folder)
    column = polars.col('x')
    # A literal of the column's own type: polars would compare a FLOAT with a DOUBLE otherwise.
    own = polars.from_arrow(pyarrow.table({'x': pyarrow.array([], arrow)}))['x'].dtype

    def of_table(filters):
        return lambda: table.to_pyarrow_table(columns=['id'], filters=filters)['id'].to_pylist()

    def of_dataset(filter):
        return lambda: dataset.to_table(columns=['id'], filter=filter)['id'].to_pylist()

    def of_polars(filter):
        return lambda: frame.filter(filter).select('id').collect()['id'].to_list()

    def of_duckdb(condition):
        sql = f"SELECT id FROM delta_scan('{folder}') WHERE {condition}"
        return lambda: [id for id, in duck.execute(sql).fetchall()]

    def of_engine(condition):
        sql = f'SELECT id FROM t WHERE {condition}'
        return lambda: pyarrow.table(engine.execute(sql).read_all())['id'].to_pylist()

    for sql, value in values:
        scalar = pyarrow.scalar(value, arrow)
        literal = polars.lit(value, own)
        for sign, compare in COMPARISONS.items():
            # pyarrow takes x < NaN for true of any file that has bounds.
            if value == value or sign not in ('<', '<='):
                yield f'deltalake x {sign} {sql}', of_table([('x', sign, value)])
                yield f'dataset x {sign} {sql}', of_dataset(compare(x, scalar))
            yield f'polars x {sign} {sql}', of_polars(compare(column, literal))
            yield f'duckdb x {sign} {sql}', of_duckdb(f'x {sign} {sql}')
            yield f'engine x {sign} {sql}', of_engine(f'x {sign} {datafusion(type, value)}')
    some = [value for _, value in values][::2]
    scalars = pyarrow.array(some, arrow)
    yield 'deltalake x in', of_table([('x', 'in', some)])
    yield 'deltalake x not in', of_table([('x', 'not in', some)])
    yield 'dataset x in', of_dataset(x.isin(scalars))
    yield 'polars x in', of_polars(column.is_in(polars.Series(some, dtype=own)))
    yield 'duckdb x in', of_duckdb(f'x IN ({", ".join(sql for sql, _ in values[::2])})')
    yield 'engine x in', of_engine(f'x IN ({", ".join(datafusion(type, value) for value in some)})')
    yield 'dataset x is null', of_dataset(x.is_null())
    yield 'dataset x is not null', of_dataset(~x.is_null())
    yield 'polars x is null', of_polars(column.is_null())
    yield 'polars x is not null', of_polars(column.is_not_null())
    for condition in ['x IS NULL', 'x IS NOT NULL']:
        yield f'duckdb {condition}', of_duckdb(condition)
        yield f'engine {condition}', of_engine(condition)
    yield 'duckdb totals', of_duckdb_totals(folder, type)
    yield 'engine totals', of_engine_totals(engine, type)


def of_duckdb_totals(folder, type):
    bounds = '' if type == 'BLOB' else ', min(x)::VARCHAR, max(x)::VARCHAR'
    sql = f"SELECT count(*), count(x){bounds} FROM delta_scan('{folder}')"
    return lambda: duck.execute(sql).fetchone()


def of_engine_totals(engine, type):
    # Times as numbers: as text, those beyond its years are errors.
    form = {'DATE': 'Int32', 'TIMESTAMPTZ': 'Int64'}.get(type, 'Utf8')
    bounds = '' if type == 'BLOB' else f", arrow_cast(min(x), '{form}'), arrow_cast(max(x), '{form}')"
    sql = f'SELECT count(*), count(x){bounds} FROM t'
    return lambda: [column.to_pylist()[0] for column in pyarrow.table(engine.execute(sql).read_all()).columns]


found = []
for table in given['tables']:
    asked, differences = 0, []
    values = values_of(table['type'], table['literals'])
    both = [questions(table[folder], table['type'], values) for folder in ('withStats', 'without')]
    for (question, with_stats), (_, without) in zip(*both, strict=True):
        asked += 1
        answers = [sorted(answer(), key=str) for answer in (with_stats, without)]
        if answers[0] != answers[1]:
            differences.append({'question': question, 'withStats': answers[0], 'without': answers[1]})
    found.append({'type': table['type'], 'questions': asked, 'differences': differences})
