import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { programCommand } from './program.ts'

/** Runs a command on a terminal of its own, types Ctrl-C once it has seen a text, and gives back all bytes. */
const ON_TERMINAL = `
import fcntl, os, pty, struct, sys, termios
columns, seen, command = int(sys.argv[1]), sys.argv[2].encode(), sys.argv[3:]
process, terminal = pty.fork()
if process == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack('HHHH', 24, columns, 0, 0))
    os.execvp(command[0], command)
out, typed = b'', False
while True:
    try:
        chunk = os.read(terminal, 65536)
    except OSError:
        break
    if not chunk:
        break
    out += chunk
    if seen and not typed and seen in out:
        os.write(terminal, b'\\x03')
        typed = True
sys.stdout.buffer.write(out)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]))
`

export interface OnTerminal {
  readonly lake: string
  readonly columns: number
  readonly env?: Readonly<Record<string, string>>
  /** Ctrl-C is typed when this is seen. */
  readonly interruptAt?: string
}

/** Runs the program as on a terminal, where both outputs are one. */
export async function runOnTerminal(
  args: readonly string[],
  { lake, columns, env = {}, interruptAt = '' }: OnTerminal,
): Promise<{ exitCode: number | null; text: string }> {
  const command = programCommand(args, { lake })
  const { NO_COLOR: _, CI: __, ...inherited } = process.env
  const child = spawn('python3', ['-c', ON_TERMINAL, String(columns), interruptAt, ...command], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...inherited, TERM: 'xterm', ...env },
  })
  let text = ''
  child.stdout.on('data', (chunk) => {
    text += String(chunk)
  })
  const [exitCode] = (await once(child, 'close')) as [number | null]
  return { exitCode, text }
}

/** Whether python3 is there, which makes the terminals. */
export function hasTerminals(): boolean {
  try {
    execFileSync('python3', ['-c', 'import os, pty; os.waitstatus_to_exitcode'], { stdio: 'ignore' })
    return true
  } catch {
    // No Python, or one before 3.9.
    return false
  }
}
