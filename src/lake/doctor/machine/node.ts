import { nodeNeeded } from '../../../files/version.ts'
import { type Check, fail, type MachinePlace, ok } from '../finding.ts'

/** Whether this Node is one that Lakeweir runs on. */
export const node: Check<MachinePlace> = {
  name: 'node',
  look: () => {
    const { node: found } = process.versions
    const needed = nodeNeeded()
    const words = `Node ${found} on ${process.platform} ${process.arch}`
    if (isAtLeast(found, needed)) return ok(words)
    return [fail(`${words}, but Lakeweir needs ${needed} or newer`, `Install Node ${needed} or newer`)]
  },
}

export function isAtLeast(found: string, needed: string): boolean {
  const [a, b] = [found, needed].map((version) => version.split('.').map(Number))
  for (const [index, part] of (b ?? []).entries()) {
    const own = a?.[index] ?? 0
    if (own !== part) return own > part
  }
  return true
}
