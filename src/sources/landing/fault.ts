import { LakeError, messageOf, systemCodeOf, UnfitValueError } from '../../errors.ts'

/** What happens to the files of a batch that failed because of its rows. */
export type Verdict<File> =
  /** None of them is at fault. */
  | { readonly kind: 'blameless' }
  /** All of them are tried once more, because the failure may pass. */
  | { readonly kind: 'again' }
  /** Some are tried without the others, which go back: one of all these files is at fault. */
  | {
      readonly kind: 'apart'
      readonly kept: readonly File[]
      readonly back: readonly File[]
      /** How many may be taken together until it is found; undefined if the error has named it. */
      readonly maxFiles: number | undefined
    }
  /** The file at fault. */
  | { readonly kind: 'at fault'; readonly file: File }

/**
 * Finds the file at fault among the files of a batch that failed: the error names it, or it is found by halving the
 * files that fail together.
 * @param failures  how often the batch has failed by now
 */
export function verdictOn<File extends { readonly plainPath: string }>(
  files: readonly File[],
  error: unknown,
  failures: number,
): Verdict<File> {
  const isOfRow = error instanceof UnfitValueError
  if (error instanceof LakeError && !isOfRow) return { kind: 'blameless' }
  // No file is at fault for a system error.
  if (!isOfRow && systemCodeOf(error) !== undefined) return { kind: 'blameless' }
  const [only] = files
  if (only === undefined) return { kind: 'blameless' }
  if (failures === 1) return { kind: 'again' }
  if (files.length === 1) return { kind: 'at fault', file: only }
  const named = files.find(({ plainPath }) => messageOf(error).includes(`"${plainPath}"`))
  if (named === undefined) return halvesOf(files)
  return { kind: 'apart', kept: [named], back: files.filter((file) => file !== named), maxFiles: undefined }
}

/** The first half of the files, to be tried without the second. */
export function halvesOf<File>(files: readonly File[]): Verdict<File> & { readonly kind: 'apart' } {
  const half = Math.ceil(files.length / 2)
  return { kind: 'apart', kept: files.slice(0, half), back: files.slice(half), maxFiles: half }
}
