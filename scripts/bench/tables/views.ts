import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Figure, ratioFigure } from '../figure.ts'
import { fillBronze, withLake } from '../lakes.ts'
import { interleaved, timed } from '../measure.ts'
import { RawDuckdb } from '../raw.ts'
import type { SuiteContext } from '../suiteContext.ts'

/** All rows, all columns that hold something, and nothing that takes longer than reading them. */
const SCAN = `SELECT count(*), sum(value), max(timestamp), max(event_type), max(message_id), max(channel), max(user_id),
  max(country), max(date) FROM `

/** A scan through a view of `lake.sql`, against the same one over a glob of the same files. */
export async function* viewFigures({ folder, isQuick }: SuiteContext): AsyncGenerator<Figure> {
  const root = join(folder, 'views')
  await withLake(root, async (lake) => {
    await fillBronze(lake, isQuick ? 2_000_000 : 10_000_000)
    await lake.run({ streams: ['silver'], availableNow: true })
  })
  const raw = await RawDuckdb.open()
  const glob = `read_parquet('${root}/silver/messages/data/date=*/*.parquet', hive_partitioning = true)`
  await raw.script(readFileSync(join(root, 'lake.sql'), 'utf8'))
  const [ours, theirs] = [await raw.script(`${SCAN} messages`), await raw.script(SCAN + glob)]
  if (String(ours) !== String(theirs)) throw new Error(`the view has ${ours}, the glob ${theirs}`)
  const samples = await interleaved(isQuick ? 7 : 15, {
    view: () => timed(() => raw.script(`${SCAN} messages`)),
    glob: () => timed(() => raw.script(SCAN + glob)),
  })
  raw.close()
  yield ratioFigure('scan through a view of lake.sql ÷ a glob', samples, 'view', 'glob', { reach: { atMost: 1.1 } })
}
