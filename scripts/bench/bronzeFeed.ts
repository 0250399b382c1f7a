import { closeSync, fsyncSync, linkSync, openSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ENGINE_INFO } from '../../src/delta/actions.ts'

/** Appends files to bronze as our own streams do, one commit each, so that the bench decides when a batch begins. */
export class BronzeFeed {
  readonly #data: string
  readonly #log: string
  readonly #file: string
  readonly #rows: number
  #version: number

  /** @param file  it has `rows` rows and is appended each time, under another name */
  constructor(lake: string, file: string, rows: number) {
    this.#data = join(lake, 'bronze/messages/data')
    this.#log = join(this.#data, '_delta_log')
    this.#file = file
    this.#rows = rows
    const versions = readdirSync(this.#log).flatMap((name) => /^(\d{20})\.json$/.exec(name)?.[1] ?? [])
    this.#version = Math.max(...versions.map(Number))
  }

  /** Makes the next commit durable, as our own streams do, so that the follower need not sync anything for it. */
  append(): void {
    this.#version += 1
    const path = `fed-${this.#version}.parquet`
    linkSync(this.#file, join(this.#data, path))
    const add = {
      path,
      partitionValues: {},
      size: statSync(this.#file).size,
      modificationTime: Date.now(),
      dataChange: true,
      stats: JSON.stringify({ numRecords: this.#rows }),
    }
    const temporary = join(this.#data, `${path}.tmp`)
    const commitInfo = { timestamp: Date.now(), operation: 'STREAMING UPDATE', engineInfo: `${ENGINE_INFO}bench` }
    writeFileSync(temporary, `${JSON.stringify({ commitInfo })}\n${JSON.stringify({ add })}\n`)
    syncPath(temporary)
    linkSync(temporary, join(this.#log, `${String(this.#version).padStart(20, '0')}.json`))
    rmSync(temporary)
    syncPath(this.#log)
  }
}

function syncPath(path: string): void {
  const descriptor = openSync(path, 'r')
  fsyncSync(descriptor)
  closeSync(descriptor)
}
