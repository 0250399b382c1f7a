import { dirname } from 'node:path'
import { mountsSeen } from '../../../files/mounts.ts'
import { realPathOf, statOf, targetOf } from '../../../files/read.ts'
import { type Check, fail, ok, warn } from '../finding.ts'
import type { LakePlace } from '../place.ts'

/** File systems without hard links, by which files get into tables. */
const WITHOUT_LINKS = /^(exfat|vfat|msdos|fat32)$/
/** Those on which nothing is promised: they are on other machines, or another program answers for them. */
const NOT_PROMISED = /^(nfs\d*|cifs|smb\w*|9p|virtiofs|fuse.*|ceph|lustre|glusterfs)$/

/** Whether files can be linked from where they are staged into tables, as far as that is known without a trial. */
export const links: Check<LakePlace> = {
  name: 'links',
  look: async ({ lake: { config, layout }, root }) => {
    const devices = new Map<number, string>()
    for (const folder of [
      config.root,
      ...config.tables.flatMap((table) => [layout.data(table), layout.checkpoints(table)]),
    ]) {
      const there = await nearest(folder)
      const device = (await targetOf(there))?.dev
      if (device !== undefined && !devices.has(device)) devices.set(device, there)
    }
    const [first, other] = devices.values()
    if (first !== undefined && other !== undefined) {
      return [fail(`${other} is on another file system than ${first}`, 'Put the whole lake on one file system')]
    }
    const type = typeAt(await nearest(config.root), root)
    if (type === undefined) return ok('the lake is on one file system')
    if (WITHOUT_LINKS.test(type)) {
      return [fail(`the lake is on ${type}, which has no hard links`, 'Put it on a file system that has, such as ext4')]
    }
    if (NOT_PROMISED.test(type)) {
      return [warn(`the lake is on ${type}, where nothing is promised`, 'Put it on a local disk')]
    }
    return ok(`the lake is on one file system (${type})`)
  },
}

async function nearest(folder: string): Promise<string> {
  let there = folder
  while ((await statOf(there)) === undefined && dirname(there) !== there) there = dirname(there)
  return there
}

/** The type of the file system that a folder is on; undefined where the system does not say. */
function typeAt(folder: string, root: string): string | undefined {
  const path = `${realPathOf(folder) ?? folder}/`
  const above = mountsSeen(root).filter((mount) => path.startsWith(mount.folder === '/' ? '/' : `${mount.folder}/`))
  // Of several on one folder, the last hides the others.
  return above.reduce<{ folder: string; type: string } | undefined>(
    (found, mount) => (found === undefined || mount.folder.length >= found.folder.length ? mount : found),
    undefined,
  )?.type
}
