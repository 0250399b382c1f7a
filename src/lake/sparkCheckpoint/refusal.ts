import { LakeError } from '../../errors.ts'

/** The error for a checkpoint of which something is not certain: it is found before anything is changed. */
export function refused(what: string, remedy?: string): LakeError {
  return new LakeError('LAKE_IMPORT_REFUSED', what, {
    state: 'Nothing was imported.',
    ...(remedy === undefined ? {} : { remedy }),
  })
}

/** Asks for the query to be run to the end of what it has begun. */
export const RUN_ONCE_MORE =
  'Run the query once more in Spark with trigger(availableNow=True), let it end, then import again.'

/** What is always possible. */
export const START_FROM_FILES =
  'The lake can make everything again from the files of the source: copy them into the landing folder of an empty lake.'
