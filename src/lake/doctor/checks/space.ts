import { tmpdir } from 'node:os'
import { dirname } from 'node:path'
import { statOf } from '../../../files/read.ts'
import { type FreeSpace, freeSpace } from '../../../files/space.ts'
import { type Check, type Finding, fail, ok, warn } from '../finding.ts'
import type { LakePlace } from '../place.ts'

const MB = 1_000_000
const SHORT_BYTES = 2_000 * MB
const FULL_BYTES = 100 * MB
const SHORT_NAMES = 10_000

/** What is free where the lake is, and where DuckDB spills. */
export const space: Check<LakePlace> = {
  name: 'space',
  look: async ({ lake: { config } }) => {
    let lake = config.root
    while ((await statOf(lake)) === undefined && dirname(lake) !== lake) lake = dirname(lake)
    const places = new Map([
      ['for the lake', lake],
      ['for what DuckDB spills', tmpdir()],
    ])
    const all = [...places].flatMap(([what, path]) => findings(what, freeSpace(path)))
    const short = all.filter(({ level }) => level !== 'ok')
    return short.length > 0 ? short : ok(all.map(({ says }) => says).join(', '))
  },
}

function findings(what: string, { bytes, names }: FreeSpace): Finding[] {
  const free = `${Math.floor(bytes / MB)} MB free ${what}`
  const fix = 'Free space there: nothing is lost when a disk is full, but no batch is committed'
  if (bytes < FULL_BYTES) return [fail(free, fix)]
  if (bytes < SHORT_BYTES) return [warn(free, fix)]
  if (names !== undefined && names < SHORT_NAMES) return [warn(`room for ${names} more files ${what}`, fix)]
  return ok(free)
}
