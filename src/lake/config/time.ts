const TIME = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?)(Z|[+-]\d\d(?::?\d\d)?)?)?$/

/** `2026-11-22`, `2026-11-22T10:00Z` in milliseconds since 1970, without a zone in UTC; undefined if it is no time. */
export function parseTimeMs(text: string): number | undefined {
  const [, date = '', time = '00:00', zone = 'Z'] = TIME.exec(text) ?? []
  const timeMs = Date.parse(`${date}T${time}${/^[+-]\d\d$/.test(zone) ? `${zone}:00` : zone}`)
  // Date.parse would read 30 February as 2 March, and 24:00 as the next day.
  const isThere = !Number.isNaN(timeMs) && new Date(Date.parse(`${date}T${time}Z`)).toISOString().startsWith(date)
  return isThere ? timeMs : undefined
}
