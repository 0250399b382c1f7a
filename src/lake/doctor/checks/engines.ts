import { dirname } from 'node:path'
import type { EngineFinding } from '../../../engines/kind.ts'
import { LakeError } from '../../../errors.ts'
import type { LakeStream } from '../../config/resolve.ts'
import { enginesIn, type SetEngine, wordOf } from '../../config/resolveEngines.ts'
import { assertSameMeaning, shapeOf } from '../../engine.ts'
import { type Check, type Finding, fail, named, ok } from '../finding.ts'
import type { LakePlace } from '../place.ts'

/** What the engines need that streams may run on, and whether these read the SQL as DuckDB does. */
export const engines: Check<LakePlace> = {
  name: 'engines',
  look: async ({ lake }) => {
    const { streams, engines: known } = lake.config
    const [usual] = known.kinds
    const others = streams.filter(({ engine }) => enginesIn(engine).some(({ kind }) => kind !== usual))
    if (others.length === 0) return ok(`every stream runs on ${usual.name}`)
    const words = others.map(({ name, engine }) => `${name} on ${wordOf(engine)}`)
    const findings: Finding[] = ok(`run: ${named(words)}`)
    for (const [set, users] of usersOf(others)) {
      if (set.kind === usual) continue
      findings.push(...(await set.engine.look(dirname(lake.config.configFile))).map((found) => findingOf(set, found)))
      for (const stream of users) {
        const error = await shapeOf(lake, stream)
          .then((shape) => assertSameMeaning(lake, stream, set, shape))
          .catch((cause: unknown) => cause)
        if (!(error instanceof LakeError)) continue
        const fix = error.remedy?.replace(/\.$/, '') ?? 'See docs/spark.md'
        findings.push(fail(`${stream.name}: ${error.code}: ${error.message.replace(/\.$/, '')}`, fix))
      }
    }
    return findings
  },
}

/** Each engine with its settings → the streams that may run on it. */
function usersOf(streams: readonly LakeStream[]): readonly (readonly [SetEngine, readonly LakeStream[]])[] {
  const users: { readonly set: SetEngine; readonly streams: LakeStream[] }[] = []
  for (const stream of streams) {
    for (const set of enginesIn(stream.engine)) {
      const same = users.find(({ set: { kind, engine } }) => kind === set.kind && engine === set.engine)
      if (same === undefined) users.push({ set, streams: [stream] })
      else same.streams.push(stream)
    }
  }
  return users.map(({ set, streams: own }) => [set, own] as const)
}

function findingOf({ kind }: SetEngine, { level, says, fix }: EngineFinding): Finding {
  return { level, says: `${kind.name}: ${says}`, ...(fix === undefined ? {} : { fix }) }
}
