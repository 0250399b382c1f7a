import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Lake } from '../../src/index.ts'
import { closeLake, type OpenLake, openLake } from '../../src/lake/openLake.ts'
import { type DashboardHandler, type DashboardOptions, dashboardHandler } from '../../src/server/index.ts'
import type { Clock } from '../../src/stream/clock.ts'
import { MessageFiles } from './messageFiles.ts'
import { shiftedClock } from './shiftedClock.ts'

const REPOSITORY = join(import.meta.dirname, '../..')

/** When these lakes are looked at: in the middle of a UTC day, a little after a minute has begun. */
export const NOON_MS = Date.UTC(2026, 10, 25, 13, 32, 8)

const HOUR_MS = 3_600_000

/** Yesterday, and the day before it in part. */
const HISTORY_HOURS = 38
const MESSAGES_PER_MINUTE = 20

export interface PlatformLakeOptions {
  /** What the server's clock says when the lake is opened. */
  readonly nowMs?: number
  /** Until when there are messages; up to now where left out. */
  readonly untilMs?: number
  /** What its config says of the server. */
  readonly server?: object
  readonly environment?: Readonly<Record<string, string>>
  /** How many messages there are on average. */
  readonly perMinute?: number
}

/** The repository's own lake with the messages of a made-up platform up to now, on a clock at noon. */
export class PlatformLake {
  readonly folder: string
  readonly open: OpenLake
  readonly lake: Lake
  readonly clock: Clock
  readonly #files: MessageFiles
  #dropped = 0

  private constructor(folder: string, open: OpenLake, files: MessageFiles) {
    this.folder = folder
    this.open = open
    this.lake = Lake.of(open)
    this.clock = open.clock
    this.#files = files
  }

  /** @param folder  an empty one, which its maker removes */
  static async make(folder: string, options: PlatformLakeOptions = {}): Promise<PlatformLake> {
    const { nowMs = NOON_MS, untilMs = nowMs, perMinute = MESSAGES_PER_MINUTE, server = {}, environment } = options
    symlinkSync(join(REPOSITORY, 'sql'), join(folder, 'sql'))
    writeFileSync(join(folder, 'lakeweir.config.ts'), configWith(server))
    const open = await openLake({
      config: join(folder, 'lakeweir.config.ts'),
      clock: shiftedClock(nowMs),
      database: { threads: 1 },
      ...(environment === undefined ? {} : { environment }),
    })
    const made = new PlatformLake(folder, open, await MessageFiles.open(perMinute))
    await made.take(untilMs - HISTORY_HOURS * HOUR_MS, untilMs - HOUR_MS)
    await made.take(untilMs - HOUR_MS, untilMs)
    await made.lake.run({ streams: ['live'], availableNow: true })
    return made
  }

  /** What the server's clock says. */
  nowMs(): number {
    return this.clock.nowMs()
  }

  /** Lands the messages of a span of time, and takes them into silver. */
  async take(fromMs: number, toMs: number): Promise<void> {
    await this.land(fromMs, toMs)
    await this.run()
  }

  /** Puts a file with the messages of a span of time into the landing folder. */
  async land(fromMs: number, toMs: number): Promise<void> {
    this.#dropped += 1
    const path = join(this.open.config.root, 'landing/messages', `messages-${this.#dropped}.parquet`)
    await this.#files.write({ path, fromMs, toMs })
  }

  /** Takes what lands, and all else that waits, into silver. */
  async run(): Promise<void> {
    await this.lake.run({ streams: ['land', 'silver'], availableNow: true })
  }

  /** Drops a file with the rows of a SELECT, and takes it. */
  async takeRows(select: string): Promise<void> {
    this.#dropped += 1
    const path = join(this.open.config.root, 'landing/messages', `rows-${this.#dropped}.parquet`)
    await this.#files.writeRows(path, select, this.nowMs())
    await this.run()
  }

  /** A listener of its dashboard, which keeps the live aggregates until it is closed. */
  serve(options: DashboardOptions = {}): Promise<DashboardHandler> {
    return dashboardHandler(this.lake, options)
  }

  async close(): Promise<void> {
    this.#files.close()
    await closeLake(this.open)
  }
}

/** The repository's config, with something else said of the server. */
function configWith(server: object): string {
  const own = JSON.stringify(join(REPOSITORY, 'lakeweir.config.ts'))
  return `import own from ${own}\nexport default { ...own, server: { ...own.server, ...${JSON.stringify(server)} } }\n`
}
