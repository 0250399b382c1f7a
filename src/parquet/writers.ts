import type { Footer } from './footer.ts'

/** The calendar of a column's times, if that is not the one that Parquet prescribes. */
export interface LegacyCalendar {
  /** The footer's key that says so. */
  readonly key: string
  /** From this date on, both calendars agree. */
  readonly before: string
}

const SPARK = 'org.apache.spark.'
/** Spark versions below these write dates and INT96 times before 1582 in the Julian calendar, without such a key. */
const PROLEPTIC_SINCE = { legacyDateTime: [3, 0], legacyINT96: [3, 1] } as const

/**
 * The calendar in which Spark wrote times: its legacy calendar is Julian before 1582-10-15. Times in a zone other than
 * UTC are also off by minutes before 1900, when zones still had local mean time.
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

/** Whether a file has NaN, or the least integer in an INT96, where pandas has no value. */
export function isFastparquet({ createdBy }: Pick<Footer, 'createdBy'>): boolean {
  return createdBy.startsWith('fastparquet')
}
