import { once } from 'node:events'
import { LakeError } from '../errors.ts'
import type { ResolvedLive } from '../lake/config/resolve.ts'
import type { OpenedLive } from '../lake/live/openLive.ts'
import type { OpenLake } from '../lake/openLake.ts'
import type { Served, ServeOptions } from '../server/serveLake.ts'
import { type ServerArguments, serverOptionsOf } from './serverOptions.ts'
import type { Terminal } from './terminal.ts'
import { visibleLines } from './text.ts'

/** @throws LakeError LAKE_CONFIG_INVALID for a lake without live aggregates */
function liveOf({ config }: OpenLake): ResolvedLive {
  if (config.live !== undefined) return config.live
  throw new LakeError('LAKE_CONFIG_INVALID', `${config.configFile} has no live aggregates that could be served.`, {
    state: 'Nothing was started.',
    remedy: "Add them: live: { follows: 'STREAM', models: 'sql/live', panels: 'sql/panels' }",
  })
}

/**
 * Serves the live aggregates of a lake while work is done, and says where.
 * @param signal  aborted when the process is asked to stop: the server then ends beside the last batch
 * @throws LakeError LAKE_CONFIG_INVALID for a lake without them, and whatever the server cannot start for
 */
export async function whileServed<T>(
  open: OpenLake,
  argv: ServerArguments & { readonly rebuild?: boolean | undefined },
  terminal: Terminal,
  signal: AbortSignal,
  work: (live: OpenedLive) => Promise<T>,
): Promise<T> {
  const { serveLake } = await import('../server/serveLake.ts') // only now, as the whole lake
  const start = argv.rebuild === true ? 'rebuild' : 'continue'
  const served = await serveLake(open, liveOf(open), optionsOf(argv, terminal), start)
  return whileSaid(served, terminal, signal, () => work(served.live))
}

/** Serves from a copy until the process is asked to stop. @throws LakeError as above */
export async function serveFrom(
  open: OpenLake,
  argv: ServerArguments,
  copy: string,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const { serveCopy } = await import('../server/serveLake.ts') // only now, as the whole lake
  const served = await serveCopy(open, liveOf(open), optionsOf(argv, terminal), copy)
  await whileSaid(served, terminal, signal, async () => {
    if (!signal.aborted) await once(signal, 'abort')
  })
}

function optionsOf(argv: ServerArguments, terminal: Terminal): ServeOptions {
  const options = serverOptionsOf(argv, terminal.isInteractive)
  return { ...options, write: (line) => terminal.note(line.trimEnd()) }
}

async function whileSaid<T>(
  served: Served,
  terminal: Terminal,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  signal.addEventListener('abort', () => void served.stop())
  try {
    terminal.note(`serves ${served.url}`)
    // Where nobody reads them as they come, the log has them.
    const problems = terminal.isInteractive ? served.problems : []
    for (const problem of problems) terminal.note(terminal.colors.yellow(visibleLines(problem)))
    return await work()
  } finally {
    await served.close()
  }
}
