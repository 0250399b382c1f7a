import { type Logger, pino } from 'pino'

/** The levels of the log, the most talkative first. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const

export type LogLevel = (typeof LOG_LEVELS)[number]

/**
 * A log of JSON lines.
 * @param write  takes each line, with its line break
 */
export function openLog(level: LogLevel, write: (line: string) => void, nowMs: () => number): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date(nowMs()).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write },
  )
}
