import { randomUUID } from 'node:crypto'

// The id of a stream: `<name>@<uuid>`, made with its first batch. Tables keep it with each batch. The config
// decides what a name is; none has an @.

export function newStreamId(stream: string): string {
  return `${stream}@${randomUUID()}`
}

/** The name of the stream with this id. */
export function streamOf(streamId: string): string {
  return streamId.split('@', 1)[0] ?? streamId
}

/** Whether an id is of a stream with this name. What another program calls its transactions may be the name alone. */
export function isIdOf(stream: string, id: string): boolean {
  return id.startsWith(`${stream}@`)
}

/** What an id looks like. */
export const STREAM_ID = /^[^@]+@./
