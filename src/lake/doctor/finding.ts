/** `fail`: something is lost, or will not work. `warn`: it works, and should be looked after. */
export type Level = 'ok' | 'warn' | 'fail'

/** What a check has found. */
export interface Finding {
  readonly level: Level
  /** A clause without its full stop. */
  readonly says: string
  /** What to do about it; undefined where there is nothing to do. */
  readonly fix?: string
}

/** One thing that is looked at. It changes nothing, and what it throws is its own failure alone. */
export interface Check<Place> {
  readonly name: string
  look(place: Place): Promise<readonly Finding[]> | readonly Finding[]
}

/** What the checks of the machine look at. */
export interface MachinePlace {
  /** The folder that contains `proc`; tests pass another one. */
  readonly root: string
}

export function ok(says: string): Finding[] {
  return [{ level: 'ok', says }]
}

export function warn(says: string, fix: string): Finding {
  return { level: 'warn', says, fix }
}

export function fail(says: string, fix: string): Finding {
  return { level: 'fail', says, fix }
}

/** At most so many things of one kind are named. */
const MAX_NAMED = 3

/** The first few of them, and how many more there are. */
export function named(items: readonly string[]): string {
  const more = items.length - MAX_NAMED
  return `${items.slice(0, MAX_NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
