import {
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { expect, test } from 'vitest'
import { nodeDisk } from '../../src/files/disk.ts'
import { type Around, hookedDisk } from '../support/hookedDisk.ts'
import { LandingStream } from '../support/landingStream.ts'

/** The file that is meddled with: by its name in the landing folder, or by a handle that its writer has kept. */
interface Target {
  readonly path: string
  readonly handle: number
  /** The bytes of another whole file. */
  readonly newer: Buffer
}

/** What may come of it: which of the file's rows land, and why it stays behind where it does. */
type Outcome = { readonly rows: readonly string[]; readonly reason?: string }

const MEDDLINGS: readonly { what: string; meddle: (target: Target) => void; outcomes: readonly Outcome[] }[] = [
  {
    what: 'replaced',
    meddle: ({ path, newer }) => {
      writeFileSync(`${path}.temporary`, newer)
      renameSync(`${path}.temporary`, path)
    },
    outcomes: [{ rows: ['new'] }, { rows: ['new', 'old'] }],
  },
  {
    what: 'deleted',
    meddle: ({ path }) => existsSync(path) && unlinkSync(path),
    outcomes: [{ rows: [] }, { rows: ['old'] }],
  },
  {
    what: 'grown',
    meddle: ({ handle }) => writeSync(handle, 'more', fstatSync(handle).size),
    outcomes: [{ rows: ['old'] }, { rows: [], reason: 'it has no footer: it was cut off, or is not finished' }],
  },
  {
    what: 'written anew in place',
    meddle: ({ handle, newer }) => {
      ftruncateSync(handle, 0)
      writeSync(handle, newer, 0, newer.length, 0)
    },
    outcomes: [{ rows: ['old'] }, { rows: ['new'] }],
  },
]

const LAST_CALL = /\/commits\/0+\d+\.json$/

/** Three rows of one kind, so that what is read tells which file it was, and whether it was whole. */
const rowsOf = (kind: string, id: number): string => `SELECT ${id}::BIGINT AS id, '${kind}' AS name FROM range(3)`

async function openTarget(stream: LandingStream, name: string, id: number): Promise<Target> {
  const temporary = await stream.drop('temporary', rowsOf('new', id))
  const newer = readFileSync(temporary)
  unlinkSync(temporary)
  const path = await stream.drop(name, rowsOf('old', id))
  return { path, handle: openSync(path, 'r+'), newer }
}

/** What became of files whose rows have an id of their own each. */
async function outcomesOf(stream: LandingStream, ids: ReadonlyMap<string, number>): Promise<Map<string, Outcome>> {
  const landed = await stream.rows('name')
  const reasons = await stream.reasons()
  return new Map(
    [...ids].map(([name, id]) => {
      const kinds = landed.filter((row) => row.id === id).map((row) => String(row.name))
      const rows = [...new Set(kinds)]
      expect(kinds, `${name} whole`).toHaveLength(3 * rows.length)
      const reason = reasons[name]
      expect(stream.waiting().includes(name), `${name} is still there`).toBe(reason !== undefined)
      return [name, reason === undefined ? { rows } : { rows, reason }]
    }),
  )
}

test('a file that is replaced, deleted, grown or written anew before any disk call of a batch is taken whole or named', async () => {
  let around: Around = (_, perform) => perform()
  const stream = await LandingStream.open({ disk: hookedDisk(nodeDisk, (call, perform) => around(call, perform)) })
  const seen = new Map(MEDDLINGS.map(({ what }) => [what, new Set<string>()]))
  let isOver = false
  for (let round = 1; !isOver; round++) {
    const besideId = round * 10
    await stream.drop(`${round} beside.parquet`, rowsOf('beside', besideId))
    const targets: (Target & (typeof MEDDLINGS)[number] & { name: string; id: number })[] = []
    for (const [index, meddling] of MEDDLINGS.entries()) {
      const [name, id] = [`${round} ${meddling.what}.parquet`, besideId + 1 + index]
      targets.push({ ...meddling, name, id, ...(await openTarget(stream, name, id)) })
    }
    let calls = 0
    isOver = true
    around = (call, perform) => {
      if (calls > 0 || call.path.includes('/claimed/')) calls += 1
      if (calls === round) for (const target of targets) target.meddle(target)
      if (calls === round && !LAST_CALL.test(call.path)) isOver = false
      return perform()
    }
    await stream.run()
    around = (_, perform) => perform()
    await stream.run() // what was put there after that run had looked

    const ids = new Map([[`${round} beside.parquet`, besideId], ...targets.map(({ name, id }) => [name, id] as const)])
    const found = await outcomesOf(stream, ids)
    expect(found.get(`${round} beside.parquet`)).toEqual({ rows: ['beside'] })
    for (const { what, name, outcomes, handle } of targets) {
      closeSync(handle)
      const outcome = found.get(name)
      expect(outcomes, `${name}, before call ${round} after the claims began`).toContainEqual(outcome)
      seen.get(what)?.add(JSON.stringify(outcome))
    }
  }
  // Otherwise the moments that make a difference were not among them.
  for (const { what, outcomes } of MEDDLINGS) expect(seen.get(what)?.size, what).toBe(outcomes.length)
})
