import { assertFits, type Check, type Damage } from '../files/json.ts'
import type { Offset, Position } from './source.ts'
import { streamOf } from './streamId.ts'

/**
 * The place in its source that a stream has reached.
 * @param isEnd  what a place in a source of that kind is
 * @throws LakeError LAKE_VALUE_UNEXPECTED
 */
export function endOf<End extends Offset>(last: Position, isEnd: Check<End>): End {
  return partOf(last, 'source.end', last.source.end, isEnd)
}

/** A field of what is kept of a range beyond its ends. @throws LakeError LAKE_VALUE_UNEXPECTED */
export function detailOf<T>(last: Position, name: string, check: Check<T>): T {
  return partOf(last, `source.detail.${name}`, last.source.detail[name], check)
}

function partOf<T>(last: Position, part: string, value: unknown, check: Check<T>): T {
  assertFits(value, check, `${last.recordedIn}, ${part}`, damageOf(streamOf(last.streamId)))
  return value
}

/** What to do where the file cannot be read that says how far a stream has come. */
export function damageOf(stream: string): Damage {
  return {
    state: 'Nothing was changed.',
    remedy:
      "Put that file back from a backup which is as new as the stream's tables, or build them again: " +
      `lakeweir run ${stream} --fresh`,
  }
}
