import type { ColumnTypes } from '../../../src/index.ts'

export interface TopicConfig {
  readonly kind: 'topic'
  readonly path: string
  readonly columns: ColumnTypes
  readonly startAt?: 'first' | 'second'
}

/** Numbered files of JSON objects in a folder of the lake: what a broker of one partition would keep. */
export function topic(path: string, options: { columns: ColumnTypes; startAt?: 'first' | 'second' }): TopicConfig {
  return { ...options, kind: 'topic', path }
}
