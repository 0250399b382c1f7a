import { execFile } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { Program, programCommand } from '../support/program.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'

const WRITERS = ['run produce --rows 20', 'run land silver --available-now']
const READERS = ['validate --deep', 'report event-types', 'status', 'sql FROM\u00a0messages']

function argumentsOf(line: string): string[] {
  return line.split(' ').map((word) => word.replaceAll('\u00a0', ' '))
}

test.each(['missing', 'a file'])(
  'every command runs where the folder for temporary files is %s, and makes none',
  async (what) => {
    const folder = temporaryFolder()
    const TMPDIR = join(folder, 'tmp')
    if (what === 'a file') writeFileSync(TMPDIR, '')
    for (const line of [...WRITERS, ...READERS]) {
      const end = await Program.run(argumentsOf(line), { lake: join(folder, 'lake'), env: { TMPDIR } })
      expect({ line, ...end }).toMatchObject({ exitCode: 0, stderr: expect.not.stringContaining('LAKE_') })
    }
    expect(existsSync(TMPDIR)).toBe(what === 'a file')
  },
)

test('every command that only reads runs where no file can be written, as on a disk that is full', async () => {
  const folder = temporaryFolder()
  const lake = join(folder, 'lake')
  for (const line of WRITERS) await Program.run(argumentsOf(line), { lake })
  for (const line of READERS) {
    // A folder of its own for each: what was compiled before is not there.
    const env = { ...process.env, NO_COLOR: '1', TMPDIR: temporaryFolder() }
    const command = programCommand(argumentsOf(line), { lake })
    const limited = ['-c', 'ulimit -f 0 && exec "$@"', 'sh', ...command]
    const { stderr } = await promisify(execFile)('sh', limited, { env })
    expect(stderr, line).not.toContain('LAKE_')
  }
})
