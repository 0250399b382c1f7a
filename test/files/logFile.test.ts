import { readFileSync, statSync, truncateSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { LogFile } from '../../src/files/logFile.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'

const MAX_BYTES = 1_000_000

function openLog(path = join(temporaryFolder(), 'engine.log')): LogFile {
  const log = LogFile.open(path)
  onTestFinished(() => log.close())
  return log
}

test('a log shows the end of what this run has written, and nothing of an earlier one', () => {
  const path = join(temporaryFolder(), 'engine.log')
  writeFileSync(path, 'earlier\n')
  const log = openLog(path)
  expect(log.tail()).toBe('')
  writeSync(log.descriptor, `${'x'.repeat(20_000)}\nnow\n`)
  expect(log.tail()).toMatch(/^x{16379}\nnow\n$/)
  expect(readFileSync(path, 'utf8')).toMatch(/^earlier\nx/)
})

test.each([
  { what: 'when it is opened', shorten: ({ path }: LogFile) => void openLog(path) },
  { what: 'when it is told to', shorten: (log: LogFile) => log.shorten() },
])('a log that is too long begins anew $what, with its end beside it; who writes to it goes on', ({ shorten }) => {
  const log = openLog()
  writeSync(log.descriptor, 'x'.repeat(MAX_BYTES))
  shorten(log)
  expect(statSync(log.path).size).toBe(MAX_BYTES)
  writeSync(log.descriptor, 'the end\n')
  shorten(log)
  expect(readFileSync(log.path, 'utf8')).toBe('')
  expect(readFileSync(`${log.path}.old`, 'utf8')).toBe(`${'x'.repeat(MAX_BYTES - 8)}the end\n`)
  writeSync(log.descriptor, 'more\n')
  expect(log.tail()).toBe('more\n')
  expect(readFileSync(log.path, 'utf8')).toBe('more\n')
})

test('a log that another process has begun anew still shows what is written to it', () => {
  const path = join(temporaryFolder(), 'engine.log')
  writeFileSync(path, 'x'.repeat(100))
  const log = openLog(path)
  truncateSync(path)
  writeSync(log.descriptor, 'now\n')
  expect(log.tail()).toBe('now\n')
})

test('a log whose end cannot be kept begins anew all the same', () => {
  const log = openLog(join(temporaryFolder(), `${'n'.repeat(252)}`))
  writeSync(log.descriptor, 'x'.repeat(MAX_BYTES + 1))
  log.shorten()
  expect(statSync(log.path).size).toBe(0)
})
