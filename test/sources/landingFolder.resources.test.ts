import { describe, expect, test } from 'vitest'
import { LandingStream } from '../support/landingStream.ts'
import { rawSql } from '../support/sql.ts'

/** Rows of 320 bytes that stand in one row group, uncompressed: what reads one needs memory for all of it. */
async function dropWide(stream: LandingStream, name: string, rows: number): Promise<void> {
  const select = `SELECT range::BIGINT AS id, repeat(md5(range::VARCHAR), 10) AS name FROM range(${rows})`
  await stream.drop(name, select, `, ROW_GROUP_SIZE ${rows}, COMPRESSION uncompressed`)
}

const limitMemory = (stream: LandingStream, limit: string): Promise<void> =>
  stream.session.run(rawSql`SET memory_limit = '${limit}'`)

describe('a landing stream that runs out of memory', { timeout: 60_000 }, () => {
  test('takes fewer files at once, rejects none of them and grows its batches again', async () => {
    const stream = await LandingStream.open()
    for (let file = 0; file < 4; file++) await dropWide(stream, `wide ${file}.parquet`, 60_000)
    for (let file = 0; file < 12; file++) await stream.drop(`${file}.parquet`)
    await limitMemory(stream, '90MB')
    const batches = await stream.run()
    expect(batches[0]?.inputFiles).toBeLessThan(4)
    expect(batches.at(-1)?.inputFiles).toBeGreaterThan(1)
    expect(batches.reduce((sum, { inputRows }) => sum + inputRows, 0)).toBe(4 * 60_000 + 12)
    expect(await stream.notes()).toMatchObject({ rejected: {} })
    expect(stream.waiting()).toEqual([])
  })

  test('leaves a file that is too large alone for another run, takes the others and says so', async () => {
    const stream = await LandingStream.open()
    await dropWide(stream, 'a huge one.parquet', 400_000)
    for (const name of ['b.parquet', 'c.parquet']) await stream.drop(name)
    await limitMemory(stream, '100MB')
    await expect(stream.run()).rejects.toMatchObject({
      code: 'LAKE_RESOURCES_EXHAUSTED',
      message: 'a huge one.parquet could not be read with what this process may use.',
      canRetry: true,
    })
    expect(await stream.notes()).toMatchObject({ rejected: {} })
    expect(stream.waiting()).toEqual(['a huge one.parquet'])
    expect(stream.archived()).toEqual(['b.parquet', 'c.parquet'])
    await limitMemory(stream, '1GB')
    expect(await stream.run()).toMatchObject([{ inputRows: 400_000 }])
  })
})
