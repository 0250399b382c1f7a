import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { nodeDisk } from '../../src/files/disk.ts'
import { NoteBook, readNotes } from '../../src/sources/landing/notes.ts'
import { Checkpoint } from '../../src/tables/checkpoint.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'

let checkpoint: Checkpoint
let file: string

beforeEach(() => {
  const folder = temporaryFolder()
  checkpoint = new Checkpoint(join(folder, 'checkpoint'))
  mkdirSync(checkpoint.folder)
  file = join(folder, 'a.parquet')
  writeFileSync(file, 'text')
})

describe('the notes of a landing folder', () => {
  test.each(['', '{"rejected":{"a.par', '\0\0\0\0'])('that a power cut has left as %j are none', async (torn) => {
    writeFileSync(join(checkpoint.folder, 'notes.json'), torn)
    expect(await readNotes(checkpoint)).toEqual({ rejected: {}, ignored: {}, extraColumns: {} })
    const notes = await NoteBook.open(nodeDisk, checkpoint, 'one')
    notes.reject('a.parquet', statSync(file), 'cut')
    await notes.save()
    expect((await readNotes(checkpoint)).rejected).toMatchObject({ 'a.parquet': { reason: 'cut' } })
  })

  test('leave a rejected file alone for good, and one that may not be moved for a minute', async () => {
    const notes = await NoteBook.open(nodeDisk, checkpoint, 'one')
    notes.reject('bad.parquet', statSync(file), 'cut')
    notes.leave('stuck.parquet', statSync(file), 'in use', 1_000)
    const left = (nowMs: number): string[] =>
      ['bad.parquet', 'stuck.parquet'].filter((name) => notes.isRejected(name, nowMs))
    expect(left(1_000)).toEqual(['bad.parquet', 'stuck.parquet'])
    expect(left(60_999)).toEqual(['bad.parquet', 'stuck.parquet'])
    expect(left(61_000)).toEqual(['bad.parquet'])
  })

  test('on files that were judged by something else are forgotten', async () => {
    const notes = await NoteBook.open(nodeDisk, checkpoint, 'one')
    notes.reject('a.parquet', statSync(file), 'cut')
    await notes.save()
    expect((await NoteBook.open(nodeDisk, checkpoint, 'one')).isRejected('a.parquet', 0)).toBe(true)
    expect((await NoteBook.open(nodeDisk, checkpoint, 'another')).isRejected('a.parquet', 0)).toBe(false)
  })

  test('on a file that has changed or gone are forgotten at the next look', async () => {
    const notes = await NoteBook.open(nodeDisk, checkpoint, 'one')
    const stats = statSync(file)
    for (const name of ['same', 'changed', 'gone']) notes.reject(name, stats, 'cut')
    writeFileSync(file, 'another text')
    const files = [
      { name: 'same', stats },
      { name: 'changed', stats: statSync(file) },
    ]
    notes.setListing(files, new Map())
    expect(['same', 'changed', 'gone'].filter((name) => notes.isRejected(name, 0))).toEqual(['same'])
  })
})
