import { targetOf } from '../../../files/read.ts'
import { type Check, counted, fail, named, ok } from '../finding.ts'
import type { LakePlace } from '../place.ts'

/** Whether the files that the logs name are on the disk, with the size that the logs say. */
export const missingFiles: Check<LakePlace> = {
  name: 'data files',
  look: async (place) => {
    const readable = await place.readable()
    let files = 0
    const findings = []
    for (const { table, live } of readable) {
      files += live.length
      const missing: string[] = []
      const changed: string[] = []
      for (const { file, path, bytes } of live) {
        const found = await targetOf(file)
        if (found === undefined) missing.push(path)
        else if (!found.isFile()) changed.push(`${path} is not a file`)
        else if (found.size !== bytes) changed.push(`${path} has ${found.size} bytes, its log says ${bytes}`)
      }
      const fix = 'Put them back from a backup, or rebuild the table: lakeweir run STREAM --fresh'
      if (missing.length > 0) {
        findings.push(fail(`${table.name}: ${counted(missing.length, 'file')} missing: ${named(missing)}`, fix))
      }
      if (changed.length > 0) {
        findings.push(fail(`${table.name}: ${counted(changed.length, 'file')} changed: ${named(changed)}`, fix))
      }
    }
    return findings.length > 0 ? findings : ok(`${counted(files, 'file')}, each there with its size`)
  },
}
