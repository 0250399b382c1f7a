/**
 * A long run over rows of a seed.
 * @returns what it did, in words
 * @throws Error  at the first difference
 */
export type Soak = (seed: number, goesOn: () => boolean) => Promise<string>
