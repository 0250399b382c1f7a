import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { runInProcess } from './support/program.ts'
import { makeTemporaryFolder, removeFolder } from './support/temporaryFolder.ts'

const PAGE = readFileSync(new URL('../docs/tables.md', import.meta.url), 'utf8')

interface Shown {
  readonly words: readonly string[]
  readonly says: string
}

/** The commands of the page, in order, with what each says there. */
const shown = [...PAGE.matchAll(/```console\n(.*?)```/gs)].flatMap(([, block = '']) =>
  block.split(/^\$ lakeweir /m).flatMap((part): Shown[] => {
    const [line = '', ...says] = part.split('\n')
    return line === '' ? [] : [{ words: wordsOf(line), says: says.join('\n').trim() }]
  }),
)

/** The words of a line, of which some stand in double quotes. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '')
}

/** What differs from machine to machine and from day to day, by its shape. */
function shapeOf(text: string): string[] {
  return text.split('\n').map((line) =>
    line
      .replace(/\b20\d\d-\d\d-\d\d[ T]\d\d:\d\d:\d\dZ?/g, 'TIME')
      .replace(/^(ok +(?:node|engine|open files|inotify|config|links|space) ).*$/, '$1…')
      .replace(/[\d.]+ [kMG]?B\b/g, 'SIZE')
      .replace(/duckdb \d\.\d\.\d/g, 'duckdb N')
      .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'ID')
      .replace(/─{5,}/g, '─────')
      .trimEnd(),
  )
}

test('every command of docs/tables.md says what the page shows', async () => {
  const folder = makeTemporaryFolder()
  onTestFinished(() => removeFolder(folder))
  const lake = join(folder, 'lake')
  const made = [
    ['run', 'produce', '--rows', '20000', '--seed', '7'],
    ['run', 'land', 'silver', '--available-now'],
    ['run', 'produce', '--rows', '500'],
    ['run', 'silver', '--available-now'],
  ]
  for (const words of made) expect((await runInProcess(words, { lake })).exitCode).toBe(0)
  expect(shown.length).toBeGreaterThan(4)
  for (const { words, says } of shown) {
    const { stdout, stderr } = await runInProcess(words, { lake })
    expect([words, shapeOf(`${stdout}${stderr}`.trim())]).toEqual([words, shapeOf(says)])
  }
}, 60_000)
