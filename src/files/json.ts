import { LakeError } from '../errors.ts'

// Lakeweir's own files are checked field by field as they are read, so that an error names the field that is damaged.

declare const checked: unique symbol

/**
 * Checks whether a value is a `T`.
 * @returns what is wrong, if anything is: the place in the value, what is there, and what should be
 */
export interface Check<out T> {
  (value: unknown, at: string): Misfit | undefined
  /** Only for the type checker: no check has it. */
  readonly [checked]?: T
}

interface Misfit {
  readonly at: string
  readonly value: unknown
  readonly wanted: string
}

type Fields = Readonly<Record<string, unknown>>

function kind<T>(wanted: string, isFitting: (value: unknown) => value is T): Check<T> {
  return (value, at) => (isFitting(value) ? undefined : { at, value, wanted })
}

export const isText = kind('a string', (value) => typeof value === 'string')
export const isBoolean = kind('true or false', (value) => typeof value === 'boolean')
export const isCount = kind(
  'a whole number of at least 0',
  (value): value is number => Number.isSafeInteger(value) && Number(value) >= 0,
)
export const isNumber = kind('a number', (value) => typeof value === 'number')
export const isObject: Check<Fields> = kind('an object', isFields)
export const isTime = kind(
  'a time',
  (value): value is string => typeof value === 'string' && !Number.isNaN(Date.parse(value)),
)

/** A string that matches a pattern. */
export function isMatching(pattern: RegExp, wanted: string): Check<string> {
  return kind(wanted, (value): value is string => typeof value === 'string' && pattern.test(value))
}

/** One of a few texts. */
export function isOneOf<const Text extends string>(texts: readonly Text[]): Check<Text> {
  const known: readonly unknown[] = texts
  return kind(texts.join(' or '), (value): value is Text => known.includes(value))
}

export function isNullOr<T>(check: Check<T>): Check<T | null> {
  return (value, at) => (value === null ? undefined : check(value, at))
}

/** A field that may be left out. */
export function isLeftOutOr<T>(check: Check<T>): Check<T | undefined> {
  return (value, at) => (value === undefined ? undefined : check(value, at))
}

export function isEither<A, B>(one: Check<A>, other: Check<B>): Check<A | B> {
  return (value, at) => {
    const [misfit, second] = [one(value, at), other(value, at)]
    if (misfit === undefined || second === undefined) return undefined
    return { at, value, wanted: `${misfit.wanted} or ${second.wanted}` }
  }
}

export function isListOf<T>(check: Check<T>): Check<readonly T[]> {
  return (value, at) => {
    if (!Array.isArray(value)) return { at, value, wanted: 'a list' }
    return firstMisfit(value.map((item, index) => () => check(item, `${at}[${index}]`)))
  }
}

/** An object with fields of any name, all of which pass the same check. */
export function isMapOf<T>(check: Check<T>): Check<Readonly<Record<string, T>>> {
  return (value, at) => {
    if (!isFields(value)) return { at, value, wanted: 'an object' }
    return firstMisfit(
      Object.entries(value).map(
        ([name, field]) =>
          () =>
            check(field, below(at, name)),
      ),
    )
  }
}

/** An object with these fields and perhaps others. In `isRecordOf<Claim>({ … })` the compiler wants every field. */
export function isRecordOf<T extends object>(checks: { readonly [Name in keyof T]-?: Check<T[Name]> }): Check<T> {
  const fields: readonly (readonly [string, Check<unknown>])[] = Object.entries(checks)
  return (value, at) => {
    if (!isFields(value)) return { at, value, wanted: 'an object' }
    return firstMisfit(
      fields.map(
        ([name, check]) =>
          () =>
            check(value[name], below(at, name)),
      ),
    )
  }
}

function firstMisfit(looks: readonly (() => Misfit | undefined)[]): Misfit | undefined {
  for (const look of looks) {
    const misfit = look()
    if (misfit !== undefined) return misfit
  }
  return undefined
}

function below(at: string, name: string): string {
  return at === '' ? name : `${at}.${name}`
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** What the error about a damaged file says besides what is wrong with it. */
export interface Damage {
  readonly state: string
  readonly remedy: string
}

/** The value in a JSON file of Lakeweir's own. @throws LakeError LAKE_VALUE_UNEXPECTED naming the file */
export function parsedJson(text: string, path: string, damage: Damage): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    const what = text.trim() === '' ? 'is empty' : 'is not JSON'
    throw new LakeError('LAKE_VALUE_UNEXPECTED', `${path} ${what}.`, { cause, ...damage })
  }
}

/** The value of a JSON text; undefined if the text is damaged or says something else, so that it counts as missing. */
export function fittingJson<T>(text: string, check: Check<T>): T | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined // a power cut may leave half of what is not synced
  }
  return fits(value, check) ? value : undefined
}

/** Whether a value passes a check; for files of which a damaged one counts as missing. */
export function fits<T>(value: unknown, check: Check<T>): value is T {
  return check(value, '') === undefined
}

/** @throws LakeError LAKE_VALUE_UNEXPECTED naming the file and the field */
export function assertFits<T>(value: unknown, check: Check<T>, path: string, damage: Damage): asserts value is T {
  const misfit = check(value, '')
  if (misfit === undefined) return
  const where = misfit.at === '' ? path : `${path}: ${misfit.at}`
  throw new LakeError('LAKE_VALUE_UNEXPECTED', `${where} ${wrongIn(misfit)}.`, damage)
}

/** What is wrong with a value, as a sentence about `name` without its full stop; undefined if it fits. */
export function misfitIn(name: string, value: unknown, check: Check<unknown>): string | undefined {
  const misfit = check(value, name)
  return misfit && `${misfit.at} ${wrongIn(misfit)}`
}

function wrongIn({ value, wanted }: Misfit): string {
  return value === undefined ? 'is missing' : `is ${shortened(JSON.stringify(value))}, not ${wanted}`
}

/** A message shows at most this many characters of a value. */
const SHOWN_CHARACTERS = 60

function shortened(text: string): string {
  return text.length <= SHOWN_CHARACTERS ? text : `${text.slice(0, SHOWN_CHARACTERS)}…`
}
