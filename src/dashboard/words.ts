/** Every word that the dashboard shows. A host may give others, one or all of them. */
export const ENGLISH = {
  head: {
    title: 'Dashboard',
    zone: (zone: string) => `Times in ${zone}`,
    fullScreen: 'Full screen',
  },
  freshness: {
    title: 'Freshness',
  },
  filters: {
    all: 'all',
  },
  panel: {
    table: 'Table',
    chart: 'Chart',
    csv: 'CSV',
    expand: 'Expand',
    none: '–',
  },
  number: {},
  area: {},
  line: {},
  brush: {},
  bar: {
    series: (column: string) => `By ${column}`,
    change: '± day',
    changeMeans: 'against a day before, up to the same time',
    share: 'Share',
    shareMeans: 'of all that is listed',
    others: (count: string) => `${count} others`,
    shown: (shown: string, all: string) => `${shown} of ${all}`,
  },
  heat: {
    all: 'All',
    today: 'Today',
    yesterday: 'Yesterday',
    until: (time: string) => `until ${time}`,
    rest: (count: string) => `${count} others`,
    moreGroups: (count: string) => `${count} more groups`,
    moreRows: (count: string) => `${count} more rows`,
    moreColumns: (count: string) => `${count} more columns`,
    left: (counts: string) => `${counts}: see the table`,
  },
  table: {
    noValue: 'no value',
    emptyText: '(empty)',
    rows: 'Rows',
    rowsOf: (value: string) => `Rows of ${value}`,
    shown: (shown: string, all: string) => `${shown} of ${all} rows`,
    more: (count: string) => `Show ${count} more`,
    isTrue: 'yes',
    isFalse: 'no',
  },
  batches: {
    rowsIn: 'Rows in',
    duration: 'Duration',
    lag: 'Lag',
    to: (top: string) => `to ${top}`,
    plan: 'plan',
    stage: 'stage',
    commit: 'commit',
    publish: 'publish',
    now: 'now',
    pause: (length: string) => `${length} without a batch`,
    summary: (count: string, median: string, slowest: string) => `last ${count}: median ${median}, slowest ${slowest}`,
    batch: 'Batch',
    committed: 'Committed',
    rows: 'Rows',
    phases: 'Phases',
    stream: 'Stream',
    strips: 'Batches: rows, duration and lag',
    reading: (batch: string, time: string, rows: string, duration: string, lag: string) =>
      `Batch ${batch}, ${time}: ${rows} rows, ${duration}, lag ${lag}`,
    into: 'into',
    from: 'from',
    unknown: 'not known',
  },
  rows: {
    title: (table: string) => `Rows of ${table}`,
    close: 'Close',
    loading: 'Looking for the rows',
    none: 'No rows',
    noneMore: 'No row of this table fits. It may have been written before the range, or the rows are gone.',
    newest: (count: string) => `The newest ${count}, newest first`,
    all: (count: string) => `${count}, newest first`,
    failed: 'The rows could not be read',
    again: 'Try again',
  },
}

/** A word, or what makes one of values. */
type Word = string | ((...values: never[]) => string)

export type Words = {
  readonly [Part in keyof typeof ENGLISH]: {
    readonly [Name in keyof (typeof ENGLISH)[Part]]: (typeof ENGLISH)[Part][Name]
  }
}

/** Some of the words, by part. */
export type OtherWords = {
  readonly [Part in keyof Words]?: { readonly [Name in keyof Words[Part]]?: Words[Part][Name] }
}

/** The English words, with those of the host in their place. */
export function wordsWith(others: OtherWords): Words {
  const parts = Object.entries(ENGLISH).map(([part, own]: [string, Readonly<Record<string, Word>>]) => {
    const given = (others as Readonly<Record<string, Readonly<Record<string, Word>>>>)[part]
    return [part, { ...own, ...given }]
  })
  return Object.fromEntries(parts) as Words
}
