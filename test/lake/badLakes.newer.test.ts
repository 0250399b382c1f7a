import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { LakeError } from '../../src/index.ts'
import { MessagesLake } from '../support/messagesLake.ts'
import { copyTree, fileHashes } from '../support/tree.ts'

/** Every command that reads and every one that writes, as calls of the library. */
const commands = {
  'run produce': (messages: MessagesLake) => messages.run(['produce'], { generate: { rows: 20 } }),
  'run land': (messages: MessagesLake) => messages.run(['land']),
  'run silver': (messages: MessagesLake) => messages.run(['silver']),
  'run silver --fresh': (messages: MessagesLake) => messages.lake.empty(['silver']),
  status: async (messages: MessagesLake) => {
    const { streams } = await messages.lake.status()
    return streams.flatMap(({ name, problem }) => (problem === undefined ? [] : [`${name}: ${problem}`])).join('\n')
  },
  'validate --deep': (messages: MessagesLake) => messages.lake.validate({ deep: true }),
  sql: (messages: MessagesLake) => messages.lake.query('SELECT count(*) FROM messages'),
  report: (messages: MessagesLake) => messages.lake.report('event-types'),
} satisfies Record<string, (messages: MessagesLake) => Promise<unknown>>

type Command = keyof typeof commands

const READING: readonly Command[] = ['status', 'validate --deep', 'sql', 'report']

interface NewerCase {
  readonly name: string
  readonly change: (messages: MessagesLake) => void
  /** Command → the whole description of its error, LAKE for the lake's folder; of status, the streams' problems. */
  readonly says: Readonly<Partial<Record<Command, string>>>
  /** Commands that this does not concern. */
  readonly taken: readonly Command[]
}

function all(names: readonly Command[], says: string): Partial<Record<Command, string>> {
  return Object.fromEntries(names.map((name) => [name, says]))
}

type Action = Readonly<Record<string, unknown>>

/** Appends a commit to a table's log, as another program would. */
function commit(messages: MessagesLake, table: string, actions: readonly Action[]): void {
  const log = messages.path(table, 'data/_delta_log')
  const version = readdirSync(log).length
  const text = actions.map((action) => JSON.stringify(action)).join('\n')
  writeFileSync(join(log, `${String(version).padStart(20, '0')}.json`), `${text}\n`)
}

/** The metadata that a table was made with, changed. */
function metaData(messages: MessagesLake, table: string, change: (metaData: Action) => Action): Action {
  const first = readFileSync(messages.path(table, 'data/_delta_log', `${'0'.repeat(20)}.json`), 'utf8')
  const [found] = first.split('\n').flatMap((line) => (line.includes('"metaData"') ? [JSON.parse(line) as Action] : []))
  return { metaData: change(found?.metaData as Action) }
}

function protocol(minReaderVersion: number, minWriterVersion: number, features: readonly string[] = []): Action {
  const lists = features.length === 0 ? {} : { readerFeatures: features, writerFeatures: features }
  return { protocol: { minReaderVersion, minWriterVersion, ...lists } }
}

const RECORD = `LAKE/silver/messages/checkpoint/silver/commits/${'2'.padStart(20, '0')}.json is of record format 3.`
const NEWER = `LAKE_NEWER: ${RECORD}
Nothing was changed.
This Lakeweir reads formats up to 2: use the newer one that wrote it.`
const RAISED = `Nothing was changed. Another Delta writer raised the protocol; that alone damages no rows.
Take it away with the writer that added it, such as Spark (T stands for the table):`

function unread(table: string, feature: string, ways: string): string {
  const what = `table ${table} has the Delta feature ${feature}, which Lakeweir does not read`
  return `LAKE_PROTOCOL_UNSUPPORTED: ${what}\n${RAISED} ${ways}`
}

function unkept(table: string, features: string, ways: string): string {
  const what = `table ${table} has the Delta ${features}, which Lakeweir does not keep when it writes`
  return `LAKE_PROTOCOL_UNSUPPORTED: ${what}\n${RAISED} ${ways}`
}

const NO_VECTORS =
  `ALTER TABLE T SET TBLPROPERTIES ('delta.enableDeletionVectors' = 'false'); ` +
  'REORG TABLE T APPLY (PURGE); ALTER TABLE T DROP FEATURE deletionVectors'
const NO_MAPPING = `ALTER TABLE T SET TBLPROPERTIES ('delta.columnMapping.mode' = 'none'); ALTER TABLE T DROP FEATURE columnMapping`
const NO_FEED =
  `ALTER TABLE T SET TBLPROPERTIES ('delta.enableChangeDataFeed' = 'false'); ` +
  'ALTER TABLE T DROP FEATURE changeDataFeed'
const NO_RULES = [
  'ALTER TABLE T DROP CONSTRAINT NAME for each constraint',
  'ALTER TABLE T DROP FEATURE checkConstraints',
  NO_FEED,
].join('; ')

const unchecked = (table: string, rule: string): string =>
  `LAKE_TABLE_MISMATCH: table ${table}: column value ${rule}, which Lakeweir does not check.
Change the config back, or empty the table: lakeweir run STREAM --fresh`

/** A change of the first field that is called value. */
function withField(change: Action): (metaData: Action) => Action {
  return (found) => {
    const schema = JSON.parse(String(found.schemaString)) as { fields: Action[] }
    const fields = schema.fields.map((field) => (field.name === 'value' ? { ...field, ...change } : field))
    return { ...found, schemaString: JSON.stringify({ ...schema, fields }) }
  }
}

