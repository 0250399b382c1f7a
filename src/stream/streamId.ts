import { randomUUID } from 'node:crypto'

// The id of a stream: `<name>@<uuid>`, made with its first batch. Tables are told by it whose batches they have. What a
// name is the config says; none has an @.

export function newStreamId(stream: string): string {
  return `${stream}@${randomUUID()}`
}

/** The name of the stream that an id is of. */
export function streamOf(streamId: string): string {
  return streamId.split('@', 1)[0] ?? streamId
}

/** What an id looks like. */
export const STREAM_ID = /^[^@]+@./
