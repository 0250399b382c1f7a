import { messageOf } from '../errors.ts'

/** SQL's names of the types that DuckDB's messages call by their storage. */
const TYPE_NAMES: Readonly<Record<string, string>> = {
  INT8: 'TINYINT',
  INT16: 'SMALLINT',
  INT32: 'INTEGER',
  INT64: 'BIGINT',
  INT128: 'HUGEINT',
  UINT8: 'UTINYINT',
  UINT16: 'USMALLINT',
  UINT32: 'UINTEGER',
  UINT64: 'UBIGINT',
}

/** What of a Parquet file was being read. */
type Part = 'footer' | 'pages'

/** What DuckDB 1.5 says of a Parquet file that it cannot read, and what that means for whoever dropped it. */
const REASONS: readonly [pattern: RegExp, reason: (parts: readonly string[], part: Part) => string][] = [
  [/is encrypted/, () => 'it is encrypted'],
  [
    /value "?([^" ]+)"? .*?(?:destination type|to type|to) (\w+(?:\([\d, ]+\))?).* source column (.+)$/,
    ([value, type = '', column]) => `column ${column}: ${value} does not fit ${TYPE_NAMES[type] ?? type}`,
  ],
  [/\b(Snappy|ZSTD|Brotli|LZ4)\b.*decompress/i, ([codec = '']) => undecompressed(codec)],
  [/GZIP/, () => undecompressed('gzip')],
  [/Could not read enough bytes/, () => 'pages that its footer names are missing: it was cut off inside'],
  [/Out of Memory|could not allocate/i, () => 'reading it takes more memory than DuckDB may use'],
  [
    /don't know what type|TProtocolException|TTransportException|Footer length error/,
    (_, part) => `its ${part} cannot be decoded`,
  ],
]

function undecompressed(codec: string): string {
  return `a page does not decompress (${codec.toLowerCase()})`
}

/** Why a Parquet file cannot be read, in words for whoever dropped it: no paths of ours, no lines of our SQL. */
export function unreadableReason(error: unknown, part: Part): string {
  const [line = ''] = messageOf(error).split('\n')
  for (const [pattern, reason] of REASONS) {
    const match = pattern.exec(line)
    if (match !== null) return reason(match.slice(1), part)
  }
  return line.replace(/^[A-Z][A-Za-z ]* Error: /, '').replaceAll(/(["'])\/.*?\1/g, 'the file')
}
