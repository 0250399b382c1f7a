import { readdirSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { archivedNames } from '../support/archive.ts'
import { valuesBetween } from '../support/crashStates.ts'
import { type Kill, PROTOCOL_STEPS, runTraced } from '../support/killing.ts'
import { messageRows } from '../support/messageRows.ts'
import { MessagesLake } from '../support/messagesLake.ts'
import { Program } from '../support/program.ts'
import { seededRandom } from '../support/random.ts'

/** Some sixty programs start and end: how long that takes is the machine's. Longer than this is a hang. */
const HANG_MS = 900_000

const KILLS = 50
const OUTSIDE_KILLS = 4
const PRODUCE = ['run', 'produce', '--rows', '6', '--max-rows-per-batch', '3', '--seed', '7', '--json']
const FOLLOW = ['run', 'land', 'silver', '--available-now', '--max-files-per-batch', '2', '--json']
/** Values of dropped files begin here; generated ones count up from 0. */
const DROPPED = 1_000_000

let lake: MessagesLake
let dropped = 0

beforeAll(async () => {
  lake = await MessagesLake.open()
})

afterAll(() => lake.close())

async function dropFile(): Promise<void> {
  await lake.drop(`file ${dropped}.parquet`, messageRows(DROPPED + 2 * dropped, 2))
  dropped += 1
}

test(
  `${KILLS} kills of the real program, at every kind of step and at random calls, and ${OUTSIDE_KILLS} from outside lose and double nothing`,
  async () => {
    const seed = Number(process.env.LAKEWEIR_TEST_SEED ?? Date.now() % 1_000_000)
    const random = seededRandom(seed)
    const killedAt: string[] = []
    const where = (): string => `LAKEWEIR_TEST_SEED=${seed}, killed at:\n${killedAt.join('\n')}`

    const killAt = async (kill: Kill, args: readonly string[]): Promise<string | undefined> => {
      await dropFile()
      const end = await runTraced(args, lake.root, kill)
      if (end.signal === 'SIGKILL') killedAt.push(`${kill.when} ${end.killedAt}`)
      else expect(end, `${where()}\n${end.stderr}`).toMatchObject({ exitCode: 0, signal: null })
      return end.killedAt
    }
    const when = (): Kill['when'] => (random() < 0.5 ? 'before' : 'after')
    await dropFile()
    expect(await Program.run(FOLLOW, { lake: lake.root })).toMatchObject({ exitCode: 0 })
    for (const [step, pattern] of shuffled(Object.entries(PROTOCOL_STEPS), random)) {
      const hit = await killAt({ pattern: pattern.source, nth: 1, when: when() }, FOLLOW)
      expect(hit, `${where()}\n${step} never came`).toMatch(pattern)
    }
    while (killedAt.length < KILLS) {
      await killAt(
        { pattern: '.', nth: 1 + Math.floor(random() * 100), when: when() },
        random() < 0.5 ? PRODUCE : FOLLOW,
      )
    }
    for (let kill = 0; kill < OUTSIDE_KILLS; kill++) {
      await dropFile()
      const program = Program.start(kill % 2 === 0 ? PRODUCE : FOLLOW, { lake: lake.root })
      const timer = setTimeout(() => program.kill('SIGKILL'), 300 + random() * 900)
      await program.ended
      clearTimeout(timer)
    }

    for (const args of [PRODUCE, FOLLOW]) {
      expect(await Program.run(args, { lake: lake.root }), where()).toMatchObject({ exitCode: 0 })
    }
    await lake.run(['produce', 'land', 'silver'], { generate: { rows: 0 } })
    expect([...(await lake.faults()), ...(await lake.viewFaults())], where()).toEqual([])
    expect(await lake.lake.validate({ deep: true }), where()).toMatchObject({ ok: true })
    const values = await lake.bronzeValues()
    const generated = values.filter((value) => value < DROPPED)
    expect(generated, where()).toEqual(valuesBetween(0, generated.length))
    expect(values.slice(generated.length), where()).toEqual(valuesBetween(DROPPED, DROPPED + 2 * dropped))
    expect(readdirSync(lake.landing), where()).toEqual(['_archive'])
    expect(archivedNames(lake.landing).length, where()).toBe(dropped)
  },
  HANG_MS,
)

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  return items
    .map((item) => ({ item, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item)
}