const cases: readonly NewerCase[] = [
  {
    name: 'a record of a newer format, whatever else is in it',
    change: (messages) => {
      const commits = messages.path('silver/messages/checkpoint/silver/commits')
      writeFileSync(join(commits, `${'2'.padStart(20, '0')}.json`), '{"format":3,"number":2,"stream":"silver"}\n')
    },
    says: {
      ...all(['run produce', 'run land', 'run silver', 'run silver --fresh', 'validate --deep'], NEWER),
      status: `silver: LAKE_NEWER: ${RECORD}`,
    },
    taken: ['sql', 'report'],
  },
  {
    name: 'a table in silver that may have deletion vectors, and can still be read',
    change: (messages) => commit(messages, 'silver/messages', [protocol(3, 7, ['deletionVectors'])]),
    says: all(['run silver'], unkept('messages', 'feature deletionVectors', NO_VECTORS)),
    taken: READING,
  },
  {
    name: 'a table of a newer reader in bronze',
    change: (messages) => commit(messages, 'bronze/messages', [protocol(3, 7, ['fromTheFuture'])]),
    says: all(
      [...READING, 'run produce', 'run land', 'run silver'],
      unread('bronze_messages', 'fromTheFuture', 'ALTER TABLE T DROP FEATURE fromTheFuture'),
    ),
    taken: [],
  },
  {
    name: 'a table whose columns may go by other names, and which can still be read',
    change: (messages) =>
      commit(messages, 'bronze/messages', [
        protocol(2, 5),
        metaData(messages, 'bronze/messages', (found) => ({
          ...found,
          configuration: { 'delta.columnMapping.mode': 'name' },
        })),
      ]),
    says: all(
      ['run produce', 'run land'],
      unkept(
        'bronze_messages',
        'features checkConstraints, changeDataFeed, generatedColumns, columnMapping',
        `${NO_RULES}; ALTER TABLE T DROP FEATURE generatedColumns; ${NO_MAPPING}`,
      ),
    ),
    taken: [...READING, 'run silver'],
  },
  {
    name: 'a table of a newer writer in bronze, which can still be read',
    change: (messages) => commit(messages, 'bronze/messages', [protocol(1, 7, ['changeDataFeed'])]),
    says: all(['run produce', 'run land'], unkept('bronze_messages', 'feature changeDataFeed', NO_FEED)),
    taken: [...READING, 'run silver'],
  },
  {
    name: 'a table of a newer writer in silver, which can still be read',
    change: (messages) => commit(messages, 'silver/messages_corrupted', [protocol(1, 4)]),
    says: all(
      ['run silver'],
      unkept(
        'messages_corrupted',
        'features checkConstraints, changeDataFeed, generatedColumns',
        `${NO_RULES}; ALTER TABLE T DROP FEATURE generatedColumns`,
      ),
    ),
    taken: READING,
  },
  {
    name: 'a column that may not be NULL, in a table that can still be read',
    change: (messages) =>
      commit(messages, 'bronze/messages', [metaData(messages, 'bronze/messages', withField({ nullable: false }))]),
    says: all(['run produce', 'run land'], unchecked('bronze_messages', 'may not be NULL')),
    taken: [...READING, 'run silver'],
  },
  {
    name: 'a column with a rule, in a table that can still be read',
    change: (messages) =>
      commit(messages, 'silver/messages', [
        metaData(messages, 'silver/messages', withField({ metadata: { 'delta.invariants': '{"expression":{}}' } })),
      ]),
    says: all(['run silver'], unchecked('messages', 'has delta.invariants')),
    taken: READING,
  },
  {
    name: 'settings and comments that nobody has to know',
    change: (messages) =>
      commit(messages, 'bronze/messages', [
        metaData(messages, 'bronze/messages', (found) => ({
          ...withField({ metadata: { comment: 'counts up' } })(found),
          configuration: { 'delta.logRetentionDuration': 'interval 1 day', 'from.the.future': 'yes' },
        })),
      ]),
    says: {},
    taken: [...READING, 'run land', 'run silver'],
  },
]

let messages: MessagesLake
let backup: string

beforeAll(async () => {
  messages = await MessagesLake.open()
  for (let batch = 1; batch <= 2; batch++) {
    await messages.produce(20)
    await messages.run(['land', 'silver'])
  }
  backup = join(messages.folder, 'backup')
  copyTree(messages.root, backup)
}, 60_000)

afterEach(() => copyTree(backup, messages.root))

afterAll(() => messages.close())

/** What a command says of the lake: its error, or what it finds wrong. */
async function answerOf(command: Command): Promise<string> {
  try {
    const answer: unknown = await commands[command](messages)
    return typeof answer === 'string' && answer !== '' ? answer : 'taken'
  } catch (error) {
    if (error instanceof LakeError) return error.describe()
    throw error
  }
}

/** A refusal is kept for `status`, beside the stream's records. */
const isNoError = (path: string): boolean => !path.endsWith('/error.json')

test.each(cases)('of a lake with $name, each command says so and changes nothing', async ({ change, says, taken }) => {
  change(messages)
  const before = fileHashes(messages.root, isNoError)
  const answers: Record<string, string> = {}
  for (const command of [...(Object.keys(says) as Command[]), ...taken]) {
    answers[command] = (await answerOf(command)).replaceAll(messages.root, 'LAKE')
  }
  expect(answers).toEqual({ ...says, ...all(taken, 'taken') })
  expect(fileHashes(messages.root, isNoError)).toEqual(before)
})
