import type { Input } from '../../stream/input.ts'
import type { Trial } from './trial.ts'

/** One thing that an engine must do. */
export interface KitCase {
  /** The key of the plan, of the result or of the failure that it tries, as docs/engine.md names it. */
  readonly key: string
  /** What the engine does, as a sentence about it without its subject and full stop. */
  readonly does: string
  /** The kind of input that it needs. */
  readonly input: Input['kind']
  /** @throws Fault  saying what the engine did wrong; any other error is the engine's own failure */
  run(trial: Trial): Promise<void>
}
