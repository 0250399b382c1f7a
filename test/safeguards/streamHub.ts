import type { Safeguard } from './safeguard.ts'

const HUB = 'src/server/stream/hub.ts'
const PAGE = 'src/server/stream/page.ts'
const PANEL = 'src/server/stream/followedPanel.ts'
const CONNECTION = 'src/server/stream/connection.ts'
const FOLLOWER = 'src/client/follower.ts'
const hub = 'test/server/stream/hub.test.ts'
const readyFirst = 'test/server/stream/readyFirst.test.ts'
const connections = 'test/server/stream/connections.test.ts'
const follow = 'test/client/follow.test.ts'

export const streamHub: readonly Safeguard[] = [
  {
    name: 'a client that comes back gets nothing again that it has',
    file: PAGE,
    takes: 'if (id === undefined || lastId === id) return undefined',
    leaves: 'if (id === undefined) return undefined',
    tests: [hub],
  },
  {
    name: 'a client that comes back to other rows gets all of them',
    file: PAGE,
    takes: 'const isSame = lastId !== undefined && digestIn(lastId) === digestIn(id)',
    leaves: 'const isSame = lastId !== undefined',
    tests: [hub],
  },
  {
    name: 'rows are changed only where they are those that the change is of',
    file: PAGE,
    takes: 'change !== undefined && change.from === was ? change.text : whole',
    leaves: 'change !== undefined ? change.text : whole',
    tests: [hub],
  },
  {
    name: 'a client that missed many updates gets everything',
    file: PAGE,
    takes: 'if (before === undefined) return this.snapshot()',
    leaves: "if (before === undefined) return eventBytes('change', this.#json([]), this.version?.id)",
    tests: [connections],
  },
  {
    name: 'a client that missed an update gets what has changed since its own',
    file: PAGE,
    takes: 'this.#versions.find((version) => version.number === number)',
    leaves: 'this.#versions.at(-2)',
    tests: [readyFirst],
  },
  {
    name: 'a page does not go back to a batch before',
    file: PAGE,
    takes: 'if (!this.#isWhole && (isMixed(positions) || isBefore(position, this.#position))) return',
    leaves: 'if (!this.#isWhole && isMixed(positions)) return',
    tests: [readyFirst],
  },
  {
    name: 'panels of two generations are not shown together',
    file: PAGE,
    takes: 'if (!this.#isWhole && (isMixed(positions) || isBefore(position, this.#position))) return',
    leaves: 'if (!this.#isWhole && isBefore(position, this.#position)) return',
    tests: [readyFirst],
  },
  {
    name: 'an answer from before a commit does not count as one from after it',
    file: PANEL,
    takes: 'if (asked >= tick) return version',
    leaves: 'return version',
    tests: [hub],
  },
  {
    name: 'a commit that comes just as the panels have been asked is shown',
    file: PAGE,
    takes:
      '    } finally {\n      // In the same moment as the last look at what is wanted: a wish that comes later would be lost in between.\n      place.refreshing = undefined\n    }',
    leaves: '    } finally {\n      void Promise.resolve().then(() => (place.refreshing = undefined))\n    }',
    tests: [hub],
  },
  {
    name: 'a client that does not read is sent away',
    file: CONNECTION,
    takes: "this.#patience ??= this.#options.clock.after(PATIENCE_MS, () => this.end('slow'))",
    leaves: '',
    tests: [connections],
  },
  {
    name: 'a client that does not even read its last event is cut off',
    file: CONNECTION,
    takes: 'this.#goAway()\n      cut()',
    leaves: 'this.#goAway()',
    tests: [connections],
  },
  {
    name: 'a stream ends with its token, also where the clock was set forward',
    file: CONNECTION,
    takes: "if (expiresMs !== undefined && nowMs >= expiresMs) this.end('expired')",
    leaves: '',
    tests: [connections],
  },
  {
    name: 'no more panels are followed than can be asked',
    file: HUB,
    takes: 'if (this.#panels.size + added.size > MAX_PANELS) return undefined',
    leaves: '',
    tests: [connections],
  },
  {
    name: 'what nobody follows is asked no more',
    file: HUB,
    takes: 'this.#pages.delete(shared.key)',
    leaves: '',
    tests: [hub],
  },
  {
    name: 'the client changes only rows that it has',
    file: FOLLOWER,
    takes: 'if (patch !== undefined && shown?.digest !== from) {',
    leaves: 'if (false) {',
    tests: [follow],
  },
  {
    name: 'the client gives up a connection on which nothing comes',
    file: FOLLOWER,
    takes: 'cancelWait = this.#clock.after(SILENCE_MS, stop)',
    leaves: '',
    tests: [follow],
  },
  {
    name: 'the client gives up an answer that does not come',
    file: FOLLOWER,
    takes: 'const cancelWait = this.#clock.after(ANSWER_MS, stop)',
    leaves: 'const cancelWait = (): void => undefined',
    tests: ['test/client/lost.test.ts'],
  },
  {
    name: 'a line that ends with CR and LF is one, however it is cut',
    file: 'src/client/events.ts',
    takes: "if (this.#isAfterCr && text.startsWith('\\n')) text = text.slice(1)",
    leaves: '',
    tests: ['test/client/events.test.ts'],
  },
]
