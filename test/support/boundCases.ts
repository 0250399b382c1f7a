/** A column's values in one file, as SQL, and its bounds in the stats of the file as they stand there, as JSON. */
export interface BoundCase {
  readonly type: string
  readonly values: readonly string[]
  /** `none`: the column has none, as it has no value. `rows alone`: no column of the file has any. */
  readonly bounds: readonly [min: string, max: string] | 'none' | 'rows alone'
  readonly why: string
}

const X = 'x'.repeat(63)
const LONG_AE = 'ä'.repeat(64)
const LAST = '\u{10ffff}'

const WHOLE = 'whole numbers as they are'
const DIGITS = 'digit for digit, also where a double would round'
const ZEROS = 'zeros of both signs on both sides'
const SHORTEST = 'to the last digit'
const NO_NUMBER = 'nothing beside what JSON has no word for'
const NO_VALUE = 'nothing where there is nothing'
const MILLISECONDS = 'floored and ceiled to milliseconds'
const NOT_PARSED = 'nothing beside what readers do not parse'
const CUT = 'cut, so that they still bound'

// biome-ignore format: a table
export const BOUND_CASES: readonly BoundCase[] = [
  { type: 'BOOLEAN', values: ['true', 'false', 'NULL'], bounds: ['false', 'true'], why: 'JSON Booleans' },
  { type: 'BOOLEAN', values: ['true'], bounds: ['true', 'true'], why: 'JSON Booleans' },
  { type: 'BOOLEAN', values: ['NULL'], bounds: 'none', why: NO_VALUE },
  { type: 'TINYINT', values: ['-128', 'NULL', '127'], bounds: ['-128', '127'], why: WHOLE },
  { type: 'TINYINT', values: ['0'], bounds: ['0', '0'], why: WHOLE },
  { type: 'SMALLINT', values: ['-32768', '32767'], bounds: ['-32768', '32767'], why: WHOLE },
  { type: 'SMALLINT', values: ['5', 'NULL'], bounds: ['5', '5'], why: WHOLE },
  { type: 'INTEGER', values: ['-2147483648', 'NULL', '2147483647'], bounds: ['-2147483648', '2147483647'], why: WHOLE },
  { type: 'INTEGER', values: ['-3', 'NULL', '7'], bounds: ['-3', '7'], why: WHOLE },
  { type: 'INTEGER', values: ['NULL', 'NULL'], bounds: 'none', why: NO_VALUE },
  { type: 'BIGINT', values: ['-9223372036854775808', '9223372036854775807'], bounds: ['-9223372036854775808', '9223372036854775807'], why: DIGITS },
  { type: 'BIGINT', values: ['1', 'NULL', '9007199254740993'], bounds: ['1', '9007199254740993'], why: DIGITS },
  { type: 'BIGINT', values: ['9223372036854775806'], bounds: ['9223372036854775806', '9223372036854775806'], why: DIGITS },
  { type: 'BIGINT', values: ['-9007199254740993'], bounds: ['-9007199254740993', '-9007199254740993'], why: DIGITS },
  { type: 'FLOAT', values: ["'-0.0'"], bounds: ['-0.0', '0.0'], why: ZEROS },
  { type: 'FLOAT', values: ['0.0'], bounds: ['-0.0', '0.0'], why: ZEROS },
  { type: 'FLOAT', values: ['0.1', 'NULL'], bounds: ['0.10000000149011612', '0.10000000149011612'], why: SHORTEST },
  { type: 'FLOAT', values: ["'-3.4028235e38'", "'3.4028235e38'"], bounds: ['-3.4028234663852886e+38', '3.4028234663852886e+38'], why: SHORTEST },
  { type: 'FLOAT', values: ["'1e-45'"], bounds: ['1.401298464324817e-45', '1.401298464324817e-45'], why: SHORTEST },
  { type: 'FLOAT', values: ["'NaN'", '3'], bounds: 'rows alone', why: NO_NUMBER },
  { type: 'FLOAT', values: ["'-inf'", '3'], bounds: 'rows alone', why: NO_NUMBER },
  { type: 'DOUBLE', values: ["'-0.0'"], bounds: ['-0.0', '0.0'], why: ZEROS },
  { type: 'DOUBLE', values: ['0.0', '5'], bounds: ['-0.0', '5'], why: ZEROS },
  { type: 'DOUBLE', values: ['0.1::DOUBLE + 0.2::DOUBLE', '1e20'], bounds: ['0.30000000000000004', '100000000000000000000'], why: SHORTEST },
  { type: 'DOUBLE', values: ["'-1.7976931348623157e308'", "'1.7976931348623157e308'", 'NULL'], bounds: ['-1.7976931348623157e+308', '1.7976931348623157e+308'], why: SHORTEST },
  { type: 'DOUBLE', values: ["'5e-324'", "'2.2250738585072011e-308'"], bounds: ['5e-324', '2.225073858507201e-308'], why: SHORTEST },
  { type: 'DOUBLE', values: ["'1e308'"], bounds: ['1e+308', '1e+308'], why: SHORTEST },
  { type: 'DOUBLE', values: ["'NaN'", '1.5'], bounds: 'rows alone', why: NO_NUMBER },
  { type: 'DOUBLE', values: ["'NaN'"], bounds: 'rows alone', why: NO_NUMBER },
  { type: 'DOUBLE', values: ["'inf'", '1'], bounds: 'rows alone', why: NO_NUMBER },
  { type: 'DOUBLE', values: ["'-inf'", 'NULL'], bounds: 'rows alone', why: NO_NUMBER },
  { type: 'DECIMAL(9,2)', values: ['-1.25', 'NULL', '1234567.89'], bounds: ['-1.25', '1234567.89'], why: DIGITS },
  { type: 'DECIMAL(9,2)', values: ['-9999999.99', '9999999.99'], bounds: ['-9999999.99', '9999999.99'], why: DIGITS },
  { type: 'DECIMAL(9,2)', values: ['-0.05', '0.05'], bounds: ['-0.05', '0.05'], why: DIGITS },
  { type: 'DECIMAL(18,3)', values: ["'-999999999999999.999'", "'123456789012345.678'"], bounds: ['-999999999999999.999', '123456789012345.678'], why: DIGITS },
  { type: 'DECIMAL(38,10)', values: ['0.1', "'123456789012.0123456789'"], bounds: ['0.1000000000', '123456789012.0123456789'], why: DIGITS },
  { type: 'DECIMAL(38,10)', values: ["'-9999999999999999999999999999.9999999999'", "'9999999999999999999999999999.9999999999'"], bounds: ['-9999999999999999999999999999.9999999999', '9999999999999999999999999999.9999999999'], why: DIGITS },
  { type: 'DECIMAL(38,0)', values: ["'12345678901234567890'"], bounds: ['12345678901234567890', '12345678901234567890'], why: DIGITS },
  { type: 'DECIMAL(38,0)', values: ["'-99999999999999999999999999999999999999'", 'NULL', "'99999999999999999999999999999999999999'"], bounds: ['-99999999999999999999999999999999999999', '99999999999999999999999999999999999999'], why: DIGITS },
  { type: 'DECIMAL(38,0)', values: ["'99999999999999999999999999999999999998'"], bounds: ['99999999999999999999999999999999999998', '99999999999999999999999999999999999998'], why: DIGITS },
  { type: 'DECIMAL(38,38)', values: ["'0.00000000000000000000000000000000000001'", "'-0.99999999999999999999999999999999999999'"], bounds: ['-0.99999999999999999999999999999999999999', '0.00000000000000000000000000000000000001'], why: DIGITS },
  { type: 'DATE', values: ["'2026-11-22'", "'1969-01-01'", 'NULL'], bounds: ['"1969-01-01"', '"2026-11-22"'], why: 'dates as they are' },
  { type: 'DATE', values: ["'0001-01-01'"], bounds: ['"0001-01-01"', '"0001-01-01"'], why: 'dates as they are' },
  { type: 'DATE', values: ["'9999-12-31'"], bounds: ['"9999-12-31"', '"9999-12-31"'], why: 'dates as they are' },
  { type: 'DATE', values: ["'0044-03-15 (BC)'", "'2026-11-22'"], bounds: 'rows alone', why: NOT_PARSED },
  { type: 'DATE', values: ["'10000-01-01'", "'2026-11-22'"], bounds: 'rows alone', why: NOT_PARSED },
  { type: 'DATE', values: ["'infinity'", "'2026-11-22'"], bounds: 'rows alone', why: NOT_PARSED },
  { type: 'TIMESTAMPTZ', values: ["'2026-11-22 10:00:00.123456+00'", 'NULL'], bounds: ['"2026-11-22T10:00:00.123Z"', '"2026-11-22T10:00:00.124Z"'], why: MILLISECONDS },
  { type: 'TIMESTAMPTZ', values: ["'2026-11-22 10:00:00.999999+02'"], bounds: ['"2026-11-22T08:00:00.999Z"', '"2026-11-22T08:00:01.000Z"'], why: `${MILLISECONDS}, in UTC` },
  { type: 'TIMESTAMPTZ', values: ["'1969-12-31 23:59:59.9995+00'"], bounds: ['"1969-12-31T23:59:59.999Z"', '"1970-01-01T00:00:00.000Z"'], why: `${MILLISECONDS}, also before 1970` },
  { type: 'TIMESTAMPTZ', values: ["'2026-11-22 10:00:00+00'"], bounds: ['"2026-11-22T10:00:00.000Z"', '"2026-11-22T10:00:00.000Z"'], why: 'whole milliseconds unchanged' },
  { type: 'TIMESTAMPTZ', values: ["'0001-01-01 00:00:00+00'", "'0001-01-01 00:00:00.000001+00'"], bounds: ['"0001-01-01T00:00:00.000Z"', '"0001-01-01T00:00:00.001Z"'], why: MILLISECONDS },
  { type: 'TIMESTAMPTZ', values: ["'9999-12-31 23:59:59.999+00'", "'9999-12-31 23:59:59.999999+00'"], bounds: ['"9999-12-31T23:59:59.999Z"', '"9999-12-31T23:59:59.999Z"'], why: 'never ceiled beyond the last year that readers know' },
  { type: 'TIMESTAMPTZ', values: ["'9999-12-31 23:59:59.999999+00'"], bounds: ['"9999-12-31T23:59:59.999Z"', '"9999-12-31T23:59:59.999Z"'], why: 'never ceiled beyond the last year that readers know' },
  { type: 'TIMESTAMPTZ', values: ["'infinity'", "'2026-11-22 10:00:00+00'"], bounds: 'rows alone', why: NOT_PARSED },
  { type: 'TIMESTAMPTZ', values: ["'10000-01-01 00:00:00+00'"], bounds: 'rows alone', why: NOT_PARSED },
  { type: 'TIMESTAMPTZ', values: ["'0001-12-31 (BC) 23:59:59.999999+00'"], bounds: 'rows alone', why: NOT_PARSED },
  { type: 'VARCHAR', values: ["'b'", "'ä'", "''", 'NULL'], bounds: ['""', '"ä"'], why: 'texts in the order of their bytes' },
  { type: 'VARCHAR', values: [`'${LAST}'`, "'\u{ffff}'", "'\u{e000}'", "'\u{10000}'"], bounds: ['"\u{e000}"', `"${LAST}"`], why: 'texts in the order of their bytes, not of UTF-16' },
  { type: 'VARCHAR', values: ["'it''s \"quoted\" \\ back' || chr(10) || chr(0) || chr(127)"], bounds: ['"it\'s \\"quoted\\" \\\\ back\\n\\u0000\u007f"', '"it\'s \\"quoted\\" \\\\ back\\n\\u0000\u007f"'], why: 'texts with any character' },
  { type: 'VARCHAR', values: ["repeat('x', 64)"], bounds: [`"${X}x"`, `"${X}x"`], why: 'texts of 64 characters whole' },
  { type: 'VARCHAR', values: ["repeat('x', 65)", "repeat('x', 70) || '1'"], bounds: [`"${X}x"`, `"${X}y"`], why: CUT },
  { type: 'VARCHAR', values: ["repeat('x', 5000) || '1'", "'a'"], bounds: ['"a"', `"${X}y"`], why: CUT },
  { type: 'VARCHAR', values: ["repeat('ä', 64)", 'NULL'], bounds: [`"${LONG_AE}"`, `"${LONG_AE}"`], why: 'characters counted, not bytes' },
  { type: 'VARCHAR', values: ["repeat('ä', 129)", "'ä'"], bounds: ['"ä"', `"${LONG_AE.slice(1)}å"`], why: CUT },
  { type: 'VARCHAR', values: ["repeat('😀', 64) || 'x'"], bounds: [`"${'😀'.repeat(64)}"`, `"${'😀'.repeat(63)}😁"`], why: `${CUT}, between characters` },
  { type: 'VARCHAR', values: ["repeat('\u{d7ff}', 200)"], bounds: [`"${'\u{d7ff}'.repeat(64)}"`, `"${'\u{d7ff}'.repeat(63)}\u{e000}"`], why: `${CUT}, by a character that there is` },
  { type: 'VARCHAR', values: [`'a' || repeat('${LAST}', 100)`], bounds: [`"a${LAST.repeat(63)}"`, '"b"'], why: `${CUT}, though nothing comes after the last character` },
  { type: 'VARCHAR', values: [`repeat('${LAST}', 100)`, "'a'"], bounds: 'rows alone', why: 'nothing beside a long text that none comes after' },
  { type: 'VARCHAR', values: ['NULL'], bounds: 'none', why: NO_VALUE },
  { type: 'BLOB', values: ["'\\x00\\xFF'::BLOB", "''::BLOB", 'NULL'], bounds: 'none', why: 'none of bytes' },
  { type: 'BLOB', values: ["'a'::BLOB"], bounds: 'none', why: 'none of bytes' },
]
