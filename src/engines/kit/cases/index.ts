import type { KitCase } from '../kitCase.ts'
import { folders, tables } from './folders.ts'
import { otherInputs } from './otherInputs.ts'
import { failures, plans } from './plans.ts'
import { references } from './references.ts'
import { tableInput } from './tableInput.ts'
import { values } from './values.ts'

/** Every case of the kit, in the order in which they run. */
export const kitCases: readonly KitCase[] = [
  ...tableInput,
  ...otherInputs,
  ...values,
  ...folders,
  ...tables,
  ...references,
  ...plans,
  ...failures,
]
