import { LockLook, type LockState } from '../../../duckdb/lock.ts'
import { messageOf } from '../../../errors.ts'
import { statOf } from '../../../files/read.ts'
import { readLastError } from '../../../tables/lastError.ts'
import type { LakeStream } from '../../config/resolve.ts'
import type { OpenLake } from '../../openLake.ts'
import { lastRecord } from '../../streamRecords.ts'
import { type Check, type Finding, fail, ok, warn } from '../finding.ts'
import type { LakePlace } from '../place.ts'

/** Who runs each stream, and the error that it stopped with. */
export const runners: Check<LakePlace> = {
  name: 'streams',
  look: async ({ lake }) => {
    const findings: Finding[] = []
    const words: string[] = []
    for (const [{ name }, state] of await holdersOf(lake)) {
      if (state.kind === 'unknown') {
        findings.push(fail(`${name}: ${state.why}`, 'While the stream does not run, delete that file'))
        continue
      }
      words.push(`${name} by ${holderText(state)}`)
    }
    for (const stream of lake.config.streams) {
      const record = await lastRecord(lake, stream).catch(() => undefined) // another check tells why
      const error = await readLastError(lake.layout.checkpoint(stream).errorFile, record?.batchTime)
      if (error === undefined) continue
      const code = error.code === undefined ? '' : `${error.code}: `
      findings.push(
        warn(`${stream.name} stopped at ${error.time.slice(0, 19)}Z: ${code}${error.message}`, 'lakeweir status'),
      )
    }
    return [...(words.length > 0 ? ok(`run: ${words.join(', ')}`) : []), ...findings]
  },
}

function holderText(state: LockState): string {
  if (!state.held) return 'nobody'
  return state.processId === undefined ? 'a process' : `process ${state.processId}`
}

type Holder =
  | (LockState & { readonly kind: 'known' })
  | { readonly kind: 'unknown'; readonly held: false; readonly why: string }

/** Each stream, with who runs it. */
export async function holdersOf({ config, layout }: OpenLake): Promise<ReadonlyMap<LakeStream, Holder>> {
  const holders = new Map<LakeStream, Holder>()
  const locks = new LockLook()
  try {
    for (const stream of config.streams) {
      const { lockFile } = layout.checkpoint(stream)
      try {
        const state: LockState =
          (await statOf(lockFile)) === undefined ? { held: false } : await locks.stateOf(lockFile)
        holders.set(stream, { kind: 'known', ...state })
      } catch (error) {
        holders.set(stream, { kind: 'unknown', held: false, why: messageOf(error).replace(/\.$/, '') })
      }
    }
  } finally {
    await locks.close()
  }
  return holders
}
