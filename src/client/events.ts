/** An event of a stream, as the HTML standard defines it. */
export interface StreamEvent {
  readonly name: string
  readonly data: string
  /** The last id that was sent, with this event or before. */
  readonly id: string
}

/** Far more than any answer: without an end, a broken stream would fill the memory. */
const MAX_LENGTH = 2 ** 26

/** Takes a stream of events apart, wherever its bytes were cut: inside a character, a line or a line's end. */
export class EventParser {
  readonly #decoder = new TextDecoder()
  #line = ''
  #isAfterCr = false
  #name = ''
  #data: string[] = []
  #length = 0
  #id = ''
  /** How long to wait before connecting again; undefined if the stream does not say. */
  retryMs: number | undefined

  push(bytes: Uint8Array): StreamEvent[] {
    let text = this.#decoder.decode(bytes, { stream: true })
    if (text === '') return []
    // CR and LF are one line's end, even if they come apart.
    if (this.#isAfterCr && text.startsWith('\n')) text = text.slice(1)
    this.#isAfterCr = text.endsWith('\r')
    const [first = '', ...others] = text.split(/\r\n|\r|\n/)
    this.#line += first
    this.#length += text.length
    const events: StreamEvent[] = []
    for (const other of others) {
      const event = this.#take(this.#line)
      if (event !== undefined) events.push(event)
      this.#line = other
    }
    if (this.#length > MAX_LENGTH) throw new RangeError('an event of the stream has no end')
    return events
  }

  #take(line: string): StreamEvent | undefined {
    if (line === '') return this.#dispatch()
    const colon = line.indexOf(':')
    const field = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1)
    if (field === 'event') this.#name = value
    else if (field === 'data') this.#data.push(value)
    else if (field === 'id' && !value.includes('\0')) this.#id = value
    else if (field === 'retry' && /^\d+$/.test(value)) this.retryMs = Number(value)
    return undefined
  }

  #dispatch(): StreamEvent | undefined {
    const data = this.#data
    const event = { name: this.#name === '' ? 'message' : this.#name, data: data.join('\n'), id: this.#id }
    this.#name = ''
    this.#data = []
    this.#length = 0
    return data.length === 0 ? undefined : event
  }
}
