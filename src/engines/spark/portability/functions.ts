import {
  arithmetic,
  common,
  DECIMAL,
  familyOf,
  isComparable,
  isDecimal,
  isInteger,
  type Type,
  UNKNOWN,
  WHOLE,
} from './types.ts'

// The functions that were tried on both engines with every kind of value, and agree. The test of parity runs each of
// them again; what is not listed here is not known to be the same.

/** An argument: its type, and its value where it is written out. */
export interface Argument {
  readonly type: Type
  /** Of a text or an integer that is a literal. */
  readonly literal: string | number | undefined
}

/** Why a function is refused with these arguments, as a clause, and how to write it instead. */
export interface Refusal {
  readonly what: string
  readonly instead: string
}

/** What an argument has to be. */
type Slot = (argument: Argument) => boolean

const isType =
  (...types: readonly Type[]): Slot =>
  ({ type }) =>
    types.includes(type) || type === UNKNOWN
const text = isType('VARCHAR')
const bytesOrText = isType('VARCHAR', 'BLOB')
const date = isType('DATE')
const time = isType('DATE', 'TIMESTAMPTZ')
const timestamp = isType('TIMESTAMPTZ')
const boolean = isType('BOOLEAN')
const integer: Slot = ({ type }) => isInteger(type) || type === UNKNOWN
const decimal: Slot = ({ type }) => isDecimal(type)
const words: Slot = ({ literal }) => typeof literal === 'string'
const someWords: Slot = ({ literal }) => typeof literal === 'string' && literal !== ''
const integerFrom =
  (least: number, most = Number.POSITIVE_INFINITY): Slot =>
  ({ literal }) =>
    typeof literal === 'number' && literal >= least && literal <= most
const oneOf =
  (...options: readonly string[]): Slot =>
  ({ literal }) =>
    typeof literal === 'string' && options.includes(literal.toLowerCase())

interface Signature {
  readonly slots: readonly Slot[]
  /** More arguments of the last kind may follow. */
  readonly hasMore?: boolean
  /** undefined: the engines do not agree about the type, whatever the slots say. */
  readonly returns: Type | ((types: readonly Type[]) => Type | undefined)
  /** How it may be called, for messages. */
  readonly form: string
}

const DATE_PARTS = ['year', 'month', 'day', 'quarter', 'week', 'doy']
const TIME_PARTS = ['hour', 'minute']
const DATE_UNITS = ['year', 'quarter', 'month', 'week', 'day']
const TIME_UNITS = ['hour', 'minute', 'second', 'millisecond', 'microsecond']

function ofAll(types: readonly Type[]): Type | undefined {
  return types.reduce<Type | undefined>((found, type) => (found === undefined ? found : common(found, type)), types[0])
}

const first = ([type]: readonly Type[]): Type | undefined => type

