import { expect, test } from 'vitest'
import { functionKinds, type KnownFunctions } from '../../src/duckdb/functionKinds.ts'
import { parseStatements } from '../../src/duckdb/parseTree.ts'
import { inDuckdb } from '../support/duckdb.ts'

// `geomean` is a macro: what it calls is asked for in a second question.
test('whoever asks about a function while another question is under way is told what it is', async () => {
  await inDuckdb(async (session) => {
    const tree = await parseStatements(session, 'SELECT count_star(), geomean(1)')
    const known: KnownFunctions = new Map()
    let isAnswered = false
    const first = functionKinds(session, tree, known).then(() => {
      isAnswered = true
    })
    while (!isAnswered) {
      const { kindOf } = await functionKinds(session, tree, known)
      expect([kindOf('count_star'), kindOf('geomean')]).toEqual(['aggregate', 'aggregate'])
    }
    await first
  })
})
