// What the browser and the host say of the reader, as far as it can be used: a page that names a language or a zone
// that nobody knows is to be read all the same.

/**
 * The first of these that is a language, such as `de-AT`. Chromium on a machine of the locale C says `en-US@posix`, and
 * many write `de_AT`: both mean a language.
 */
export function readableLocale(...tags: readonly (string | undefined)[]): string {
  for (const tag of tags) {
    const plain = tag?.replace(/[@.].*$/, '').replaceAll('_', '-')
    if (plain !== undefined && plain !== '' && isKnown(() => Intl.getCanonicalLocales(plain))) return plain
  }
  return 'en'
}

/** The zone, or the browser's where nobody knows it. */
export function readableZone(timeZone: string | undefined): string {
  const own = new Intl.DateTimeFormat('en').resolvedOptions().timeZone
  return timeZone !== undefined && isKnown(() => new Intl.DateTimeFormat('en', { timeZone })) ? timeZone : own
}

function isKnown(use: () => unknown): boolean {
  try {
    use()
    return true
  } catch {
    // A RangeError: there is no such language or zone.
    return false
  }
}
