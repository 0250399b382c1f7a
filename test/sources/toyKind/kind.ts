import { z } from 'zod'
import { fits } from '../../../src/files/json.ts'
import { belowRoot, columnsNamed } from '../../../src/sources/configParts.ts'
import { type BoundSource, PLAIN_SOURCE, sourceKind, TAKES_NOTHING } from '../../../src/sources/kind.ts'
import { readTail } from '../../../src/tables/record.ts'
import { isTopicOffset, lengthOf, TopicSource } from './source.ts'

/** A kind of source that Lakeweir does not have: all that one needs to be. */
export const topicKind = sourceKind({
  word: 'topic',
  example: "topic('orders', { columns: { id: 'BIGINT' } })",
  keyExamples: { startAt: "startAt: 'second'" },
  relation: 'topic',
  schema: z.strictObject({
    kind: z.literal('topic'),
    path: belowRoot,
    columns: columnsNamed(z.string()),
    startAt: z.enum(['first', 'second']).default('first'),
  }),
  bind: ({ path, columns, startAt }, { place, fail }): BoundSource => {
    if (Object.keys(columns).length > 3) fail(`${place}.columns`, 'are more than a toy can read.')
    return {
      ...PLAIN_SOURCE,
      relation: 'topic',
      columns,
      input: 'spooled',
      folder: { path, takes: '.ndjson files' },
      measures: { files: true, lag: false },
      open: async ({ below }) => new TopicSource(below(path), columns, startAt === 'first' ? 0 : 1),
      look: async ({ below, checkpoint }) => {
        const { last } = await readTail(checkpoint.commits)
        const end = last?.source.end
        const next = fits(end, isTopicOffset) ? end.next : 0
        const pending = { files: (await lengthOf(below(path))) - next, rows: undefined }
        return { pending, waiting: [], waitingSinceMs: undefined, rejected: [], ignored: [], extraColumns: [] }
      },
      emptying: {
        ...TAKES_NOTHING,
        originOf: async () => ({ from: 'source', how: `the topic ${path} still has them` }),
      },
    }
  },
})
