import type { Footer } from './footer.ts'

/** The calendar of a column's times, where that is not the one that Parquet means. */
export interface LegacyCalendar {
  /** The key of the footer that says so. */
  readonly key: string
  /** From this date on both calendars name the same moments. */
  readonly before: string
}

const SPARK = 'org.apache.spark.'
/** Below these, Sparks count dates and INT96 times as Julian before 1582 and need no key to say so. */
const PROLEPTIC_SINCE = { legacyDateTime: [3, 0], legacyINT96: [3, 1] } as const

/**
 * The calendar that a Spark has written times in: before 1582-10-15 its legacy one is Julian. Times of another zone
 * than UTC are also minutes off before 1900, when zones had their own minutes.
 * Source: Spark's DataSourceUtils.datetimeRebaseSpec and int96RebaseSpec.
 */
export function legacyCalendarOf(
  { keyValues }: Pick<Footer, 'keyValues'>,
  kind: 'date' | 'timestamp' | 'int96',
): LegacyCalendar | undefined {
  const mark = kind === 'int96' ? 'legacyINT96' : 'legacyDateTime'
  const version = keyValues.get(`${SPARK}version`)
  const isMarked = keyValues.has(SPARK + mark)
  if (!isMarked && (version === undefined || !isOlder(version, PROLEPTIC_SINCE[mark]))) return undefined
  const zone = keyValues.get(`${SPARK}timeZone`)
  const isElsewhere = kind !== 'date' && zone !== undefined && !/^((Etc\/)?(UTC|GMT|Zulu|UCT)|Z|\+00:00)$/.test(zone)
  return {
    key: isMarked ? SPARK + mark : `${SPARK}version ${version}`,
    before: isElsewhere ? '1900-01-01' : '1582-10-15',
  }
}

function isOlder(version: string, [major, minor]: readonly [number, number]): boolean {
  const [foundMajor = 0, foundMinor = 0] = version.split('.').map(Number)
  return foundMajor < major || (foundMajor === major && foundMinor < minor)
}

/** Whether a file stores NaN, and the least integer as INT96, where pandas has no value. */
export function isFastparquet({ createdBy }: Pick<Footer, 'createdBy'>): boolean {
  return createdBy.startsWith('fastparquet')
}
