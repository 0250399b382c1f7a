import { z } from 'zod'
import type { EngineKind } from '../../engines/kind.ts'
import { AUTO, type EngineKinds, type WrittenChoice, type WrittenEngine } from './resolveEngines.ts'

// Engines in a config: settings by kind for the whole lake, and which of them a stream runs on. A message continues
// from the name of the key; {input} is replaced by what was found there.

/** Settings by kind, for the whole lake. */
export function engineSettings(kinds: EngineKinds) {
  return z.strictObject(Object.fromEntries(kinds.map(({ word, schema }) => [word, keepingWritten(schema).optional()])))
}

/** One schema's result together with what it was made from. */
function keepingWritten(schema: EngineKind['schema']) {
  return z.unknown().transform((written, context): WrittenEngine => {
    const parsed = schema.safeParse(written, { reportInput: true })
    if (parsed.success) return { written, engine: parsed.data }
    for (const issue of parsed.error.issues) context.issues.push(told(issue, schema))
    return z.NEVER
  })
}

/** An issue whose suggestion needs the schema, which is not to be found from outside. */
function told(issue: z.core.$ZodIssue, schema: z.ZodType): z.core.$ZodRawIssue {
  if (issue.code !== 'unrecognized_keys') return { ...issue } as z.core.$ZodRawIssue
  const [input = ''] = issue.keys
  const known = Object.keys(objectIn(schema)?.shape ?? {})
  return { code: 'custom', path: issue.path, message: 'has an unknown key {input}', input, params: { known } }
}

/** The object that a schema begins with, below what is made of it. */
function objectIn(schema: unknown): z.ZodObject | undefined {
  if (schema instanceof z.ZodObject) return schema
  if (schema instanceof z.ZodPipe) return objectIn(schema.in)
  const isWrapped = schema instanceof z.ZodPrefault || schema instanceof z.ZodDefault || schema instanceof z.ZodOptional
  return isWrapped ? objectIn(schema.unwrap()) : undefined
}

/** The word of a kind, `auto`, or a kind with settings: `{ program: ['python3', 'engine.py'] }`. */
export function engineChoice(kinds: EngineKinds) {
  const words = [...kinds.map(({ word }) => word), AUTO]
  const examples = kinds.map(({ example }) => `engine: ${example}`).join(', ')
  return z.unknown().transform((written, context): WrittenChoice => {
    const refuse = (message: string, input: unknown, params: object): never => {
      context.issues.push({ code: 'custom', message, input, params: { ...params } })
      return z.NEVER
    }
    if (typeof written === 'string') {
      if (words.includes(written)) return { word: written, own: undefined }
      return refuse('is {input}, which is not an engine', written, { known: words })
    }
    const entries = typeof written === 'object' && written !== null ? Object.entries(written) : []
    const [[word, settings] = ['', undefined]] = entries
    if (entries.length !== 1 || Array.isArray(written)) {
      return refuse('must be an engine, not {input}', written, { remedy: `Write it like one of these: ${examples}` })
    }
    const kind = kinds.find((other) => other.word === word)
    if (kind === undefined) return refuse('names {input}, which is not an engine', word, { known: words })
    const parsed = keepingWritten(kind.schema).safeParse(settings, { reportInput: true })
    if (parsed.success) return { word, own: parsed.data }
    for (const issue of parsed.error.issues) {
      context.issues.push({ ...issue, path: [word, ...issue.path] } as z.core.$ZodRawIssue)
    }
    return z.NEVER
  })
}
