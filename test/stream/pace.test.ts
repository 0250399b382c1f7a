import { describe, expect, test } from 'vitest'
import {
  afterFailure,
  afterRefusal,
  type Fail,
  type Failed,
  type Failures,
  type Look,
  NO_FAILURES,
  type Now,
  nextStep,
  type Pace,
  type Phase,
  type Refused,
  type Step,
} from '../../src/stream/pace.ts'

// Everything that a stream decides between and after its batches, as one table of facts each.

const FOLLOW: Pace = { triggerMs: 0, pollMs: undefined, availableNow: false, deadlineMs: undefined }
const DRAIN: Pace = { ...FOLLOW, availableNow: true }
const TRIGGER: Pace = { ...FOLLOW, triggerMs: 500 }
const UNTIL_2000: Pace = { ...FOLLOW, deadlineMs: 2_000 }

const NOW: Now = {
  nowMs: 1_000,
  isAborted: false,
  isUpstreamEnded: false,
  lastBatchMs: Number.NEGATIVE_INFINITY,
}
const ENDED: Now = { ...NOW, isUpstreamEnded: true }

/** A look that began half a second ago. */
const LOOK: Look = { startMs: 500, isPastDeadline: false, isUpstreamEnded: false, isPinned: false }
const AFTER_END: Look = { ...LOOK, isUpstreamEnded: true }
const PINNED: Look = { ...AFTER_END, isPinned: true }
const PAST: Look = { ...LOOK, isPastDeadline: true }

const idle = (look: Look, recheckMs?: number, pollMs?: number): Phase => ({ after: 'idle', look, recheckMs, pollMs })
const after = (phase: 'batch' | 'wait' | 'rest', look: Look): Phase => ({ after: phase, look })
const START: Phase = { after: 'start' }

const STOP: Step = { do: 'stop' }
const look = (change: Partial<Look> = {}, pins = false): Step => {
  return { do: 'look', pins, look: { ...LOOK, startMs: 1_000, ...change } }
}
const wait = (delayMs: number, of = LOOK, isWatched = true): Step => ({ do: 'wait', look: of, delayMs, isWatched })
const rest = (delayMs: number, of = LOOK): Step => ({ do: 'rest', look: of, delayMs })

const pastLook = (startMs = 2_000): Step => look({ startMs, isPastDeadline: true })
const NOW_PINNED: Partial<Look> = { isUpstreamEnded: true, isPinned: true }

const SWEEP_MS = 60_000

