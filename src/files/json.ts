import { LakeError } from '../errors.ts'

// What our own files hold is checked when it is read, field by field: whoever finds one damaged is told where.

/** Looks at a value. @returns what is wrong: the place below the value, what is there, and what ought to be */
export type Check = (value: unknown, at: string) => Misfit | undefined

interface Misfit {
  readonly at: string
  readonly value: unknown
  readonly wanted: string
}

function kind(wanted: string, isFitting: (value: unknown) => boolean): Check {
  return (value, at) => (isFitting(value) ? undefined : { at, value, wanted })
}

export const isText: Check = kind('a text', (value) => typeof value === 'string')
export const isBoolean: Check = kind('true or false', (value) => typeof value === 'boolean')
export const isCount: Check = kind(
  'a whole number from 0 on',
  (value) => Number.isSafeInteger(value) && Number(value) >= 0,
)
export const isNumber: Check = kind('a number', (value) => typeof value === 'number')
export const isObject: Check = kind('an object', (value) => fieldsOf(value) !== undefined)
export const isTime: Check = kind('a time', (value) => typeof value === 'string' && !Number.isNaN(Date.parse(value)))

/** A text that a pattern matches. */
export function isMatching(pattern: RegExp, wanted: string): Check {
  return kind(wanted, (value) => typeof value === 'string' && pattern.test(value))
}

export function isNullOr(check: Check): Check {
  return (value, at) => (value === null ? undefined : check(value, at))
}

/** A field that may be left out. */
export function isLeftOutOr(check: Check): Check {
  return (value, at) => (value === undefined ? undefined : check(value, at))
}

export function isListOf(check: Check): Check {
  return (value, at) => {
    if (!Array.isArray(value)) return { at, value, wanted: 'a list' }
    return firstMisfit(value.map((item, index) => () => check(item, `${at}[${index}]`)))
  }
}

/** An object whose fields, of any name, are alike. */
export function isMapOf(check: Check): Check {
  return (value, at) => {
    const fields = fieldsOf(value)
    if (fields === undefined) return { at, value, wanted: 'an object' }
    return firstMisfit(
      Object.entries(fields).map(
        ([name, field]) =>
          () =>
            check(field, below(at, name)),
      ),
    )
  }
}

/** An object with these fields, and any others. */
export function isRecordOf(checks: Readonly<Record<string, Check>>): Check {
  return (value, at) => {
    const fields = fieldsOf(value)
    if (fields === undefined) return { at, value, wanted: 'an object' }
    return firstMisfit(
      Object.entries(checks).map(
        ([name, check]) =>
          () =>
            check(fields[name], below(at, name)),
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

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  return value as Readonly<Record<string, unknown>>
}

/** What a damaged file is told with, beside what is wrong with it. */
export interface Damage {
  readonly state: string
  readonly remedy: string
}

/** The value that a file of ours says in JSON. @throws LakeError LAKE_VALUE_UNEXPECTED naming the file */
export function parsedJson(text: string, path: string, damage: Damage): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    const what = text.trim() === '' ? 'is empty' : 'is not JSON'
    throw new LakeError('LAKE_VALUE_UNEXPECTED', `${path} ${what}.`, { cause, ...damage })
  }
}

/** @throws LakeError LAKE_VALUE_UNEXPECTED naming the file and the field */
export function assertFits(value: unknown, check: Check, path: string, damage: Damage): void {
  const misfit = check(value, '')
  if (misfit === undefined) return
  const where = misfit.at === '' ? path : `${path}: ${misfit.at}`
  const isWrong =
    misfit.value === undefined ? 'is missing' : `is ${shortened(JSON.stringify(misfit.value))}, not ${misfit.wanted}`
  throw new LakeError('LAKE_VALUE_UNEXPECTED', `${where} ${isWrong}.`, damage)
}

/** The most characters of a value that a message shows. */
const SHOWN_CHARACTERS = 60

function shortened(text: string): string {
  return text.length <= SHOWN_CHARACTERS ? text : `${text.slice(0, SHOWN_CHARACTERS)}…`
}
