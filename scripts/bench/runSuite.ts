import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Figure } from './figure.ts'

/** Runs one suite in a process and a temporary folder of its own; both are gone afterwards, whatever happens. */
export async function runSuite(
  name: string,
  isQuick: boolean,
  signal: AbortSignal,
  onFigure: (figure: Figure) => void,
): Promise<'done' | 'failed'> {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'lakeweir-bench-'))
  const child = fork(join(import.meta.dirname, 'suiteProcess.ts'), [name, folder, ...(isQuick ? ['--quick'] : [])], {
    execArgv: ['--import', 'jiti/register'],
    env: { ...process.env, UV_THREADPOOL_SIZE: '16' }, // as the program has it
    // A process group of its own: Ctrl-C reaches only us, and everything that the suite has started ends with it.
    detached: true,
  })
  const end = (): void => endGroup(child)
  signal.addEventListener('abort', end)
  try {
    child.on('message', onFigure)
    const [exitCode] = await once(child, 'exit')
    return exitCode === 0 ? 'done' : 'failed'
  } finally {
    signal.removeEventListener('abort', end)
    endGroup(child)
    // DuckDB's threads may still finish a write while their process is being killed.
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  }
}

function endGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // The group has no process left.
  }
}
