import { expect, test } from 'vitest'
import { Lines } from '../../src/engines/program/lines.ts'

test('lines are put together however their bytes come, also in the middle of a character', () => {
  const bytes = Buffer.from('é✓😀\n\n  \nsecond\nrest')
  for (let size = 1; size <= bytes.length; size++) {
    const heard: string[] = []
    const lines = new Lines((line) => heard.push(line))
    for (let start = 0; start < bytes.length; start += size) lines.add(bytes.subarray(start, start + size))
    expect([heard, lines.rest], `${size} bytes at a time`).toEqual([['é✓😀', 'second'], 'rest'])
  }
})
