import { cpSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ChangedQueries, type RefusedImport, removeAt, replaceIn } from '../../support/changedQueries.ts'

const made = await ChangedQueries.open()
const { lake, queries, valid, corrupted } = made

const onlyValid = { checkpoints: () => [valid.checkpoint] }

const FOREACH_BATCH: readonly RefusedImport[] = [
  {
    name: 'a file of another kind',
    change: () => {
      made.removeLogs()
      writeFileSync(join(valid.sink, 'notes.txt'), '')
    },
    ...onlyValid,
    says: 'notes.txt is no Parquet file, and no log says what it is',
  },
  {
    name: 'an offset without its commit',
    change: () => {
      made.removeLogs()
      removeAt(made.inCheckpoint('commits/3'))
    },
    ...onlyValid,
    says: 'has begun batch 3 and not committed it: what foreachBatch has written of it is not known',
  },
  {
    name: 'one sink with a log',
    change: () => removeAt(made.inLog('')),
    ...onlyValid,
    says: 'has a _spark_metadata, and',
  },
  {
    name: 'one checkpoint for two file sinks',
    change: () => undefined,
    ...onlyValid,
    says: 'there are 2 file sinks and 1 checkpoints',
  },
  {
    name: 'a file of a batch that was repeated',
    change: () => {
      made.removeLogs()
      cpSync(made.firstFile(), `${made.firstFile().slice(0, -8)}-again.parquet`)
    },
    ...onlyValid,
    says: 'A batch was written twice',
  },
  {
    name: 'a file that is gone',
    change: () => {
      made.removeLogs()
      removeAt(made.firstFile())
    },
    ...onlyValid,
    says: 'A batch was lost',
  },
  {
    name: 'as many rows, one of them twice and another gone',
    change: async () => {
      await made.rewrite(made.firstFile(corrupted), 'SELECT * REPLACE (0 AS value) FROM SELF')
      made.removeLogs()
    },
    ...onlyValid,
    says: /have as many rows as Spark has read, but not the same ones, by the columns timestamp, value,/,
  },
]

const WORDS: readonly RefusedImport[] = [
  { name: 'no checkpoint', checkpoints: () => [], says: 'no checkpoint is named' },
  {
    name: 'a checkpoint twice',
    change: () => undefined,
    checkpoints: () => [valid.checkpoint, `${valid.checkpoint}/.`],
    says: 'one checkpoint is named twice',
  },
  {
    name: 'no sink',
    change: () => undefined,
    sinks: () => [],
    says: /does not say where its query writes\.\n.*\nSay it: --sink TABLE=FOLDER/,
  },
  {
    name: 'a table that is none',
    change: () => undefined,
    sinks: () => [`mesages=${valid.sink}`],
    says: 'there is no table "mesages"',
  },
  {
    name: 'a folder that is not named like a table',
    change: () => undefined,
    sinks: () => [queries.folder],
    says: 'no table is named like the sink',
  },
  {
    name: 'two sinks for one table',
    change: () => undefined,
    sinks: () => [valid.sink, `messages=${corrupted.sink}`],
    says: 'two sinks are for one table',
  },
  {
    name: 'no sink for one of the tables',
    change: () => undefined,
    ...onlyValid,
    sinks: () => [valid.sink],
    says: 'stream silver also writes messages_corrupted, and no --sink is for it',
  },
  {
    name: 'a source that no stream takes',
    change: () => moveSource(),
    says: /no stream takes files from .*elsewhere, which the query has read.*\n.*\n.*ln -s/,
  },
]

/** As if the notebook had read another folder. */
function moveSource(): void {
  const elsewhere = join(queries.folder, 'elsewhere')
  renameSync(lake.landing, elsewhere)
  for (const query of [valid, corrupted]) {
    for (const name of ['2.compact', '3'])
      replaceIn(made.inCheckpoint(`sources/0/${name}`, query), new RegExp(lake.landing, 'g'), elsewhere)
  }
}

made.describe('foreachBatch has left', FOREACH_BATCH)
made.describe('the call names', WORDS)
