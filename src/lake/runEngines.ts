import { z } from 'zod'
import type { EngineKind, EngineStream } from '../engines/kind.ts'
import { LakeError } from '../errors.ts'
import sourceKinds from '../sources/index.ts'
import type { Fail } from '../sources/kind.ts'
import { shapeFault } from './config/configError.ts'
import { engineChoice, engineSettings } from './config/engineSchema.ts'
import type { LakeStream, ResolvedLake } from './config/resolve.ts'
import {
  type ChosenEngine,
  enginesIn,
  type LakeEngines,
  refusalOf,
  resolveChoice,
  type SetEngine,
  type WrittenEngine,
  wordOf,
} from './config/resolveEngines.ts'
import type { BegunRun, Runnable } from './runnable.ts'
import type { RunOptions } from './runOptions.ts'

export interface RunEngines extends Pick<BegunRun, 'engineOf'> {
  /** What a person should know about it, by stream, each a sentence without its full stop. */
  readonly notes: readonly (readonly [stream: string, text: string])[]
}

/** What a run says of engines. */
type Asked = Pick<RunOptions, 'streams' | 'engine' | 'engines'>

/**
 * Finds out what makes the files of each stream of a run. An engine that the run asks for is that of all streams which
 * can run on it; one that is named and cannot is refused, because its caller would expect it there.
 * @throws LakeError LAKE_ARGUMENT_INVALID
 */
export function runEngines({ engines }: ResolvedLake, chosen: readonly Runnable[], asked: Asked): RunEngines {
  const { choice, settings } = checkedAsk(engines, asked)
  const wanted = choice === undefined ? undefined : resolveChoice(engines, choice, fail, 'engine')
  const found = new Map<LakeStream, ChosenEngine>()
  const notes: [string, string][] = []
  const refused: string[] = []
  for (const { name, stream } of chosen) {
    if (stream === undefined) continue
    const why = wanted && refusalOf(wanted, aboutStream(stream))
    if (wanted === undefined || why !== undefined) found.set(stream, withSettings(stream.engine, settings))
    else found.set(stream, withSettings(wanted, settings))
    if (wanted === undefined || why === undefined) continue
    refused.push(`${name} cannot run on the engine "${wordOf(wanted)}": ${why}`)
    notes.push([name, `runs on ${wordOf(stream.engine)}, not on ${wordOf(wanted)}: ${why}`])
  }
  const isNamed = asked.streams.length > 0
  if (wanted !== undefined) assertSome(wanted, { refused, isNamed, count: found.size })
  for (const word of settings.keys()) assertUsed(word, engines, [...found.values()])
  return { notes, engineOf: (stream) => found.get(stream) ?? stream.engine }
}

/**
 * The engine that is asked for by name, with what is said anew of it, for work that belongs to no stream.
 * @throws LakeError LAKE_ARGUMENT_INVALID
 */
export function askedEngine(
  engines: LakeEngines,
  asked: Pick<RunOptions, 'engine' | 'engines'>,
): ChosenEngine | undefined {
  const { choice, settings } = checkedAsk(engines, asked)
  const chosen = choice && withSettings(resolveChoice(engines, choice, fail, 'engine'), settings)
  for (const word of settings.keys()) assertUsed(word, engines, chosen === undefined ? [] : [chosen])
  return chosen
}

/** What engines need to know of a stream. */
export function aboutStream({ source, rows, select }: LakeStream): EngineStream {
  return { input: source.input, rows, hasSelect: select !== undefined }
}

interface CheckedAsk {
  readonly choice: Parameters<typeof resolveChoice>[1] | undefined
  /** Word → settings that are said anew. */
  readonly settings: ReadonlyMap<string, unknown>
}

function checkedAsk({ kinds }: LakeEngines, { engine, engines }: Pick<Asked, 'engine' | 'engines'>): CheckedAsk {
  const schema = z.object({ engine: engineChoice(kinds).optional(), engines: engineSettings(kinds).optional() })
  const value = { engine, engines }
  const parsed = schema.safeParse(value, { reportInput: true })
  if (!parsed.success) {
    const { what, remedy } = shapeFault(parsed.error, value, { sources: sourceKinds, engines: kinds })
    throw argumentError(what, remedy)
  }
  const settings = Object.entries(parsed.data.engines ?? {}).flatMap(([word, set]) =>
    set === undefined ? [] : [[word, set.written] as const],
  )
  return { choice: parsed.data.engine, settings: new Map(settings) }
}

function argumentError(what: string, remedy?: string): LakeError {
  const options = { state: 'Nothing was run.', ...(remedy === undefined ? {} : { remedy }) }
  return new LakeError('LAKE_ARGUMENT_INVALID', what, options)
}

const fail: Fail = (place, what, remedy) => {
  throw argumentError(`${place} ${what}`, remedy)
}

interface Refusals {
  readonly refused: readonly string[]
  /** Whether the streams were named. */
  readonly isNamed: boolean
  /** How many streams have an engine. */
  readonly count: number
}

/** Refuses an engine for a stream that was named and cannot run on it, or for streams of which none can. */
function assertSome(wanted: ChosenEngine, { refused, isNamed, count }: Refusals): void {
  const word = wordOf(wanted)
  if (count === 0) {
    throw argumentError(
      `engine is "${word}", but no stream that was chosen has an engine: DuckDB keeps the live aggregates.`,
      'Name a stream that writes tables, or leave it out.',
    )
  }
  const [first] = refused
  if (first === undefined || (!isNamed && refused.length < count)) return
  throw argumentError(`${first}.`, `Run it without the engine "${word}".`)
}

/** Refuses settings of an engine that nothing runs on. */
function assertUsed(word: string, { kinds }: LakeEngines, chosen: readonly ChosenEngine[]): void {
  if (chosen.some((one) => enginesIn(one).some(({ kind }) => kind.word === word))) return
  const name = kinds.find((kind) => kind.word === word)?.name ?? word
  throw argumentError(
    `engines.${word} is for what runs on ${name}, and nothing that was chosen does.`,
    `Choose it with engine "${word}", or leave it out.`,
  )
}

/** The same engine with what the run says anew of it. */
function withSettings(chosen: ChosenEngine, settings: ReadonlyMap<string, unknown>): ChosenEngine {
  const set = (one: SetEngine): SetEngine => {
    const { word, schema } = one.kind
    return settings.has(word) ? { kind: one.kind, ...reset(word, schema, one, settings.get(word)) } : one
  }
  if (chosen.by === 'name') return { by: 'name', only: set(chosen.only) }
  const large = set(chosen.large)
  return { ...chosen, small: set(chosen.small), large, overBytes: large.engine.autoOverBytes ?? chosen.overBytes }
}

function reset(word: string, schema: EngineKind['schema'], { written }: WrittenEngine, said: unknown): WrittenEngine {
  const both = merged(written, said)
  const parsed = schema.safeParse(both)
  if (parsed.success) return { written: both, engine: parsed.data }
  const [issue] = parsed.error.issues
  throw argumentError(`engines.${word}: ${issue?.message}.`)
}

/** Settings of a config with those of a run: these win, and what is a list in both is added to. */
function merged(written: unknown, said: unknown): unknown {
  if (!isRecord(written) || !isRecord(said)) return said
  const both: Record<string, unknown> = { ...written }
  for (const [key, value] of Object.entries(said)) {
    const before = written[key]
    both[key] = Array.isArray(before) && Array.isArray(value) ? [...before, ...value] : value
  }
  return both
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