describe('what a stream does next', () => {
  test.each<[string, Pace, Now, Phase, Step]>([
    // The beginning.
    ['at its start it looks', FOLLOW, NOW, START, look()],
    ['at its start it does not wait for the trigger', TRIGGER, NOW, START, look()],
    ['told to stop before its start it stops', FOLLOW, { ...NOW, isAborted: true }, START, STOP],
    ['a drain whose upstream goes on looks and pins nothing', DRAIN, NOW, START, look()],
    ['a drain without upstream pins, then looks', DRAIN, ENDED, START, look(NOW_PINNED, true)],
    ['a follower never pins', FOLLOW, ENDED, START, look({ isUpstreamEnded: true })],
    ['past its end it still looks once', UNTIL_2000, { ...NOW, nowMs: 2_000 }, START, pastLook()],

    // After a look that found nothing.
    ['it waits for an event, and sweeps once a minute', FOLLOW, NOW, idle(LOOK), wait(SWEEP_MS)],
    ['it waits no longer than the source says', FOLLOW, NOW, idle(LOOK, 300.2), wait(301)],
    ['it waits at least for the trigger of nothing', TRIGGER, NOW, idle(LOOK), wait(SWEEP_MS)],
    ['the source may want to be polled', FOLLOW, NOW, idle(LOOK, undefined, 1_000), wait(1_000, LOOK, false)],
    [
      'the run may want to poll, more often',
      { ...FOLLOW, pollMs: 20 },
      NOW,
      idle(LOOK, 300, 1_000),
      wait(20, LOOK, false),
    ],
    [
      'a run that polls looks when the source says, too',
      { ...FOLLOW, pollMs: 900 },
      NOW,
      idle(LOOK, 300),
      wait(300, LOOK, false),
    ],
    ['it waits no longer than its run', UNTIL_2000, NOW, idle(LOOK), wait(1_000)],
    [
      'past its end it looks a last time, without a wait',
      UNTIL_2000,
      { ...NOW, nowMs: 2_500 },
      idle(LOOK),
      pastLook(2_500),
    ],
    ['the last look of a run with an end was the last', UNTIL_2000, { ...NOW, nowMs: 2_500 }, idle(PAST), STOP],
    ['upstream ended meanwhile: it looks at once', FOLLOW, ENDED, idle(LOOK), look({ isUpstreamEnded: true })],
    ['upstream ended meanwhile: a drain pins and looks at once', DRAIN, ENDED, idle(LOOK), look(NOW_PINNED, true)],
    ['a drain whose upstream goes on waits', DRAIN, NOW, idle(LOOK), wait(SWEEP_MS)],
    ['a drain that is pinned has drained', DRAIN, ENDED, idle(PINNED), STOP],
    ['a follower whose upstream has long ended waits', FOLLOW, ENDED, idle(AFTER_END), wait(SWEEP_MS, AFTER_END)],
    ['told to stop it stops', FOLLOW, { ...NOW, isAborted: true }, idle(LOOK), STOP],

    // After a wait.
    ['it looks', FOLLOW, NOW, after('wait', LOOK), look()],
    [
      'it rests until the trigger after the last batch',
      TRIGGER,
      { ...NOW, lastBatchMs: 900 },
      after('wait', LOOK),
      rest(400),
    ],
    ['it does not rest where the trigger is over', TRIGGER, { ...NOW, lastBatchMs: 500 }, after('wait', LOOK), look()],
    [
      'a drain knows no trigger',
      { ...DRAIN, triggerMs: 500 },
      { ...NOW, lastBatchMs: 900 },
      after('wait', LOOK),
      look(),
    ],
    ['a drain pins once upstream has ended', DRAIN, ENDED, after('wait', LOOK), look(NOW_PINNED, true)],
    ['told to stop it stops', FOLLOW, { ...NOW, isAborted: true }, after('wait', LOOK), STOP],
    ['past its end it looks a last time', UNTIL_2000, { ...NOW, nowMs: 2_000 }, after('wait', LOOK), pastLook()],

    // After a batch.
    ['it looks again', FOLLOW, NOW, after('batch', LOOK), look()],
    ['it rests until the trigger', TRIGGER, { ...NOW, lastBatchMs: 500.5 }, after('batch', LOOK), rest(1)],
    [
      'it rests no longer than its run',
      { ...TRIGGER, deadlineMs: 1_100 },
      { ...NOW, lastBatchMs: 900 },
      after('batch', LOOK),
      rest(100),
    ],
    ['a pinned drain looks again, and pins once', DRAIN, ENDED, after('batch', PINNED), look(NOW_PINNED, false)],
    [
      'a drain looks again and pins where upstream has ended',
      DRAIN,
      ENDED,
      after('batch', LOOK),
      look(NOW_PINNED, true),
    ],
    [
      'past its end, with an earlier look, it looks a last time',
      UNTIL_2000,
      { ...NOW, nowMs: 2_000 },
      after('batch', LOOK),
      pastLook(),
    ],
    [
      'the last batch of a run with an end was the last',
      UNTIL_2000,
      { ...NOW, nowMs: 2_500 },
      after('batch', PAST),
      STOP,
    ],
    ['told to stop it stops', FOLLOW, { ...NOW, isAborted: true }, after('batch', LOOK), STOP],

    // After a rest.
    ['it looks, whatever the trigger', TRIGGER, { ...NOW, lastBatchMs: 900 }, after('rest', LOOK), look()],
    [
      'past its end it looks a last time',
      { ...TRIGGER, deadlineMs: 1_000 },
      NOW,
      after('rest', LOOK),
      look({ isPastDeadline: true }),
    ],
    ['told to stop it stops', TRIGGER, { ...NOW, isAborted: true }, after('rest', LOOK), STOP],
  ])('%s', (_, pace, now, phase, step) => {
    expect(nextStep(pace, now, phase)).toEqual(step)
  })
})