const FUNCTIONS: Readonly<Record<string, readonly Signature[]>> = {
  abs: [{ slots: [({ type }) => familyOf(type) === 'number'], returns: first, form: 'abs(number)' }],
  ascii: [{ slots: [text], returns: 'INTEGER', form: 'ascii(text)' }],
  ceil: [{ slots: [decimal], returns: WHOLE, form: 'ceil(decimal)' }],
  chr: [{ slots: [integerFrom(1, 127)], returns: 'VARCHAR', form: 'chr(1) to chr(127)' }],
  concat_ws: [{ slots: [words, text], hasMore: true, returns: 'VARCHAR', form: "concat_ws(',', text, …)" }],
  contains: [{ slots: [text, words], returns: 'BOOLEAN', form: "contains(text, 'a')" }],
  date_add: [{ slots: [date, integer], returns: 'DATE', form: 'date_add(date, days)' }],
  date_part: [
    { slots: [oneOf(...DATE_PARTS), time], returns: WHOLE, form: `EXTRACT of ${DATE_PARTS.join(', ')}` },
    { slots: [oneOf(...TIME_PARTS), timestamp], returns: WHOLE, form: `EXTRACT of ${TIME_PARTS.join(', ')}` },
  ],
  date_trunc: [
    {
      slots: [oneOf(...DATE_UNITS, ...TIME_UNITS), timestamp],
      returns: 'TIMESTAMPTZ',
      form: "date_trunc('hour', timestamp)",
    },
    { slots: [oneOf(...DATE_UNITS), date], returns: 'day', form: "CAST(date_trunc('week', date) AS DATE)" },
  ],
  floor: [{ slots: [decimal], returns: WHOLE, form: 'floor(decimal)' }],
  greatest: [{ slots: [() => true], hasMore: true, returns: ofAll, form: 'greatest of values of one type' }],
  hex: [{ slots: [bytesOrText], returns: 'VARCHAR', form: 'hex(text)' }],
  instr: [{ slots: [text, words], returns: WHOLE, form: "instr(text, 'a')" }],
  last_day: [{ slots: [date], returns: 'DATE', form: 'last_day(date)' }],
  least: [{ slots: [() => true], hasMore: true, returns: ofAll, form: 'least of values of one type' }],
  left: [{ slots: [text, integerFrom(0)], returns: 'VARCHAR', form: 'left(text, 0 or more)' }],
  length: [{ slots: [text], returns: WHOLE, form: 'length(text)' }],
  like_escape: [{ slots: [text, words, someWords], returns: 'BOOLEAN', form: "LIKE 'a!_%' ESCAPE '!'" }],
  lpad: [{ slots: [text, integerFrom(0), someWords], returns: 'VARCHAR', form: "lpad(text, 0 or more, 'x')" }],
  make_date: [{ slots: [integer, integer, integer], returns: 'DATE', form: 'make_date(year, month, day)' }],
  md5: [{ slots: [bytesOrText], returns: 'VARCHAR', form: 'md5(text)' }],
  nullif: [
    {
      slots: [() => true, () => true],
      returns: ([own, other]) => (own !== undefined && isComparable(own, other ?? own) ? own : undefined),
      form: 'nullif of values of one type',
    },
  ],
  position: [{ slots: [text, words], returns: WHOLE, form: "position('a' IN text)" }],
  repeat: [{ slots: [text, integerFrom(0)], returns: 'VARCHAR', form: 'repeat(text, 0 or more)' }],
  replace: [{ slots: [text, words, words], returns: 'VARCHAR', form: "replace(text, 'a', 'b')" }],
  right: [{ slots: [text, integerFrom(0)], returns: 'VARCHAR', form: 'right(text, 0 or more)' }],
  round: [
    { slots: [decimal], returns: WHOLE, form: 'round(decimal)' },
    { slots: [decimal, integerFrom(0)], returns: DECIMAL, form: 'round(decimal, 0 or more)' },
  ],
  rpad: [{ slots: [text, integerFrom(0), someWords], returns: 'VARCHAR', form: "rpad(text, 0 or more, 'x')" }],
  sha1: [{ slots: [text], returns: 'VARCHAR', form: 'sha1(text)' }],
  split_part: [
    { slots: [text, someWords, integerFrom(1)], returns: 'VARCHAR', form: "split_part(text, ',', 1 or more)" },
  ],
  substring: [
    { slots: [text, integerFrom(1)], returns: 'VARCHAR', form: 'substring(text, 1 or more)' },
    {
      slots: [text, integerFrom(1), integerFrom(0)],
      returns: 'VARCHAR',
      form: 'substring(text, 1 or more, 0 or more)',
    },
  ],
  to_timestamp: [{ slots: [isType('INTEGER')], returns: 'TIMESTAMPTZ', form: 'to_timestamp(integer)' }],
  translate: [{ slots: [text, words, words], returns: 'VARCHAR', form: "translate(text, 'ab', 'xy')" }],
  '~~': [{ slots: [text, words], returns: 'BOOLEAN', form: "text LIKE 'a%'" }],
  '!~~': [{ slots: [text, words], returns: 'BOOLEAN', form: "text NOT LIKE 'a%'" }],
  '||': [{ slots: [text, text], returns: 'VARCHAR', form: 'text || text' }],
}

/** The name by which a function is listed → other names of it that both engines know. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  ceiling: 'ceil',
  char_length: 'length',
  character_length: 'length',
  datepart: 'date_part',
  len: 'length',
  substr: 'substring',
  ...Object.fromEntries(['year', 'month', 'quarter'].map((part) => [part, part])),
}

/** Functions for one part of a time. */
const PARTS: Readonly<Record<string, readonly Slot[]>> = {
  day: [time],
  dayofmonth: [time],
  dayofyear: [time],
  hour: [timestamp],
  minute: [timestamp],
  month: [time],
  quarter: [time],
  second: [timestamp],
  weekofyear: [time],
  year: [time],
}

const AGGREGATES: Readonly<Record<string, readonly Signature[]>> = {
  bool_and: [{ slots: [boolean], returns: 'BOOLEAN', form: 'bool_and(truth value)' }],
  bool_or: [{ slots: [boolean], returns: 'BOOLEAN', form: 'bool_or(truth value)' }],
  count: [{ slots: [() => true], returns: 'BIGINT', form: 'count(value)' }],
  count_star: [{ slots: [], returns: 'BIGINT', form: 'count(*)' }],
  max: [{ slots: [() => true], returns: first, form: 'max(value)' }],
  min: [{ slots: [() => true], returns: first, form: 'min(value)' }],
  sum: [
    { slots: [integer], returns: WHOLE, form: 'sum(integer)' },
    { slots: [decimal], returns: DECIMAL, form: 'sum(decimal)' },
  ],
}

