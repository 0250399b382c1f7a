import { isatty } from 'node:tty'
import { Terminal } from './terminal.ts'

const STDIN = 0

/** The terminal, pipes or files that this process was started with. */
export function processTerminal(): Terminal {
  const input = { ask: isatty(STDIN) ? askOnTerminal : undefined, stdin: () => process.stdin }
  return new Terminal(process.stdout, process.stderr, process.env, input)
}

/** @returns undefined after Ctrl-C or Ctrl-D */
async function askOnTerminal(question: string): Promise<string | undefined> {
  const { createInterface } = await import('node:readline')
  const reader = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return await new Promise<string | undefined>((resolve) => {
      reader.on('SIGINT', () => resolve(undefined))
      reader.on('close', () => resolve(undefined))
      reader.question(question, resolve)
    })
  } finally {
    reader.close()
  }
}
