import { type ClientRequest, get, type IncomingMessage } from 'node:http'

/** How much of an event's beginning says when its batch was taken. */
const HEAD_LENGTH = 600

/** Of so many batches, one is noted: hundreds of thousands of numbers say no more. */
const EACH = 7

/** Many clients that follow the same page, and note how old each batch is when all of it has come. */
export class StreamReaders {
  readonly #requests: ClientRequest[] = []
  #seen = 0
  /** From the commit of a batch until a client had all of it, in milliseconds. */
  agesMs: number[] = []

  /** Connects so many, and waits until each has seen the page. */
  static async open(url: string, panels: readonly string[], count: number): Promise<StreamReaders> {
    const readers = new StreamReaders()
    const query = panels.map((panel) => `panel=${encodeURIComponent(panel)}`).join('&')
    for (let opened = 0; opened < count; opened += AT_ONCE) {
      const some = Array.from({ length: Math.min(AT_ONCE, count - opened) }, () =>
        readers.#connect(new URL(`api/stream?${query}`, url)),
      )
      await Promise.all(some)
    }
    return readers
  }

  /** How many batches have come, to all of them together. */
  get seen(): number {
    return this.#seen
  }

  /** Forgets all batches so far. */
  begin(): void {
    this.#seen = 0
    this.agesMs = []
  }

  close(): void {
    for (const request of this.#requests) request.destroy()
  }

  #connect(url: URL): Promise<void> {
    return new Promise((resolve, reject) => {
      const request = get(url, { agent: false }, (response) => {
        if (response.statusCode !== 200) reject(new Error(`a stream was answered with ${response.statusCode}`))
        this.#read(response, resolve)
      })
      request.on('error', (error) => {
        if (!request.destroyed) reject(error)
      })
      this.#requests.push(request)
    })
  }

  #read(response: IncomingMessage, onSnapshot: () => void): void {
    let text = ''
    let batch = 0
    response.setEncoding('utf8')
    response.on('error', () => undefined)
    response.on('data', (chunk: string) => {
      const events = (text + chunk).split('\n\n')
      text = events.pop() ?? ''
      for (const event of events) {
        if (event.includes('event: snapshot')) onSnapshot()
        // Panels of a batch may come one after another: the page has the batch once all of them have.
        const [, id] = /^id: [^:]*:(\d+):/.exec(event) ?? []
        if (Number(id) <= batch || id === undefined) continue
        batch = Number(id)
        this.#note(event)
      }
    })
  }

  #note(event: string): void {
    this.#seen += 1
    if (this.#seen % EACH !== 0) return
    const [, takenTime] = /"takenTime":"([^"]+)"/.exec(event.slice(0, HEAD_LENGTH)) ?? []
    if (takenTime !== undefined) this.agesMs.push(Date.now() - Date.parse(takenTime))
  }
}

/** Connections that are opened at a time: a thousand at once would overflow the queue of a listening socket. */
const AT_ONCE = 50
