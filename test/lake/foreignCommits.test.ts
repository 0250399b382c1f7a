import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { commitAs } from '../support/foreignCommit.ts'
import { liveFiles, MessagesLake } from '../support/messagesLake.ts'
import { describeWith } from '../support/optionalTool.ts'
import { runInProcess } from '../support/program.ts'
import { hasPython, PYTHON_NEED, python } from '../support/python.ts'

describeWith(hasPython, PYTHON_NEED, 'what delta-rs does to a lake', () => {
  let messages: MessagesLake

  beforeAll(async () => {
    messages = await MessagesLake.open()
    await messages.produce(40)
    await messages.run(['silver'])
  }, 60_000)

  afterAll(() => messages.close())

  test('an append, a delete and a restore of a table of a stream are told, each with its engine and version', async () => {
    await python(
      `
      import deltalake
      path = given
      table = deltalake.DeltaTable(path)
      rows = table.to_pyarrow_table().slice(0, 3)
      deltalake.write_deltalake(path, rows, mode='append')
      deltalake.DeltaTable(path).delete("channel = 'SMS'")
      deltalake.DeltaTable(path).restore(1)
      deltalake.DeltaTable(path).optimize.compact()
      found = None`,
      messages.path('silver/messages/data'),
    )
    const operations = ['RESTORE', 'DELETE', 'WRITE']
    const sentences = operations.map(
      (operation) =>
        new RegExp(`^version \\d of messages is by delta-rs:py-[\\d.]+ \\(${operation}, 20.*\\): (removed|added) `),
    )
    const status = await messages.lake.status()
    const [bronze, silver] = status.tables
    expect(bronze?.foreignCommits).toEqual([])
    expect(silver?.foreignCommits.map(({ operation }) => operation)).toEqual(operations)
    const { stdout } = await runInProcess(['status'], { lake: messages.root })
    for (const sentence of sentences) expect(stdout).toMatch(new RegExp(sentence, 'm'))
    const validation = await messages.lake.validate()
    expect(validation).toMatchObject({ ok: true, problems: [] })
    expect(validation.foreignCommits).toEqual(sentences.map((sentence) => expect.stringMatching(sentence)))
  })

  test('files that a stream has not read, compacted, are read; vacuumed too, who did it is said, and which rows', async () => {
    const bronze = messages.path('bronze/messages/data')
    const compact = 'import deltalake; deltalake.DeltaTable(given).optimize.compact(); found = None'
    const vacuum = `
      import deltalake
      table = deltalake.DeltaTable(given)
      table.vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False)
      found = None`
    await messages.produce(5)
    await messages.produce(6)
    await python(compact, bronze)
    const moved = await messages.lake.validate()
    expect(moved).toMatchObject({ ok: true, pending: 11 })
    expect(moved.notCompared).toEqual([
      expect.stringMatching(
        /^silver: 2 files of bronze_messages that it has not read were replaced by version 4 by delta-rs.* \(OPTIMIZE/,
      ),
    ])
    await python(vacuum, bronze)
    expect(readdirSync(bronze).filter((name) => name.startsWith('produce-'))).toEqual([])
    const error = await messages.run(['silver']).catch((cause: unknown) => cause)
    expect(error).toMatchObject({
      code: 'LAKE_SOURCE_CHANGED',
      message: expect.stringMatching(
        /file produce-0000000002-.* and 1 more of versions 2 to 3, with 11 rows, are gone from it and from the disk, but the stream has not read them: version 4 by delta-rs:py-[\d.]+ \(OPTIMIZE, 20.*\) moved the rows into other files\.$/,
      ),
      remedy: expect.stringMatching(/^The rows are still in bronze_messages, .* with --fresh/),
    })
    expect((await messages.lake.validate()).problems).toEqual([
      expect.stringMatching(/^silver: 2 files of bronze_messages .* and 2 of them are gone from the disk/),
    ])
  })
})

test('rows that were moved into one file before a stream had read them are pending, and no row is missing', async () => {
  const messages = await MessagesLake.open()
  onTestFinished(() => messages.close())
  const bronze = messages.path('bronze/messages/data')
  await messages.produce(4)
  await messages.run(['silver'])
  await messages.produce(3)
  await messages.lake.writeParquet({ sql: 'FROM bronze_messages' }, join(bronze, 'all.parquet'))
  const add = { partitionValues: {}, size: statSync(join(bronze, 'all.parquet')).size, modificationTime: 0 }
  const removes = liveFiles(bronze).map((file) => {
    return { remove: { path: file.slice(bronze.length + 1), dataChange: false, deletionTimestamp: 0 } }
  })
  commitAs('spark', bronze, 'OPTIMIZE', [...removes, { add: { path: 'all.parquet', ...add, dataChange: false } }])
  expect(await messages.lake.validate()).toMatchObject({
    ok: true,
    pending: 3,
    notCompared: [expect.stringMatching(/^silver: 1 file of bronze_messages .* replaced by version 3 by Apache-Spark/)],
  })
})
