import { describe, expect, test } from 'vitest'
import { SparingLimits } from '../../src/stream/limits.ts'
import type { Limits, Range } from '../../src/stream/source.ts'

const FULL: Limits = { maxFiles: 100, maxRows: 1_000, maxBytes: 64 }

function rangeOf(fileCount: number): Range {
  return { start: null, end: {}, detail: {}, fileCount }
}

describe('limits while a process is short of something', () => {
  test('are those that were asked for until then', () => {
    const limits = new SparingLimits(FULL)
    limits.grow()
    expect(limits.now).toEqual(FULL)
  })

  test('are half of what failed, and half of that again', () => {
    const limits = new SparingLimits(FULL)
    limits.shrink(rangeOf(10))
    expect(limits.now).toEqual({ maxFiles: 5, maxRows: 500, maxBytes: 32 })
    limits.shrink(rangeOf(5))
    expect(limits.now).toEqual({ maxFiles: 3, maxRows: 250, maxBytes: 16 })
  })

  test('are one file, one row and one byte at the least, so that something is always taken', () => {
    const limits = new SparingLimits(FULL)
    for (let failures = 0; failures < 20; failures++) limits.shrink(rangeOf(1))
    expect(limits.now).toEqual({ maxFiles: 1, maxRows: 1, maxBytes: 1 })
  })

  test('grow back to what was asked for as batches succeed, and no further', () => {
    const limits = new SparingLimits(FULL)
    limits.shrink(rangeOf(10))
    const seen: number[] = []
    for (let batches = 0; batches < 7; batches++) {
      seen.push(limits.now.maxFiles)
      limits.grow()
    }
    expect(seen).toEqual([5, 10, 20, 40, 80, 100, 100])
    expect(limits.now).toEqual(FULL)
  })
})
