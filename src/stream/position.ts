import { assertFits, type Check, type Damage } from '../files/json.ts'
import type { Offset, Position } from './source.ts'
import { streamOf } from './streamId.ts'

/**
 * The place in its source that a stream has reached.
 * @param isEnd  checks that it is a place in a source of that kind
 * @throws LakeError LAKE_VALUE_UNEXPECTED
 */
export function endOf<End extends Offset>(last: Position, isEnd: Check<End>): End {
  return partOf(last, 'source.end', last.source.end, isEnd)
}

/** A field of a range's `detail`. @throws LakeError LAKE_VALUE_UNEXPECTED */
export function detailOf<T>(last: Position, name: string, check: Check<T>): T {
  return partOf(last, `source.detail.${name}`, last.source.detail[name], check)
}

function partOf<T>(last: Position, part: string, value: unknown, check: Check<T>): T {
  assertFits(value, check, `${last.recordedIn}, ${part}`, damageOf(streamOf(last.streamId)))
  return value
}

/** What to do if the record of how far a stream has come cannot be read. */
export function damageOf(stream: string): Damage {
  return {
    state: 'Nothing was changed.',
    remedy:
      "Restore that file from a backup that is as new as the stream's tables, or build the tables again: " +
      `lakeweir run ${stream} --fresh`,
  }
}
