import fc from 'fast-check'
import { expect, test } from 'vitest'
import { EventParser, type StreamEvent } from '../../src/client/events.ts'

function eventsIn(text: string, cuts: readonly number[] = []): StreamEvent[] {
  const bytes = new TextEncoder().encode(text)
  const parser = new EventParser()
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((one, other) => one - other)
  return ends.flatMap((end, index) => parser.push(bytes.subarray(ends[index - 1] ?? 0, end)))
}

test.each([
  { name: 'an event ends at an empty line', text: 'data: 1\n\ndata: 2\n', events: [{ data: '1' }] },
  { name: 'lines of data are joined', text: 'data: a\ndata:b\ndata\n\n', events: [{ data: 'a\nb\n' }] },
  { name: 'one space after the colon is left out', text: 'data:  a\n\n', events: [{ data: ' a' }] },
  { name: 'an event may have a name', text: 'event: change\ndata: 1\n\ndata: 2\n\n', events: [{ name: 'change' }, {}] },
  {
    name: 'an id is that of later events too',
    text: 'id: 7\ndata: 1\n\ndata: 2\n\n',
    events: [{ id: '7' }, { id: '7' }],
  },
  { name: 'an empty id takes it back', text: 'id: 7\ndata: 1\n\nid\ndata: 2\n\n', events: [{ id: '7' }, { id: '' }] },
  { name: 'an id with NUL is none', text: 'id: 7\nid: a\0b\ndata: 1\n\n', events: [{ id: '7' }] },
  { name: 'comments say nothing', text: ': data: 1\n:\n\ndata: 2\n:\n\n', events: [{ data: '2' }] },
  {
    name: 'an event without data is none',
    text: 'event: a\nid: 7\n\ndata: 1\n\n',
    events: [{ name: 'message', id: '7' }],
  },
  { name: 'unknown fields say nothing', text: 'dat: 1\n data: 2\ndata: 3\n\n', events: [{ data: '3' }] },
  {
    name: 'lines end with CRLF',
    text: 'event: a\r\ndata: 1\r\ndata: 2\r\n\r\n',
    events: [{ name: 'a', data: '1\n2' }],
  },
  { name: 'or with CR', text: 'data: 1\r\rdata: 2\r\r', events: [{ data: '1' }, { data: '2' }] },
  { name: 'a byte order mark says nothing', text: '\uFEFFdata: 1\n\n', events: [{ data: '1' }] },
  {
    name: 'any text comes through',
    text: 'data: ä€😀\u202E\u2028\u0000\n\n',
    events: [{ data: 'ä€😀\u202E\u2028\u0000' }],
  },
])('$name', ({ text, events }) => {
  const found = eventsIn(text)
  expect(found).toEqual(events.map((event) => expect.objectContaining(event)))
  // However the bytes are cut, the same events come out: one by one, and in two at any place.
  const length = new TextEncoder().encode(text).length
  expect(eventsIn(text, [...Array(length).keys()])).toEqual(found)
  for (let cut = 0; cut <= length; cut++) expect(eventsIn(text, [cut])).toEqual(found)
})

test('whatever a stream says, the way in which it is cut does not matter', () => {
  const piece = fc.constantFrom(
    'data',
    'event',
    'id',
    'retry',
    ':',
    ' ',
    '\n',
    '\r',
    '\r\n',
    '\n\n',
    'ä',
    '😀',
    '1',
    '\uFEFF',
  )
  const text = fc.array(piece, { maxLength: 60 }).map((pieces) => pieces.join(''))
  fc.assert(
    fc.property(text, fc.array(fc.nat(), { maxLength: 20 }), (stream, cuts) => {
      expect(eventsIn(stream, cuts)).toEqual(eventsIn(stream))
    }),
    { numRuns: 1_000 },
  )
})

test.each([
  { text: 'retry: 2500\n', retryMs: 2_500 },
  { text: 'retry: soon\n', retryMs: undefined },
  { text: 'retry: -1\n', retryMs: undefined },
])('"$text" is a pause of $retryMs ms', ({ text, retryMs }) => {
  const parser = new EventParser()
  parser.push(new TextEncoder().encode(text))
  expect(parser.retryMs).toBe(retryMs)
})

test('an event without an end is refused before it fills the memory', () => {
  const parser = new EventParser()
  const piece = new TextEncoder().encode(`data: ${'a'.repeat(2 ** 20)}`)
  expect(() => {
    for (let count = 0; count < 100; count++) parser.push(piece)
  }).toThrow('an event of the stream has no end')
})
