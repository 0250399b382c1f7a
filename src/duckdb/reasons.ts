import { messageOf } from '../errors.ts'

/** What DuckDB 1.5 says of a Parquet file that it cannot read, and what that means to the person who dropped it. */
const REASONS: readonly [pattern: RegExp, reason: (parts: readonly string[]) => string][] = [
  [/is encrypted/, () => 'it is encrypted'],
  [
    /Unsupported compression codec "(\w+)"/,
    ([codec = '']) => `its pages are compressed by ${codec}, which DuckDB cannot read`,
  ],
  [/\b(Snappy|ZSTD|Brotli|LZ4)\b.*decompress/i, ([codec = '']) => undecompressed(codec)],
  [/GZIP/, () => undecompressed('gzip')],
  [/Invalid string encoding found in Parquet file/, () => 'a text value in it is not valid UTF-8'],
  [
    /Could not read enough bytes|Prefetch registered for bytes outside file/,
    () => 'pages that its footer names are missing: a part of the file was cut out',
  ],
  [
    /missing dictionary|don't know what type|TProtocolException|TTransportException|Out of buffer|bit width too large/i,
    () => 'its pages cannot be decoded',
  ],
]

function undecompressed(codec: string): string {
  return `a page cannot be decompressed (${codec.toLowerCase()})`
}

/** Why a Parquet file cannot be read, for the person who dropped it: without our paths and the lines of our SQL. */
export function unreadableReason(error: unknown): string {
  const [line = ''] = messageOf(error).split('\n')
  for (const [pattern, reason] of REASONS) {
    const match = pattern.exec(line)
    if (match !== null) return reason(match.slice(1))
  }
  return line
    .replace(/^[A-Z][A-Za-z ]* Error: /, '')
    .replace(/^Failed to read file ".*?": /, '')
    .replaceAll(/(["'])\/.*?\1/g, 'the file')
}
