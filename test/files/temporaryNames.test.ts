import { spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { nodeDisk } from '../../src/files/disk.ts'
import { isOwnerDead, OWNER, removeDeadNames, temporaryName } from '../../src/files/temporaryNames.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'

const [place, , start] = OWNER.split('-')
/** Of a process that has ended by now. */
const ended = spawnSync(process.execPath, ['--version']).pid

const OWNERS: readonly { what: string; owner: string; isDead: boolean }[] = [
  { what: 'this process', owner: OWNER, isDead: false },
  { what: 'a process that lives', owner: ownerOf(process.ppid), isDead: false },
  { what: 'a process that has ended', owner: `${place}-${ended}-00000001`, isDead: true },
  { what: 'an earlier process with the number of this one', owner: `${place}-${process.pid}-00000001`, isDead: true },
  { what: 'a process of another machine', owner: `00000000-${ended}-${start}`, isDead: false },
]

/** The name of another process that lives, as that would have made it. */
function ownerOf(number: number): string {
  const script = `process.stdout.write(require('fs').readFileSync('/proc/${number}/stat', 'latin1').split(') ')[1].split(' ')[19])`
  const ticks = Number(spawnSync(process.execPath, ['-e', script]).stdout)
  return `${place}-${number}-${ticks.toString(16).padStart(8, '0').slice(-8)}`
}

test.each(OWNERS)('a name of $what is known as a dead one’s: $isDead', ({ owner, isDead }) => {
  expect(isOwnerDead(`lake.sql.${owner}.${randomUUID()}.tmp`)).toBe(isDead)
  expect(isOwnerDead(`12.${randomUUID()}.${owner}`)).toBe(isDead)
})

test.each(['lake.sql', `lake.sql.${randomUUID()}.tmp`, `12.${randomUUID()}`, ''])(
  'the name %j says nothing of an owner',
  (name) => expect(isOwnerDead(name)).toBe(false),
)

test('removeDeadNames removes temporary names of dead processes, and of unknown ones after an hour, and nothing else', async () => {
  const folder = temporaryFolder()
  const nowMs = Date.now()
  const write = (name: string, ageMs: number): string => {
    writeFileSync(join(folder, name), '')
    utimesSync(join(folder, name), new Date(nowMs - ageMs), new Date(nowMs - ageMs))
    return name
  }
  const dead = `lake.sql.${place}-${ended}-00000001.${randomUUID()}.tmp`
  write(dead, 0)
  write(`lake.sql.${randomUUID()}.tmp`, 4_000_000)
  const kept = [
    write(temporaryName('lake.sql'), 0),
    write(`lake.sql.${randomUUID()}.tmp`, 0),
    write('lake.sql', 4_000_000),
    write('notes of mine.tmp', 4_000_000),
    write('lake.sql.1.tmp', 4_000_000),
  ]
  mkdirSync(join(folder, `folder.${randomUUID()}.tmp`))
  await removeDeadNames(nodeDisk, folder, nowMs)
  expect(
    readdirSync(folder)
      .filter((name) => !name.startsWith('folder.'))
      .sort(),
  ).toEqual(kept.sort())
  expect(readdirSync(folder)).toHaveLength(kept.length + 1)
})

test('a temporary name is short enough for every file system, however long the name is', () => {
  expect(Buffer.byteLength(temporaryName('ä'.repeat(127)))).toBeLessThanOrEqual(255)
})
