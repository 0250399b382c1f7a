/** The word of `known` that `word` was probably meant to be, or undefined where none is close. */
export function nearestWord(word: string, known: readonly string[]): string | undefined {
  let nearest: string | undefined
  let nearestDistance = Math.max(2, Math.floor(word.length / 3)) + 1
  for (const candidate of known) {
    // Of two equally close words, the one with the same first letter is meant.
    const isAlike = candidate[0]?.toLowerCase() === word[0]?.toLowerCase()
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase()) + (isAlike ? 0 : 0.5)
    if (distance < nearestDistance) {
      nearest = candidate
      nearestDistance = distance
    }
  }
  return nearest
}

/** What to say about a word that is not in `known`: which one was probably meant, or which ones there are. */
export function suggestion(word: string, known: readonly string[]): string {
  const nearest = nearestWord(word, known)
  if (nearest !== undefined) return `Did you mean "${nearest}"?`
  return known.length === 0 ? 'There is none.' : `Available: ${known.join(', ')}.`
}

/** Levenshtein distance, by rows. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const substitution = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1)
      current.push(Math.min(substitution, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1))
    }
    previous = current
  }
  return previous[b.length] ?? 0
}
