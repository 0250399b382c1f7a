import { secondsText } from './format.ts'
import type { Terminal } from './terminal.ts'
import { visible } from './text.ts'

/** A line on a terminal that says how far work is, with how long that has taken. Elsewhere it is nowhere. */
export interface WorkLine {
  readonly tell: (text: string) => void
  /** Removes the line, before anything else is written. */
  readonly end: () => void
}

const REDRAW_MS = 250

/** @param name  of what is worked on */
export function workLine(name: string, terminal: Terminal): WorkLine {
  const startMs = performance.now()
  let told = ''
  let timer: NodeJS.Timeout | undefined
  const draw = (): void => {
    const text = `${visible(`${name}: ${told}`)} · ${secondsText(performance.now() - startMs)}`
    terminal.live([{ text, paint: terminal.colors.dim }])
  }
  return {
    tell: (text) => {
      if (!terminal.isLive) return
      told = text
      timer ??= setInterval(draw, REDRAW_MS).unref()
      draw()
    },
    end: () => {
      clearInterval(timer)
      timer = undefined
      terminal.live([])
    },
  }
}
