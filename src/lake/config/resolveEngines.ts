import type { BoundEngine, EngineKind, EngineStream } from '../../engines/kind.ts'
import type { Fail } from '../../sources/kind.ts'
import type { NonEmpty } from '../../tables/table.ts'
import { suggestion } from '../../words.ts'

/** The kinds of engines that a lake may have; streams run on the first where nothing else is said. */
export type EngineKinds = NonEmpty<EngineKind>

/** Chooses an engine for each batch by how much the batch reads. */
export const AUTO = 'auto'

/** Settings of one kind that fit it. */
export interface WrittenEngine {
  /** As they were written: a run may say some of them anew. */
  readonly written: unknown
  readonly engine: BoundEngine
}

/** What a stream says about its engine. */
export interface WrittenChoice {
  readonly word: string
  /** Settings of its own; undefined: those of the lake. */
  readonly own: WrittenEngine | undefined
}

/** The engines of a lake: their kinds, and what the config says of each. */
export interface LakeEngines {
  /** Streams run on the first where nothing else is said. */
  readonly kinds: EngineKinds
  /** Word → its settings, of those that the config says something about. */
  readonly settings: ReadonlyMap<string, WrittenEngine>
}

/** A kind with its settings. */
export interface SetEngine extends WrittenEngine {
  readonly kind: EngineKind
}

/** What makes the files of a stream: one engine, or for each batch the one that its size asks for. */
export type ChosenEngine =
  | { readonly by: 'name'; readonly only: SetEngine }
  | { readonly by: 'size'; readonly small: SetEngine; readonly large: SetEngine; readonly overBytes: number }

/** As a config and `--engine` say it. */
export function wordOf(chosen: ChosenEngine): string {
  return chosen.by === 'size' ? AUTO : chosen.only.kind.word
}

/** The engines that it may be. */
export function enginesIn(chosen: ChosenEngine): readonly SetEngine[] {
  return chosen.by === 'size' ? [chosen.small, chosen.large] : [chosen.only]
}

/** Why a stream cannot run on what was chosen, as a clause; undefined: it can. */
export function refusalOf(chosen: ChosenEngine, stream: EngineStream): string | undefined {
  for (const { kind } of enginesIn(chosen)) {
    const why = kind.refuses(stream)
    if (why !== undefined) return chosen.by === 'size' ? `${why}, so that only ${chosen.small.kind.name} can` : why
  }
  return undefined
}

/**
 * What a choice means in a lake.
 * @param fail  says what is wrong with it
 */
export function resolveChoice(
  { kinds, settings }: LakeEngines,
  choice: WrittenChoice,
  fail: Fail,
  place: string,
): ChosenEngine {
  const setOf = (kind: EngineKind): SetEngine | undefined => {
    const set = settings.get(kind.word) ?? unwritten(kind.schema)
    return set && { ...set, kind }
  }
  if (choice.word === AUTO) {
    const [first] = kinds
    const small = setOf(first)
    for (const kind of kinds) {
      const large = setOf(kind)
      const overBytes = large?.engine.autoOverBytes
      if (small !== undefined && large !== undefined && overBytes !== undefined) {
        return { by: 'size', small, large, overBytes }
      }
    }
    return fail(place, `is "${AUTO}", but there is no engine for large batches.`)
  }
  const kind = kinds.find(({ word }) => word === choice.word)
  if (kind === undefined) {
    return fail(place, `is "${choice.word}", which is not an engine.`, suggestion(choice.word, wordsOf(kinds)))
  }
  const only = choice.own === undefined ? setOf(kind) : { ...choice.own, kind }
  if (only !== undefined) return { by: 'name', only }
  return fail(place, `is "${kind.word}", which has to be told more.`, `Write it like this: engine: ${kind.example}`)
}

/** What an engine is called, and `auto`. */
export function wordsOf(kinds: EngineKinds): readonly string[] {
  return [...kinds.map(({ word }) => word), AUTO]
}

/** The settings of a kind that is told nothing; undefined if it has to be told something. */
function unwritten(schema: EngineKind['schema']): WrittenEngine | undefined {
  const parsed = schema.safeParse(undefined)
  return parsed.success ? { written: undefined, engine: parsed.data } : undefined
}
