// An engine as a program: each line of stdin is a plan, and each line of stdout the answer to it, in the JSON of the
// contract. A plan with a folder is one to stage.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Database } from '../../src/duckdb/session.ts'
import { DuckdbEngine } from '../../src/engines/duckdb/engine.ts'
import { LakeError, messageOf, systemCodeOf, UnfitValueError } from '../../src/errors.ts'
import { nodeDisk } from '../../src/files/disk.ts'
import { CONTRACT_VERSION } from '../../src/tables/engine.ts'

const NAME = 'program 1'

async function answerTo(engine: DuckdbEngine, line: string): Promise<object> {
  try {
    const plan = JSON.parse(line)
    if ('stagingFolder' in plan) return { ...(await engine.stage(plan, new AbortController().signal)), engine: NAME }
    await engine.check(plan)
    return { version: CONTRACT_VERSION, engine: NAME }
  } catch (error) {
    return {
      version: CONTRACT_VERSION,
      error: {
        code: systemCodeOf(error) ?? null,
        message: messageOf(error),
        remedy: error instanceof LakeError ? (error.remedy ?? null) : null,
        isOfValue: error instanceof UnfitValueError,
      },
    }
  }
}

const tempFolder = mkdtempSync(join(tmpdir(), 'lakeweir-test-engine-'))
const database = await Database.open({ threads: 1, memoryLimit: '1GB', tempFolder })
const engine = await DuckdbEngine.open({ session: await database.connect(), disk: nodeDisk })
for await (const line of createInterface(process.stdin)) {
  process.stdout.write(`${JSON.stringify(await answerTo(engine, line))}\n`)
}
await engine.close()
database.close()
rmSync(tempFolder, { recursive: true })
