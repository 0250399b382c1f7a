import { LakeError } from '../errors.ts'
import { knownError } from '../stream/failures.ts'

/** Looks at a part of a lake; where that fails, notes why and goes on with something else. */
export type Noting = <T>(look: () => Promise<T>, otherwise: T) => Promise<T>

/** One part that cannot be read must not hide the others: that is when people ask for the status. */
export function notingIn(problems: string[]): Noting {
  return async (look, otherwise) => {
    try {
      return await look()
    } catch (cause) {
      const error = knownError(cause)
      if (!(error instanceof LakeError)) throw error
      problems.push(`${error.code}: ${error.message}`)
      return otherwise
    }
  }
}

/** Passes each text on once, however often it is told. */
export function tellingOnce(tell: (stream: string, text: string) => void): (stream: string, text: string) => void {
  const told = new Set<string>()
  return (stream, text) => {
    if (told.has(text)) return
    told.add(text)
    tell(stream, text)
  }
}
