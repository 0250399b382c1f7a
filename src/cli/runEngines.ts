import { LakeError } from '../errors.ts'
import { chosenOf } from '../lake/byName.ts'
import type { ResolvedLake } from '../lake/config/resolve.ts'
import type { ChosenEngine } from '../lake/config/resolveEngines.ts'
import type { Runnable } from '../lake/runnable.ts'
import {
  type AskedEngine,
  askedEngine,
  assertEngineOptionsFit,
  asTypedSettings,
  takesWords,
  WORDED,
} from './engineOptions.ts'
import { usage } from './optionValues.ts'
import type { RunArguments } from './runOptions.ts'

interface RunWithEngines {
  /** With all streams that are named. */
  readonly argv: RunArguments
  readonly asked: AskedEngine
}

/**
 * Finds out what a line says of engines, and what the words after `--` are: for an engine that takes some, if a stream
 * runs on such a one, and else streams too.
 * @throws LakeError LAKE_USAGE
 */
export async function withRunEngines(
  typed: RunArguments,
  config: ResolvedLake,
  all: readonly Runnable[],
): Promise<RunWithEngines> {
  const { runEngines } = await import('../lake/runEngines.ts') // only now, as the whole lake
  const { plainWords = [] } = typed
  const enginesOf = (streams: readonly string[], asked: AskedEngine): readonly ChosenEngine[] => {
    const chosen = chosenOf(all, streams)
    const { engineOf } = asTypedSettings(() => runEngines(config, chosen, { streams, ...asked }))
    return chosen.flatMap(({ stream }) => (stream === undefined ? [] : [engineOf(stream)]))
  }
  const { engine } = askedEngine(typed, [])
  const byName = engine === undefined ? {} : { engine }
  const isForEngine = plainWords.length > 0 && takesWords(enginesOf(typed.streams, byName))
  if (isForEngine) assertNoStream(typed, plainWords, all)
  const streams = isForEngine ? typed.streams : [...typed.streams, ...plainWords]
  assertStreams(streams, plainWords, all)
  const argv = { ...typed, streams }
  assertEngineOptionsFit(argv, enginesOf(streams, byName), 'and no stream that is chosen runs on it')
  const asked = askedEngine(argv, isForEngine ? plainWords : [])
  enginesOf(streams, asked)
  return { argv, asked }
}

/** Refuses the name of a stream where it would be told to an engine, and no stream is named elsewhere. */
function assertNoStream({ streams }: RunArguments, plainWords: readonly string[], all: readonly Runnable[]): void {
  const [name] =
    streams.length > 0 ? [] : all.map((runnable) => runnable.name).filter((word) => plainWords.includes(word))
  if (name === undefined) return
  throw usage(`"${name}" after -- would be for the engine, not the stream.`, `Name streams before it: run ${name} -- …`)
}

/** A word that looks like an option was meant for an engine: that is said too. */
function assertStreams(streams: readonly string[], plainWords: readonly string[], all: readonly Runnable[]): void {
  const odd = plainWords.find((word) => word.startsWith('-') && streams.includes(word))
  if (odd === undefined) return
  const names = all.map(({ name }) => name).join(', ')
  throw new LakeError('LAKE_USAGE', `there is no stream "${odd}".`, {
    remedy: `Available: ${names}. What is for an engine needs one that takes it: --engine ${WORDED}`,
  })
}
