import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { kitCases } from '../../src/engines/kit/cases/index.ts'
import { testEngine } from '../../src/engines/kit/testEngine.ts'
import { describeWith } from '../support/optionalTool.ts'
import { runInProcess } from '../support/program.ts'
import { hasPython, PYTHON_NEED, pythonProgram } from '../support/python.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'

const JITI = fileURLToPath(new URL('../../node_modules/jiti/lib/jiti-cli.mjs', import.meta.url))
const supportFile = (name: string): string => fileURLToPath(new URL(`../support/${name}`, import.meta.url))

const PAGE = readFileSync(new URL('../../docs/engine.md', import.meta.url), 'utf8')

test('DuckDB passes every case as a program too', { timeout: 180_000 }, async () => {
  const report = await testEngine([process.execPath, JITI, supportFile('engineProgram.ts')])
  expect(report.cases.filter(({ outcome }) => outcome !== 'passed')).toEqual([])
  expect(report).toMatchObject({ ok: true, passed: kitCases.length, logFile: null })
})

describeWith(hasPython, PYTHON_NEED, 'the engine in Python of docs/engine.md', () => {
  test('passes every case of the inputs that it supports', { timeout: 180_000 }, async () => {
    const [, program = ''] = /```python\n(.*?)```/s.exec(PAGE) ?? []
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'engine.py'), program)
    const report = await testEngine([pythonProgram('python'), 'engine.py'], { folder })
    expect(report.cases.filter(({ outcome }) => outcome === 'failed')).toEqual([])
    const tableCases = kitCases.filter(({ input }) => input === 'table').length
    expect(report).toMatchObject({ ok: true, passed: tableCases, notSupported: kitCases.length - tableCases })
  })
})

const FAULTY = [process.execPath, JITI, supportFile('faultyEngine.ts')]
const SENTENCE = 'reads columns by their names, in whatever order, and NULL where a file lacks one'

test('test-engine prints a line for each case, with what was wrong, and exits with 1 where one failed', async () => {
  const shared = temporaryFolder()
  const words = ['test-engine', '--only', SENTENCE, '--', ...FAULTY]
  const good = await runInProcess([...words, 'nothing', shared], { config: undefined })
  expect(good.stdout).toBe(`passed         input.files                     ${SENTENCE}\n`)
  expect(good.stderr).toMatch(/^test-engine: .*: 1 case passed, 0 failed, 0 not supported\n$/)
  expect(good.exitCode).toBe(0)
  const bad = await runInProcess([...words, 'counts too many rows', shared], { config: undefined })
  expect(bad.stdout).toMatch(
    /^failed {9}input\.files {21}reads columns .*: it failed: LAKE_VALUE_UNEXPECTED: .* rows, not \d+ as the answer says/,
  )
  expect(bad.stderr).toMatch(
    /0 cases passed, 1 failed, 0 not supported\ntest-engine: what it wrote to stderr is in .*engine\.log\n$/,
  )
  expect(bad.exitCode).toBe(1)
  const json = await runInProcess([...words.toSpliced(1, 0, '--json'), 'counts too many rows', shared], {
    config: undefined,
  })
  expect(JSON.parse(json.stdout)).toMatchObject({
    ok: false,
    failed: 1,
    cases: [{ key: 'input.files', outcome: 'failed' }],
  })
})

test('test-engine says what is missing', async () => {
  expect(await runInProcess(['test-engine'], { config: undefined })).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('LAKE_USAGE: no program is named.'),
  })
  const missing = await runInProcess(['test-engine', '--', '/nowhere/engine'], { config: undefined })
  expect(missing).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('/nowhere/engine, which was not found'),
  })
  const only = await runInProcess(['test-engine', '--only', 'xyz', '--', 'true'], { config: undefined })
  expect(only).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('no case has the text "xyz"') })
})
