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
  bar: {},
  heat: {},
  table: {},
  batches: {},
  rows: {},
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
