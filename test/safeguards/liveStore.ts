import type { Safeguard } from './safeguard.ts'

const STORE_FILE = 'src/serving/store/storeFile.ts'
const WRITER = 'src/serving/store/writer.ts'
const CONTENTS = 'src/serving/store/contents.ts'
const MODEL = 'src/serving/store/keptModel.ts'
const GROUPS = 'src/duckdb/sql/keptGroups.ts'
const READER = 'src/serving/store/embeddedReader.ts'
const ONLY_MODELS = 'src/serving/store/onlyModels.ts'

const storeTest = 'test/serving/store/liveStore.test.ts'
const propertyTest = 'test/serving/store/liveStore.property.test.ts'
const fileTest = 'test/serving/store/storeFile.test.ts'
const modelsTest = 'test/serving/store/changedModels.test.ts'
const groupsTest = 'test/serving/store/keptGroups.test.ts'
const relationsTest = 'test/serving/store/changedRelations.test.ts'
const unsettledTest = 'test/serving/store/unsettled.test.ts'
const clockTest = 'test/serving/store/clockJumps.test.ts'
const readerTest = 'test/serving/store/embeddedReader.test.ts'

/** What keeps live aggregates exact, and their store from harm. */
export const liveStore: readonly Safeguard[] = [
  {
    name: 'a store that this process has open is not opened again',
    file: STORE_FILE,
    takes: 'if (release === undefined) throw heldError(stream, process.pid)',
    leaves: '',
    tests: [fileTest],
  },
  {
    name: 'a database that is not ours is never replaced',
    file: STORE_FILE,
    takes: "if (head === 'foreign') return { do: 'refuse', error: foreignError(file, 'is a DuckDB database') }",
    leaves: '',
    tests: [fileTest],
  },
  {
    name: 'a store of another lake is replaced only on demand',
    file: STORE_FILE,
    takes: 'head.lakeFolder !== lakeFolder && !file',
    leaves: 'false && !file',
    tests: [fileTest],
  },
  {
    name: 'a store that has moved is not made anew from another lake',
    file: WRITER,
    takes: 'if (taken !== undefined && this.#isOfOtherLake && taken.streamId !== input.streamId) {',
    leaves: 'if (false) {',
    tests: [storeTest],
  },
  {
    name: 'a text file is not replaced by a store',
    file: STORE_FILE,
    takes: "if (!isDatabase) return { do: 'refuse', error: foreignError(file, 'is not a DuckDB database') }",
    leaves: '',
    tests: [fileTest],
  },
  {
    name: 'nothing is committed to a store that was deleted or replaced',
    file: WRITER,
    takes: 'await file.assertThere()',
    leaves: '',
    tests: [storeTest],
  },
  {
    name: 'a batch is not taken twice',
    file: WRITER,
    takes: "if (input.scope === 'added' && taken !== undefined && input.batch <= taken.position.batch) {",
    leaves: 'if (false) {',
    tests: [storeTest, propertyTest],
  },
  {
    name: 'a batch that is missing is not left out',
    file: WRITER,
    takes: 'isSameOffset(range.start, taken.position.source.end)',
    leaves: 'true',
    tests: [storeTest],
  },
  {
    name: 'a portion is not committed before it is durable at its source',
    file: WRITER,
    takes: 'await secured await file',
    leaves: 'await file',
    tests: [propertyTest, storeTest],
  },
  {
    name: 'what is in memory does not change with a portion that was rolled back',
    file: CONTENTS,
    takes: 'for (const { relation } of this.#kept) relation.rolledBack()',
    leaves: 'for (const { relation } of this.#kept) relation.committed()',
    tests: [storeTest, propertyTest],
  },
  {
    name: 'first rows that only a killed process had are taken again',
    file: CONTENTS,
    takes: 'if (settled !== undefined) await contents.#catchUp(',
    leaves: 'if (false) await contents.#catchUp(',
    tests: [unsettledTest],
  },
  {
    name: 'a model that is built beside the batches is built from all first rows',
    file: 'src/serving/store/modelBuilder.ts',
    takes: 'script([...contents.settle(), ...statements])',
    leaves: 'script(statements)',
    tests: [modelsTest, propertyTest],
  },
  {
    name: 'first rows that lack some which cannot be told any more are made anew',
    file: CONTENTS,
    takes: 'for (const { relation } of behind) relation.giveUp()',
    leaves: '',
    tests: [unsettledTest],
  },
  {
    name: 'first rows that nobody keeps are not taken for those of now later',
    file: 'src/serving/store/kept.ts',
    takes: 'await dropOtherStates(session, STORE, names)',
    leaves: '',
    tests: [unsettledTest],
  },
  {
    name: 'first rows that are of no use do not stay, without what batches bring from here on',
    file: CONTENTS,
    takes: 'statements.add(...useless.map(({ relation }) => dropState(STORE, relation.name)))',
    leaves: '',
    tests: [relationsTest],
  },
  {
    name: 'a model that needs a column which first rows have not kept waits for those that have it',
    file: CONTENTS,
    takes: 'one.isWaiting && kept.canBeReadBy(one)',
    leaves: 'one.isWaiting',
    tests: [relationsTest],
  },
  {
    name: 'first rows that were made beside the batches get what came meanwhile',
    file: 'src/serving/store/relationBuilder.ts',
    takes: 'await this.#takeUntil(taken()?.position ?? from.position, made, from)',
    leaves: '',
    tests: [relationsTest],
  },
  {
    name: 'a column that is added to first rows decides after those which models read already',
    file: 'src/serving/relations/index.ts',
    takes: 'return [...stay, ...wanted',
    leaves: 'return stay.length > 0 ? wanted : [...stay, ...wanted',
    tests: [relationsTest, propertyTest],
  },
  {
    name: 'validate compares with the first rows that a running process keeps',
    file: 'src/lake/live/validateLive.ts',
    takes: 'relation.name === name)?.columns ?? []',
    leaves: 'relation.name === name)?.columns?.slice(0, 0) ?? []',
    tests: ['test/lake/liveAggregates.firstRows.test.ts'],
  },
  {
    name: 'rows that leave count against their group',
    file: GROUPS,
    takes: "(merge === 'sum' ? sql`-",
    leaves: "(merge === 'sum' ? sql`",
    tests: [groupsTest, propertyTest],
  },
  {
    name: 'a group that lost its extreme is computed anew',
    file: MODEL,
    takes: 'if (this.isBuilt) await this.#redoLost(statements, relation, batch)',
    leaves: 'if (this.isBuilt) return',
    tests: [storeTest, propertyTest],
  },
  {
    name: 'a group that lost its extreme while its model was built is computed anew',
    file: MODEL,
    takes: 'else statements.add(noteLost(model))',
    leaves: '',
    tests: [modelsTest, propertyTest],
  },
  {
    name: 'a batch adds to a model that is being built beside it',
    file: CONTENTS,
    takes: 'models.filter(({ isWaiting }) => !isWaiting)',
    leaves: 'models.filter(({ isBuilt }) => isBuilt)',
    tests: [modelsTest, propertyTest],
  },
  {
    name: 'groups that a batch has changed are taken from both tables',
    file: GROUPS,
    takes: ') IS NOT TRUE',
    leaves: ') IS FALSE',
    tests: [propertyTest],
  },
  {
    name: 'a group that NULL begins is summed up once',
    file: MODEL,
    takes: "typeof first === 'string' && nulls === 0",
    leaves: "typeof first === 'string'",
    tests: [groupsTest, propertyTest],
  },
  {
    name: 'a reference table that could not be loaded is loaded again',
    file: 'src/serving/store/references.ts',
    takes: 'this.#loaded.delete(name)',
    leaves: '',
    tests: [modelsTest],
  },
  {
    name: 'the batches that are kept are the last that were written down, whatever their times are',
    file: 'src/duckdb/sql/liveBatches.ts',
    takes: 'PARTITION BY stream ORDER BY rowid DESC',
    leaves: 'PARTITION BY stream ORDER BY batch_time DESC',
    tests: [clockTest],
  },
  {
    name: 'a copy gets batches that were written down later, whatever their times are',
    file: 'src/duckdb/sql/copiedModels.ts',
    takes: 'WHERE rowid > ',
    leaves: 'WHERE rowid < 0 AND rowid > ',
    tests: [clockTest],
  },
  {
    name: 'what was emptied in a copy does not get later rows alone',
    file: 'src/serving/copies/postgres/target.ts',
    takes: 'await this.#assertUnchanged(changes, stored)',
    leaves: '',
    tests: ['test/serving/copies/postgres.test.ts'],
  },
  {
    name: 'an error is over with the next batch, also if a clock has jumped back',
    file: 'src/lake/run.ts',
    takes: 'if (hasError) await forgetError(disk, errorFile)',
    leaves: '',
    tests: ['test/lake/clockBack.test.ts'],
  },
  {
    name: 'a model that cannot be built ends a run that waits',
    file: 'src/stream/loop.ts',
    takes: 'if (this.#failed !== undefined) throw this.#failed.error',
    leaves: '',
    tests: ['test/lake/liveBuilding.test.ts'],
  },
  {
    name: 'a panel reads no tables but the models',
    file: ONLY_MODELS,
    takes: 'const isOfStore = place.join',
    leaves: 'const isOfStore = true || place.join',
    tests: [readerTest],
  },
  {
    name: 'a panel reads no files',
    file: ONLY_MODELS,
    takes: 'if (!isBuiltIn || !FUNCTIONS.has(name))',
    leaves: 'if (false)',
    tests: [readerTest],
  },
  {
    name: 'a panel is one statement',
    file: ONLY_MODELS,
    takes: 'if (statements === undefined || statements.length !== 1) {',
    leaves: 'if (statements === undefined) {',
    tests: [readerTest],
  },
  {
    name: 'an answer belongs to one position',
    file: READER,
    takes: 'script([beginTransaction, readCursor])',
    leaves: 'script([readCursor])',
    tests: [readerTest],
  },
  {
    name: 'a database is confined to its folders',
    file: 'src/duckdb/session.ts',
    takes: "setOptionForAll('enable_external_access', false),",
    leaves: '',
    tests: ['test/duckdb/confine.test.ts'],
  },
  {
    name: 'the options of a confined database stay',
    file: 'src/duckdb/session.ts',
    takes: "setOptionForAll('lock_configuration', true),",
    leaves: '',
    tests: ['test/duckdb/confine.test.ts'],
  },
]
