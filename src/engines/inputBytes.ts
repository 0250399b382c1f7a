import { statOf } from '../files/read.ts'
import { filesOf, type Input } from '../stream/input.ts'

/** How many bytes the files of an input have; a generator reads none. */
export async function bytesOf(input: Input): Promise<number> {
  let sum = 0
  for (const file of filesOf(input)) sum += (await statOf(file))?.size ?? 0
  return sum
}
