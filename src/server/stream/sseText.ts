/** The name of each event of a stream. */
export type EventName = 'snapshot' | 'change' | 'freshness' | 'end'

/** An event as bytes; its JSON has no line breaks. */
export function eventBytes(name: EventName, json: string, id?: string): Uint8Array {
  return bytesOf(`${id === undefined ? '' : `id: ${id}\n`}event: ${name}\ndata: ${json}\n\n`)
}

/** Puts two events together, once for all who get the same two one after another. */
export class JoinedEvents {
  #last: { readonly one: Uint8Array; readonly other: Uint8Array; readonly both: Uint8Array } | undefined

  of(one: Uint8Array, other: Uint8Array): Uint8Array {
    if (this.#last?.one === one && this.#last.other === other) return this.#last.both
    const both = new Uint8Array(one.length + other.length)
    both.set(one)
    both.set(other, one.length)
    this.#last = { one, other, both }
    return both
  }
}

/** How long a client waits before it connects again, and a first comment, by which proxies send the headers on. */
export function openingBytes(retryMs: number): Uint8Array {
  return bytesOf(`retry: ${Math.round(retryMs)}\n:\n\n`)
}

const encoder = new TextEncoder()

function bytesOf(text: string): Uint8Array {
  return encoder.encode(text)
}
