import { LakeweirError } from './types.ts'

// What the server sends is looked at before it is believed: an error here names it, and none comes up later elsewhere.

export type Fields = Readonly<Record<string, unknown>>

/** @throws LakeweirError */
export function fieldsOf(value: unknown, what: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields
  throw new LakeweirError(`The server sent ${what} in a form that this client does not know.`)
}

/** @throws LakeweirError */
export function listOf(value: unknown, what: string): readonly unknown[] {
  if (Array.isArray(value)) return value
  throw new LakeweirError(`The server sent ${what} in a form that this client does not know.`)
}

/** @throws LakeweirError */
export function parsed(text: string, what: string): Fields {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new LakeweirError(`The server sent ${what} in a form that this client does not know.`, { cause })
  }
  return fieldsOf(value, what)
}
