import type { Safeguard } from './safeguard.ts'

const asOf = 'test/lake/asOf.test.ts'
const foreign = 'test/lake/foreignCommits.test.ts'

/** What is said of a table's past, and of what others did to it. */
export const past: readonly Safeguard[] = [
  {
    name: 'a source as of a batch has no file that the stream had not read',
    file: 'src/lake/asOf/viewsThen.ts',
    takes: "if (then.kind !== 'version' || then.leftOut === undefined) return []",
    leaves: 'return []',
    tests: [asOf],
  },
  {
    name: 'a version whose files are gone is refused, not read in part',
    file: 'src/lake/asOf/viewsThen.ts',
    takes: 'if ((await targetOf(file.file)) === undefined) return { table, file }',
    leaves: '',
    tests: [asOf],
  },
  {
    name: 'live models are not shown as they are now to who asks for then',
    file: 'src/lake/queries.ts',
    takes: 'await assertNoModels(lake, session, sql)',
    leaves: '',
    tests: [asOf],
  },
  {
    name: 'rows that were moved into other files before they were read are not taken for read ones',
    file: 'src/lake/validate.ts',
    takes: 'const replaced = await replacedUnread(stream.name, reads.name, now, ahead)',
    leaves: 'const replaced = [undefined, await replacedUnread(stream.name, reads.name, now, ahead)][0]',
    tests: [foreign],
  },
]