const FAILED: Failed = { cause: 'data', fileCount: 4, isAborted: false, failures: NO_FAILURES }
const some = (failures: Partial<Failures>): Failures => ({ ...NO_FAILURES, ...failures })

function fail(cause: Fail['cause'], tries: number): Fail {
  return { do: 'fail', cause, tries }
}

function again(delayMs: number, failures: Partial<Failures>): ReturnType<typeof afterFailure> {
  return { do: 'retry', delayMs, failures: some(failures) }
}

function refused(cause: 'data' | 'resources', failures: Partial<Failures>, isLeast = false, isLast = false): Refused {
  return { do: 'refuse', cause, failures: some(failures), isLeast, isLast }
}

describe('what follows from a batch that was not committed', () => {
  test.each<[string, Partial<Failed>, ReturnType<typeof afterFailure>]>([
    ['a run that was told to stop has abandoned it', { isAborted: true }, fail('interrupted', 1)],
    ['the same whatever failed', { isAborted: true, cause: 'lasting' }, fail('interrupted', 1)],
    ['what is lasting and could not be synced is not tried again', { cause: 'lasting' }, fail('disk', 1)],
    ['the disk fails: again in a second', { cause: 'disk' }, again(1_000, { ofDisk: 1 })],
    ['it fails again', { cause: 'disk', failures: some({ ofDisk: 1 }) }, again(1_000, { ofDisk: 2 })],
    ['it fails for the third time', { cause: 'disk', failures: some({ ofDisk: 2 }) }, fail('disk', 3)],
    [
      'other failures do not count',
      { cause: 'disk', failures: some({ ofData: 9, ofLeast: 7 }) },
      again(1_000, { ofDisk: 1, ofData: 9, ofLeast: 7 }),
    ],
    ['its rows fail: the source is asked', {}, refused('data', { ofData: 1 })],
    ['they fail again', { failures: some({ ofData: 30, ofDisk: 2 }) }, refused('data', { ofData: 31, ofDisk: 2 })],
    ['too much at once: the source is asked', { cause: 'resources' }, refused('resources', {})],
    ['one file is the least', { cause: 'resources', fileCount: 1 }, refused('resources', { ofLeast: 1 }, true)],
    ['so are generated rows', { cause: 'resources', fileCount: 0 }, refused('resources', { ofLeast: 1 }, true)],
    [
      'the least is tried three times',
      { cause: 'resources', fileCount: 1, failures: some({ ofLeast: 2 }) },
      refused('resources', { ofLeast: 3 }, true, true),
    ],
    [
      'and is the last then',
      { cause: 'resources', fileCount: 1, failures: some({ ofLeast: 3 }) },
      refused('resources', { ofLeast: 4 }, true, true),
    ],
  ])('%s', (_, change, expected) => {
    expect(afterFailure({ ...FAILED, ...change })).toEqual(expected)
  })

  test.each<[string, Refused, boolean, ReturnType<typeof afterRefusal>]>([
    ['other rows: at once', refused('data', { ofData: 1 }), true, { do: 'retry', delayMs: 0 }],
    ['the same rows: never', refused('data', { ofData: 3 }), false, fail('data', 3)],
    ['less of them: at once', refused('resources', {}), true, { do: 'retry', delayMs: 0 }],
    ['as many, by smaller limits: at once', refused('resources', {}), false, { do: 'retry', delayMs: 0 }],
    ['the least: in a second', refused('resources', { ofLeast: 1 }, true), false, { do: 'retry', delayMs: 1_000 }],
    [
      'another least after the last: in a second',
      refused('resources', { ofLeast: 3 }, true, true),
      true,
      { do: 'retry', delayMs: 1_000 },
    ],
    [
      'the same least after the last: never',
      refused('resources', { ofLeast: 3 }, true, true),
      false,
      fail('resources', 3),
    ],
    [
      'any least for the eighth time: never',
      refused('resources', { ofLeast: 8 }, true, true),
      true,
      fail('resources', 8),
    ],
  ])('and from what its source says: %s', (_, asked, isWorthwhile, expected) => {
    expect(afterRefusal(asked, isWorthwhile)).toEqual(expected)
  })
})
