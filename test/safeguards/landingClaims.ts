import type { Safeguard } from './safeguard.ts'

const FILE = 'src/sources/landing/claims.ts'
const AWAY = 'src/sources/landing/awayFolder.ts'
const claims = 'test/sources/landingFolder.claims.test.ts'
const claimsTest = 'test/sources/landingClaims.test.ts'
const stuck = 'test/sources/landingFolder.stuck.test.ts'
const elsewhere = 'test/stream/crash.elsewhere.test.ts'

export const landingClaims: readonly Safeguard[] = [
  {
    name: 'a folder of claims is durable before anything is in it',
    file: FILE,
    takes: 'throw error } await disk.syncFolder(this.#root)',
    leaves: 'throw error }',
    tests: [claimsTest, 'test/stream/barriers.test.ts'],
  },
  {
    name: 'the archive of the batch before is durable before the next commits',
    file: FILE,
    takes: '[folder, ...(isArchiveThere ? [archived] : []), this.#root, this.folderOf(batch)]',
    leaves: '[folder, this.#root, this.folderOf(batch)]',
    tests: [claimsTest],
  },
  {
    name: 'the landing folder is durable before its files are committed',
    file: FILE,
    takes: '[folder, ...(isArchiveThere ? [archived] : []), this.#root, this.folderOf(batch)]',
    leaves: '[...(isArchiveThere ? [archived] : []), this.#root, this.folderOf(batch)]',
    tests: ['test/stream/barriers.test.ts'],
  },
  {
    name: 'the folder of a batch’s claims is durable before they are committed',
    file: FILE,
    takes: '[folder, ...(isArchiveThere ? [archived] : []), this.#root, this.folderOf(batch)]',
    leaves: '[folder, ...(isArchiveThere ? [archived] : []), this.#root]',
    tests: ['test/stream/barriers.test.ts'],
  },
  {
    name: 'the folder of all claims is durable again before a batch commits',
    file: FILE,
    takes: '[folder, ...(isArchiveThere ? [archived] : []), this.#root, this.folderOf(batch)]',
    leaves: '[folder, ...(isArchiveThere ? [archived] : []), this.folderOf(batch)]',
    tests: [claimsTest],
  },
  {
    name: 'claims that could not be made durable are not synced a second time',
    file: FILE,
    takes: 'await syncLasting(disk, [], [folder,',
    leaves: 'await syncAll(disk, [], [folder,',
    tests: [claimsTest],
  },
  {
    name: 'an archive that somebody has tidied away stops no batch',
    file: FILE,
    takes: 'archived !== undefined && (await statOf(archived)) !== undefined',
    leaves: 'archived !== undefined',
    tests: [claimsTest, 'test/stream/run.test.ts'],
  },
  {
    name: 'what a record does not name among its claims is not deleted',
    file: FILE,
    takes: 'if ((await listFolder(claims)).length === 0) await disk.removeTree(claims)',
    leaves: 'await disk.removeTree(claims)',
    tests: [claimsTest],
  },
  {
    name: 'the claims of a committed batch are not put back',
    file: FILE,
    takes: 'if (record !== undefined) await this.drop(positionOf(record))',
    leaves: '',
    tests: [claims],
  },
  {
    name: 'claims that no record names go back',
    file: FILE,
    takes: 'if (left.length > 0) await this.putBack(left)',
    leaves: '',
    tests: [claims],
  },
  {
    name: 'the claims of the batch to come stay',
    file: FILE,
    takes: 'if (batch === keep) {',
    leaves: 'if (false) {',
    tests: [claims, claimsTest],
  },
  {
    name: 'a file that is half put back is not taken twice',
    file: FILE,
    takes: 'if (!(await isHalfBack(claim))) {',
    leaves: 'if (true) {',
    tests: [claims, claimsTest],
  },
  {
    name: 'a file that is half put back is durable there before its claim goes',
    file: FILE,
    takes: 'await disk.syncFolder(folder) await disk.removeFile(claim.file)',
    leaves: 'await disk.removeFile(claim.file)',
    tests: [claimsTest],
  },
  {
    name: 'a claim that stands in the landing folder under another name is a claim',
    file: FILE,
    takes: 'return names.includes(name)',
    leaves: 'return names.length > 0',
    tests: [claimsTest],
  },
  {
    name: 'claims of an emptying are durable where they went before they go',
    file: FILE,
    takes: `await syncAll(disk, [], [archive, ...days.map(({ name }) => join(archive, name))])`,
    leaves: '',
    tests: [claimsTest],
  },
  {
    name: 'it is durable that the claims of an emptying are gone',
    file: FILE,
    takes: `join(archive, name))])
      await disk.syncFolder(this.#root)`,
    leaves: 'join(archive, name))])',
    tests: [claimsTest],
  },
  {
    name: 'files of the archive are durable in the landing folder before they are gone from it',
    file: FILE,
    takes: `await putBackFiles(disk, files, folder)
      // On a file system without hard links they were renamed: the new names must be durable before the old are lost.
      await disk.syncFolder(folder)`,
    leaves: 'await putBackFiles(disk, files, folder)',
    tests: [claimsTest],
  },
  {
    name: 'a landing folder that claims cannot go back to is refused',
    file: FILE,
    takes:
      'if (away === undefined && (await holdsFiles(root)) && !(await canRename(disk, checkpoint.staging, folder))) {',
    leaves: 'if (false) {',
    tests: [claimsTest],
  },
  {
    name: 'a disk with claims on it that is not mounted is missed',
    file: FILE,
    takes: 'if (away !== undefined && (await statOf(root)) === undefined) throw missingError(folder, away)',
    leaves: '',
    tests: [stuck, claimsTest],
  },
  {
    name: 'an archive on another file system is refused before anything is taken',
    file: FILE,
    takes: 'if (!(await isOneFileSystem(archiveOf(folder), folder))) {',
    leaves: 'if (false) {',
    tests: ['test/stream/realLanding.test.ts'],
  },
  {
    name: 'a file that may not be moved does not stop the others',
    file: FILE,
    takes: 'if (says === undefined || !mayChange(folder) || !mayChange(this.folderOf(batch))) throw error',
    leaves: 'throw error',
    tests: [stuck],
  },
  {
    name: 'a folder in which nothing may be moved is told as that',
    file: FILE,
    takes: '!mayChange(folder) || !mayChange(this.folderOf(batch))',
    leaves: 'false',
    tests: [stuck, 'test/stream/realLanding.test.ts'],
  },
  {
    name: 'claims go elsewhere only where none stand in the checkpoint',
    file: FILE,
    takes: 'if (await holdsFiles(this.#root)) throw movedError(this.#places)',
    leaves: '',
    tests: [claimsTest],
  },
  {
    name: 'the name of the folder of claims elsewhere is durable before that folder is made',
    file: AWAY,
    takes: 'await syncAll(disk, [intent], [checkpoint.staging])',
    leaves: '',
    tests: [claimsTest, elsewhere],
  },
  {
    name: 'the folder of claims elsewhere is durable before it is chosen',
    file: AWAY,
    takes: 'await disk.makeFolder(join(folder, away.folder)) await disk.syncFolder(folder)',
    leaves: 'await disk.makeFolder(join(folder, away.folder))',
    tests: [claimsTest, elsewhere],
  },
  {
    name: 'the choice of a folder of claims elsewhere is durable before anything is in it',
    file: AWAY,
    takes: 'await disk.link(intent, awayPath(checkpoint)) await disk.syncFolder(checkpoint.folder)',
    leaves: 'await disk.link(intent, awayPath(checkpoint))',
    tests: [claimsTest, elsewhere],
  },
  {
    name: 'a folder of claims elsewhere that was never chosen goes',
    file: AWAY,
    takes: 'await disk.removeTree(join(folder, name)) } await disk.removeFile(intent)',
    leaves: '} await disk.removeFile(intent)',
    tests: [claimsTest, elsewhere],
  },
  {
    name: 'a folder of claims elsewhere that was chosen stays',
    file: AWAY,
    takes: 'if (name !== undefined && name !== away && (await listFolder(join(folder, name))).length === 0) {',
    leaves: 'if (name !== undefined) {',
    tests: [claimsTest, elsewhere],
  },
]