export type Call = { readonly type: Type } | { readonly refusal: Refusal }

export function isAggregate(name: string): boolean {
  return Object.hasOwn(AGGREGATES, name)
}

/** What a function returns on both engines, or why that is not known to be the same. */
export function calledFunction(name: string, given: readonly Argument[]): Call {
  const part = Object.hasOwn(PARTS, name) ? PARTS[name] : undefined
  const own = Object.hasOwn(OTHER_NAMES, name) ? (OTHER_NAMES[name] ?? name) : name
  const found =
    part !== undefined
      ? [{ slots: part, returns: WHOLE, form: `${name}(time)` }]
      : Object.hasOwn(FUNCTIONS, own)
        ? FUNCTIONS[own]
        : undefined
  return called(name, found, given)
}

/** The same for an aggregate. */
export function calledAggregate(name: string, given: readonly Argument[]): Call {
  return called(name, AGGREGATES[name], given)
}

function called(name: string, signatures: readonly Signature[] | undefined, given: readonly Argument[]): Call {
  if (signatures === undefined) return { refusal: refusalOf(name) }
  for (const { slots, hasMore, returns } of signatures) {
    const fits = hasMore === true ? given.length >= slots.length : given.length === slots.length
    if (!fits || !given.every((argument, index) => (slots[index] ?? slots.at(-1))?.(argument))) continue
    const type = typeof returns === 'string' ? returns : returns(given.map((argument) => argument.type))
    if (type !== undefined) return { type }
  }
  const known = REASONS[name]
  if (known !== undefined && !Object.hasOwn(AGGREGATES, name)) return { refusal: known }
  const forms = signatures.map(({ form }) => form).join(', or ')
  const what = `${shown(name)} is not known to be the same on Spark with these arguments`
  return {
    refusal: Object.hasOwn(SUM_REASONS, name)
      ? (SUM_REASONS[name] as Refusal)
      : { what, instead: `It is the same as ${forms}.` },
  }
}

function shown(name: string): string {
  const operator = { '~~': 'LIKE', '!~~': 'NOT LIKE', '||': '||' }[name]
  return operator ?? `${name === 'count_star' ? 'count' : name}()`
}

const ELSEWHERE = 'Compute it before, or write it for Spark in a file of its own.'

function reason(what: string, instead = ELSEWHERE): Refusal {
  return { what, instead }
}

const REGULAR = reason(
  'regular expressions are not the same on Spark: it reads another language, and replaces all matches',
  'Use LIKE, split_part or replace.',
)
const CASES = reason('upper and lower case of letters such as ß and İ are not the same on Spark', 'Use translate.')
const CLOCK = reason('the clock is read by each engine when it likes', "Use CAST(getvariable('batch_time') AS DATE).")
const LISTS = reason('lists, structs and maps are written and counted in another way on Spark')
const ROUNDED = reason('the last digits of the result are not the same on Spark')
const DIFFERENCE = reason('differences of times are called and counted in another way on Spark')
const WEEKDAY = reason('Spark counts the days of the week from another one', 'Use date_trunc and compare dates.')
const ONLY_DUCKDB = (name: string): Refusal =>
  reason(`${name}() is not known to Spark, or not known to be the same there`)

