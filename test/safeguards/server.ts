import type { Safeguard } from './safeguard.ts'

const VALUES = 'src/server/panels/panelValues.ts'
const ANSWERS = 'src/server/panels/panelAnswers.ts'
const KEPT = 'src/server/panels/keptAnswers.ts'
const panelsTest = 'test/server/panels.test.ts'
const keptTest = 'test/server/keptAnswers.test.ts'
const serverTest = 'test/server/server.test.ts'

export const server: readonly Safeguard[] = [
  {
    name: 'a panel that cannot be narrowed to what a token fixes is not shown',
    file: VALUES,
    takes: 'if (missing !== undefined) {',
    leaves: 'if (missing === null) {',
    tests: [panelsTest],
  },
  {
    name: 'what a token fixes cannot be changed for a panel',
    file: VALUES,
    takes: 'if (outside !== undefined) {',
    leaves: 'if (outside === null) {',
    tests: [panelsTest],
  },
  {
    name: 'answers of which one tells of a widened range and the other does not are kept apart',
    file: VALUES,
    takes: 'JSON.stringify([texts?.from, texts?.to, complete, isWidened, Object.entries(filters)])',
    leaves: 'JSON.stringify([texts?.from, texts?.to, complete, Object.entries(filters)])',
    tests: [panelsTest],
  },
  {
    name: 'answers whose grains are complete up to another moment are kept apart',
    file: VALUES,
    takes: 'texts?.to, complete, isWidened,',
    leaves: 'texts?.to, isWidened,',
    tests: ['test/server/panelRange.test.ts'],
  },
  {
    name: 'while the models are far behind, no grain is complete that they have not come to',
    file: 'src/server/moments.ts',
    takes: 'isBehind ? Math.min(nowMs, newestEventMs) : nowMs',
    leaves: 'isBehind ? nowMs : nowMs',
    tests: ['test/server/panelRange.test.ts'],
  },
  {
    name: 'a panel leads to none that a token does not grant',
    file: 'src/server/routes/answering.ts',
    takes: 'granted.some(({ name }) => name === panel) ? panel : null',
    leaves: 'panel',
    tests: ['test/server/dashboard.test.ts'],
  },
  {
    name: 'an answer that is cut does not say what the newest row is',
    file: 'src/server/newestRange.ts',
    takes: 'if (!answer.rows.isCut || newest',
    leaves: 'if (newest',
    tests: ['test/server/dashboard.test.ts'],
  },
  {
    name: 'an answer is made anew once it lacks a batch',
    file: KEPT,
    takes: 'this.#stop = watch.onCommit(() => this.#outdate())',
    leaves: 'this.#stop = () => undefined',
    tests: [panelsTest, keptTest],
  },
  {
    name: 'an answer that has lacked a batch for long is sent to nobody',
    file: KEPT,
    takes: "if (wish === 'soon' && last !== undefined && !this.#isTooOld(kept))",
    leaves: "if (wish === 'soon' && last !== undefined)",
    tests: [keptTest],
  },
  {
    name: 'who wants the newest answer gets none that was begun before its batch',
    file: KEPT,
    takes: 'if (answer !== undefined && hasReached(answer.position, asked)) return answer',
    leaves: 'if (answer !== undefined) return answer',
    tests: [keptTest],
  },
  {
    name: 'answers of two generations are not mixed',
    file: KEPT,
    takes: 'if (!isOfAnother && !this.#isTooOld(kept)) continue',
    leaves: 'if (!this.#isTooOld(kept)) continue',
    tests: [keptTest],
  },
  {
    name: 'a tag is of one generation of the store',
    file: ANSWERS,
    takes: 'JSON.stringify([generation, batch, panel.name, hash, key])',
    leaves: 'JSON.stringify([batch, panel.name, hash, key])',
    tests: [panelsTest],
  },
  {
    name: 'a text that a spreadsheet would run begins with an apostrophe',
    file: 'src/server/csv.ts',
    takes: 'isText && FORMULA.test(plain)',
    leaves: 'false',
    tests: [panelsTest],
  },
  {
    name: 'whoever asks is told nothing of what went wrong inside',
    file: 'src/server/problem.ts',
    takes: "new ProblemError(500, 'This could not be answered.', {",
    leaves: 'new ProblemError(500, String(error), {',
    tests: [serverTest],
  },
  {
    name: 'what is quiet does not keep a server from ending',
    file: 'src/server/listen.ts',
    takes: 'for (const socket of quiet) socket.destroy()',
    leaves: '',
    tests: [serverTest],
  },
  {
    name: 'a whole model that fails on its way has no end',
    file: 'src/server/routes/model.ts',
    takes: 'pull: (stream) => push(stream).catch(cutOff)',
    leaves: 'pull: (stream) => push(stream).catch(() => stream.close())',
    tests: ['test/server/models.test.ts'],
  },
  {
    name: 'files that have waited for a moment after a quiet time are not stale',
    file: 'src/server/routes/health.ts',
    takes: 'Math.max(sinceMs, current.takenMs)',
    leaves: 'current.takenMs',
    tests: [serverTest],
  },
]
