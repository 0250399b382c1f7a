import type { Safeguard } from './safeguard.ts'

const READS = 'src/lake/live/storeReads.ts'
const FRESH = 'src/lake/fresh.ts'
const LIST = 'src/lake/emptyingList.ts'
const VALIDATE = 'src/lake/live/validateLive.ts'
const live = 'test/lake/liveAggregates.test.ts'
const read = 'test/lake/liveAggregates.read.test.ts'
const served = 'test/lake/servedModel.test.ts'

/** What an open lake does with its live aggregates. */
export const lakeLive: readonly Safeguard[] = [
  {
    name: 'the stream of a lake opens the store once nobody reads its file there',
    file: READS,
    takes: `await this.#file?.ended
    await this.#ending`,
    leaves: '',
    tests: [read],
  },
  {
    name: 'all reads of a lake share one open file',
    file: READS,
    takes: 'const file = this.#file ?? new SharedFile(',
    leaves: 'const file = new SharedFile(',
    tests: [read],
  },
  {
    name: 'an emptying is refused before it begins while a process keeps the live aggregates',
    file: FRESH,
    takes: 'if (isLive) await assertStoreFree(lake)',
    leaves: '',
    tests: [live],
  },
  {
    name: 'an emptying takes the store of the live aggregates along',
    file: LIST,
    takes: 'if (list.live === true && config.live !== undefined) await emptyStore(lake, config.live)',
    leaves: '',
    tests: [live],
  },
  {
    name: 'what a server of a dead process has left is not believed',
    file: 'src/lake/live/modelServer.ts',
    takes: 'return server?.processId === processId ? server : undefined',
    leaves: 'return server',
    tests: [live],
  },
  {
    name: 'a model that was cut off on its way is noticed',
    file: 'src/lake/live/servedModel.ts',
    takes: 'fits(row, isEnd) && row.rows === count',
    leaves: 'fits(row, isEnd)',
    tests: [served],
  },
  {
    name: 'the name of a type that another process says is checked before it becomes SQL',
    file: 'src/lake/live/servedModel.ts',
    takes: "isMapOf(isMatching(TYPE_NAME, 'the name of a type'))",
    leaves: 'isMapOf(isText)',
    tests: [served],
  },
  {
    name: 'a model that has changed since the store took it is not compared',
    file: VALIDATE,
    takes: 'if (known?.hash !== modelHash(model, hashes)) {',
    leaves: 'if (known === undefined) {',
    tests: [live],
  },
  {
    name: 'models are taken for sound only where just these were found so',
    file: 'src/lake/live/notedModels.ts',
    takes: 'return noted?.sound === hashOf(lake, live)',
    leaves: 'return noted !== undefined || hashOf(lake, live) === undefined',
    tests: ['test/lake/notedModels.test.ts'],
  },
]
