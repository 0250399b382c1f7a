/** The name of each event of a stream. */
export type EventName = 'snapshot' | 'change' | 'freshness' | 'end'

/** An event as bytes; its JSON has no line breaks. */
export function eventBytes(name: EventName, json: string, id?: string): Uint8Array {
  return bytesOf(`${id === undefined ? '' : `id: ${id}\n`}event: ${name}\ndata: ${json}\n\n`)
}

/** How long a client waits before it connects again, and a first comment, by which proxies send the headers on. */
export function openingBytes(retryMs: number): Uint8Array {
  return bytesOf(`retry: ${Math.round(retryMs)}\n:\n\n`)
}

const encoder = new TextEncoder()

function bytesOf(text: string): Uint8Array {
  return encoder.encode(text)
}
