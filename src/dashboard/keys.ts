/** What a key does while the dashboard has the focus. */
export type KeyAction =
  | { readonly kind: 'preset'; readonly index: number }
  | { readonly kind: 'filters' | 'table' | 'full screen' | 'help' | 'close' }

export interface KeyPress {
  readonly key: string
  readonly hasModifier: boolean
  /** Whether something is being written, or chosen by letters. */
  readonly isTyping: boolean
}

/** Arrows belong to whatever has the focus. */
export function keyAction({ key, hasModifier, isTyping }: KeyPress): KeyAction | undefined {
  if (key === 'Escape') return { kind: 'close' }
  if (hasModifier || isTyping) return undefined
  if (/^[1-9]$/.test(key)) return { kind: 'preset', index: Number(key) - 1 }
  if (key === '/') return { kind: 'filters' }
  if (key === '?') return { kind: 'help' }
  if (key === 't' || key === 'T') return { kind: 'table' }
  if (key === 'f' || key === 'F') return { kind: 'full screen' }
  return undefined
}
