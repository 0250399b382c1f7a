import type { Check, MachinePlace } from '../finding.ts'
import { descriptors } from './descriptors.ts'
import { engine } from './engine.ts'
import { inotify } from './inotify.ts'
import { node } from './node.ts'

/** What is looked at without a lake, in the order in which it is told. A new check is a file here and a line. */
export const MACHINE_CHECKS: readonly Check<MachinePlace>[] = [node, engine, descriptors, inotify]