/** Why what is best known is not the same; everything else is not known to be. */
const REASONS: Readonly<Record<string, Refusal>> = {
  ...Object.fromEntries(
    ['regexp_replace', 'regexp_matches', 'regexp_extract', 'regexp_full_match', 'regexp_extract_all', '~', '!~'].map(
      (name) => [name, REGULAR],
    ),
  ),
  ...Object.fromEntries(['lower', 'upper', 'lcase', 'ucase', '~~*', '!~~*'].map((name) => [name, CASES])),
  ...Object.fromEntries(['now', 'today', 'current_date', 'get_current_timestamp'].map((name) => [name, CLOCK])),
  ...Object.fromEntries(
    [
      'list_value',
      'struct_pack',
      'row',
      'map',
      'array_extract',
      'list_contains',
      'unnest',
      'list',
      'array_agg',
      'range',
      'list_transform',
      'struct_extract',
      'array_slice',
      'len',
    ].map((name) => [name, LISTS]),
  ),
  ...Object.fromEntries(
    [
      'sqrt',
      'exp',
      'ln',
      'log',
      'log10',
      'log2',
      'pow',
      'power',
      '**',
      '^',
      'sin',
      'cos',
      'tan',
      'cbrt',
      'avg',
      'mean',
      'stddev',
      'stddev_samp',
      'stddev_pop',
      'variance',
      'var_samp',
      'var_pop',
      'corr',
    ].map((name) => [name, ROUNDED]),
  ),
  ...Object.fromEntries(['date_diff', 'datediff', 'date_sub', 'age'].map((name) => [name, DIFFERENCE])),
  ...Object.fromEntries(['dayofweek', 'weekday', 'isodow', 'dayname', 'monthname'].map((name) => [name, WEEKDAY])),
  avg: reason('avg() adds in another type on Spark', 'Write CAST(sum(x) AS DOUBLE) / nullif(count(x), 0).'),
  concat: reason('on Spark, concat() with NULL is NULL', "Use ||, or concat_ws('', a, b)."),
  count_if: reason('count_if() has another type on Spark', 'Use count(*) FILTER (WHERE …).'),
  date_part: reason(
    'this part of a time is not the same on Spark',
    `Use one of ${[...DATE_PARTS, ...TIME_PARTS].join(', ')}.`,
  ),
  date_trunc: reason(
    'this unit of date_trunc() is not the same on Spark',
    `Use one of ${[...DATE_UNITS, ...TIME_UNITS].join(', ')}; of a DATE, inside CAST(… AS DATE).`,
  ),
  error: reason('error() is called raise_error() on Spark'),
  hash: reason('hash() is another function on Spark', 'Use md5.'),
  printf: reason('printf() writes NULL on Spark', 'Use ||.'),
  round: reason(
    'round() of a DOUBLE is not the same on Spark: 1.005',
    'Cast to DECIMAL what is read, where its table is made.',
  ),
  floor: reason('floor() of a DOUBLE has another type on Spark, and fails for large ones', 'Use it on a DECIMAL.'),
  ceil: reason('ceil() of a DOUBLE has another type on Spark, and fails for large ones', 'Use it on a DECIMAL.'),
  chr: reason('chr() beyond 255 is another character on Spark', 'Write the character itself.'),
  reverse: reason('reverse() takes accents off their letters on Spark'),
  string_agg: reason('string_agg() is written in another way on Spark'),
  substring: reason(
    'substring() that begins before the first character is not the same on Spark',
    'Let it begin at 1 or more, or use left or right.',
  ),
  trim: reason('Spark takes away only blanks, DuckDB all kinds of spaces', "Write trim(BOTH ' ' FROM x)."),
  ltrim: reason('Spark takes away only blanks, DuckDB all kinds of spaces', "Write trim(LEADING ' ' FROM x)."),
  rtrim: reason('Spark takes away only blanks, DuckDB all kinds of spaces', "Write trim(TRAILING ' ' FROM x)."),
  typeof: reason('types have other names on Spark'),
  '//': reason('Spark has no //', 'Write CAST(floor(CAST(a AS DECIMAL(18,0)) / …) AS BIGINT), or compute it before.'),
  '@': reason('@ is not known to Spark', 'Write abs(x).'),
  '<<': reason('shifted bits are not the same on Spark'),
  '>>': reason('shifted bits are not the same on Spark'),
}

const SUM_REASONS: Readonly<Record<string, Refusal>> = {
  sum: reason('a sum of DOUBLE depends on the order of the rows, also in DuckDB', 'Sum a DECIMAL.'),
}

function refusalOf(name: string): Refusal {
  return Object.hasOwn(REASONS, name) ? (REASONS[name] ?? ONLY_DUCKDB(name)) : ONLY_DUCKDB(name)
}

/** The type of an operator between two numbers or times. */
export function calledOperator(name: '+' | '-' | '*', left: Argument, right: Argument): Call {
  const type = arithmetic(name, left.type, right.type)
  if (type !== undefined) return { type }
  return { refusal: operatorRefusal(left.type, right.type) }
}

function operatorRefusal(left: Type, right: Type): Refusal {
  const types = [left, right]
  if (types.every((type) => familyOf(type) === 'time')) return DIFFERENCE
  if (types.some((type) => type === 'TINYINT' || type === 'SMALLINT')) {
    return reason(
      'a number that is written out has another type beside a small integer on Spark',
      'CAST the column to INTEGER.',
    )
  }
  if (types.includes('FLOAT')) return reason('FLOAT becomes DOUBLE on Spark here', 'CAST it to DOUBLE first.')
  if (types.some(isDecimal))
    return reason(
      'this product has fewer digits in DuckDB than on Spark',
      'CAST one side to DOUBLE or to a longer DECIMAL.',
    )
  return reason('these operands are not known to be the same on Spark', 'Use CAST.')
}
