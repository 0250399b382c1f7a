import type { Safeguard } from './safeguard.ts'

const FEED = 'src/serving/follow/feed.ts'
const TAIL = 'src/serving/follow/batchTail.ts'
const BEGINNING = 'src/serving/follow/beginning.ts'
const WHOLE = 'src/serving/follow/wholeTables.ts'
const TRACE = 'src/serving/follow/trace.ts'
const follow = 'test/serving/follow.test.ts'
const changed = 'test/serving/follow.changed.test.ts'
const facts = 'test/serving/facts.test.ts'

export const following: readonly Safeguard[] = [
  {
    name: 'a followed batch counts only once every table has it',
    file: FEED,
    takes: 'return parts.size === tails.size ? parts : undefined',
    leaves: 'return parts.size > 0 ? parts : undefined',
    tests: [follow],
  },
  {
    name: 'a table with a batch that another lacks wakes nobody by its own commits',
    file: TAIL,
    takes: 'this.#ahead.length === 0 && (await this.#log.hasNews())',
    leaves: 'this.#log.hasNews()',
    tests: [follow],
  },
  {
    name: 'all rows of followed tables are cut at a batch that every table has',
    file: WHOLE,
    takes: '({ ...refOf(followed, target), stream: stream.name })',
    leaves: '(refOf(followed, target))',
    tests: [follow],
  },
  {
    name: 'the logs that a store depends on are durable before it commits',
    file: FEED,
    takes: 'there, targets.map(({ log }) => log.folder),',
    leaves: 'there, [],',
    tests: [follow, 'test/serving/follow.crash.test.ts'],
  },
  {
    name: 'the commits that a store depends on are durable before it commits',
    file: FEED,
    takes: 'if ((await statOf(commit)) !== undefined) there.push(commit)',
    leaves: '',
    tests: [follow],
  },
  {
    name: 'rows that no batch of the followed stream has stop who follows it',
    file: TAIL,
    takes: 'if (added.length === 0) return undefined',
    leaves: 'return undefined',
    tests: [changed],
  },
  {
    name: 'a commit that removes rows stops who follows the stream',
    file: TAIL,
    takes: 'if (change !== undefined) throw',
    leaves: 'if (false) throw',
    tests: [changed],
  },
  {
    name: 'a batch of another stream of the same name stops who follows the one before',
    file: TAIL,
    takes: 'if (txn.appId !== this.#streamId) {',
    leaves: 'if (false) {',
    tests: [changed],
  },
  {
    name: 'a followed batch comes right after the one before',
    file: TAIL,
    takes: 'if (txn.version !== this.#batch + 1) {',
    leaves: 'if (false) {',
    tests: [changed],
  },
  {
    name: 'a followed table that gets other columns stops who follows it',
    file: TAIL,
    takes: 'if (commit.metaData !== undefined) this.#log.assertSameShape(version, commit.metaData)',
    leaves: '',
    tests: [changed],
  },
  {
    name: 'a followed table that was restored to an earlier state is refused',
    file: BEGINNING,
    takes: "if (history.kind === 'behind') {",
    leaves: 'if (false) {',
    tests: [changed],
  },
  {
    name: 'a followed table with another commit at the known place is refused',
    file: BEGINNING,
    takes: "if (history.kind === 'rewritten') {",
    leaves: 'if (false) {',
    tests: [changed],
  },
  {
    name: 'one followed table that is another one is refused',
    file: BEGINNING,
    takes: 'if (other !== undefined) {',
    leaves: 'if (false) {',
    tests: [changed],
  },
  {
    name: 'followed tables that were emptied and begun anew make all rows come again',
    file: BEGINNING,
    takes: 'if (others.length === followed.tables.length) {',
    leaves: 'if (false) {',
    tests: [changed],
  },
  {
    name: 'a followed table whose log was cleaned up has the batch that was followed',
    file: BEGINNING,
    takes: 'if (batch >= after.batch) continue',
    leaves: 'if (true) continue',
    tests: [changed],
  },
  {
    name: 'followed logs are compared again once they do not go on from where they were read',
    file: FEED,
    takes: '|| (await this.#isLost())',
    leaves: '',
    tests: [changed],
  },
  {
    name: 'followed logs are compared again once their folders are other ones',
    file: FEED,
    takes: 'if (folders !== this.#folders || (await',
    leaves: 'if ((await',
    tests: [changed],
  },
  {
    name: 'a followed file that is gone is told from one that was replaced',
    file: 'src/serving/follow/files.ts',
    takes: 'if (!isLive) return',
    leaves: 'if (false) return',
    tests: [changed],
  },
  {
    name: 'files of followed batches are looked at before anything is taken',
    file: 'src/serving/follow/files.ts',
    takes: 'if (found?.isFile() === true && found.size === bytes) continue',
    leaves: 'if (true) continue',
    tests: [changed],
  },
  {
    name: 'who follows a stream and is pinned takes nothing that comes later',
    file: FEED,
    takes: 'for (const tail of this.#tails?.values() ?? []) await tail.pin()',
    leaves: '',
    tests: [follow],
  },
  {
    name: 'followed tables with batches of two streams of one name are refused',
    file: WHOLE,
    takes: 'if (other !== undefined) {',
    leaves: 'if (false) {',
    tests: [changed],
  },
  {
    name: 'a commit that came before the followed logs were watched wakes who follows them',
    file: FEED,
    takes: 'if (await tail.hasNews()) wake()',
    leaves: '',
    tests: ['test/sources/watching.test.ts'],
  },
  {
    name: 'followed tables that were made anew before their logs were watched wake who follows them',
    file: FEED,
    takes: 'if (this.#foldersNow() !== this.#folders) wake()',
    leaves: '',
    tests: ['test/sources/watching.test.ts'],
  },
  {
    name: 'what is known late of a batch is told until it is committed',
    file: TRACE,
    takes: 'this.#awaited = this.#then',
    leaves: '',
    tests: [facts],
  },
  {
    name: 'a stream that began anew is not told with what the one before has left',
    file: TRACE,
    takes: 'const isTimed = own?.batchTime === known.facts.batchTime',
    leaves: 'const isTimed = own !== undefined',
    tests: [facts],
  },
]
