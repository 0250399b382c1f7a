import { expect, test } from 'vitest'
import { describeWith } from './optionalTool.ts'
import { deltaExtension, hasPython, PYTHON_NEED, python } from './python.ts'

describeWith(hasPython, PYTHON_NEED, 'Python', () => {
  test('takes a value and returns one, whatever it prints', async () => {
    const given = { text: 'ä\u0000😀', list: [1, null, true] }
    const found = await python(
      `
      import os
      print('in between')
      os.write(1, b'100%')
      found = {**given, 'more': [2 * number for number in range(3)]}
      `,
      given,
    )
    expect(found).toEqual({ ...given, more: [0, 2, 4] })
  })

  test('says where the code failed', async () => {
    await expect(python('found = 1\nfound = given[0]', [])).rejects.toThrow(/line 2[\s\S]*IndexError/)
  })

  test('has all packages of one DuckDB, and its delta extension loads', async () => {
    const found = await python(
      `
      import deltalake, duckdb, fastparquet, pandas, polars, pyarrow
      session = duckdb.connect()
      session.execute(f"LOAD '{given}'")
      found = session.execute("SELECT extension_name FROM duckdb_extensions() WHERE loaded AND extension_name = 'delta'").fetchall()
      `,
      await deltaExtension(),
    )
    expect(found).toEqual([['delta']])
  })
})
