import { en, Faker, generateMersenne53Randomizer } from '@faker-js/faker'
import type { Pool } from './config.ts'

/** Fills every pool from one seeded faker: the same seed and pools make the same values. */
export function fillPools(pools: Readonly<Record<string, Pool>>, seed: number): Record<string, readonly string[]> {
  const faker = new Faker({ locale: en, randomizer: generateMersenne53Randomizer(seed) })
  return Object.fromEntries(
    Object.entries(pools).map(([name, { size, fill }]) => [name, Array.from({ length: size }, () => fill(faker))]),
  )
}
