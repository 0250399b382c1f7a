import { LakeError } from '../errors.ts'

/** Names a value that is in the environment of the process: secrets do not belong in a config. */
export interface EnvironmentValue {
  readonly kind: 'env'
  readonly name: string
}

/** The environment of a process, by name. */
export type Environment = Readonly<Record<string, string | undefined>>

/** A value from the environment, which is read when it is needed: `env('DATABASE_URL')`. */
export function env(name: string): EnvironmentValue {
  return { kind: 'env', name }
}

/**
 * Reads a value from the environment; a text stands for itself. No error ever contains the value.
 * @param place  the key of the config, as errors name it
 * @throws LakeError LAKE_CONFIG_INVALID naming a variable that is not set
 */
export function fromEnvironment(value: EnvironmentValue | string, place: string, environment: Environment): string {
  if (typeof value === 'string') return value
  const found = environment[value.name]
  if (found !== undefined && found !== '') return found
  const what = found === undefined ? 'is not set' : 'is empty'
  throw new LakeError('LAKE_CONFIG_INVALID', `${place} reads ${value.name} from the environment, where it ${what}.`, {
    remedy: `Set it for the process: ${value.name}=… lakeweir …`,
  })
}
