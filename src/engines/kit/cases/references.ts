import { createHash } from 'node:crypto'
import type { Columns } from '../../../columns.ts'
import type { Reference } from '../../../tables/engine.ts'
import { Fault } from '../fault.ts'
import type { KitCase } from '../kitCase.ts'
import type { Cells } from '../rows.ts'
import { bytesOf, RELATION, selectOf, shapeOf, type Trial, tableOf } from '../trial.ts'

const SOURCE = { code: 'INTEGER' }
const LABELS = { code: 'INTEGER', label: 'VARCHAR' } as const
const SOUND = 'code,label\n1,"One, ""1"""\n2,Two\n'

/** A stream that looks up the labels of codes in a reference file. */
async function lookup(trial: Trial, csv: string, columns: Columns = LABELS): Promise<Lookup> {
  const file = await trial.text('labels [1].csv', csv)
  const labels: Reference = { name: 'labels', file, columns, key: 'code' }
  const shape = shapeOf(SOURCE, {
    select: selectOf(`SELECT r.code, l.label FROM ${RELATION} AS r LEFT JOIN labels AS l ON l.code = r.code`),
    references: [labels],
    tables: [tableOf('t', { code: 'INTEGER', label: columns.label ?? '' })],
  })
  return { trial, shape, file }
}

interface Lookup {
  readonly trial: Trial
  readonly shape: ReturnType<typeof shapeOf>
  readonly file: string
}

/** Stages the codes 1, 2 and NULL. */
async function stageCodes({ trial, shape }: Lookup) {
  const files = [await trial.parquet('codes.parquet', SOURCE, [[1], [2], [null]])]
  return trial.stage(shape, { kind: 'table', files, columns: SOURCE, partitionBy: [] })
}

async function expectLabels(of: Lookup, rows: Cells): Promise<void> {
  const staged = await stageCodes(of)
  await of.trial.expect(staged, { t: rows })
  const hash = createHash('sha256').update(bytesOf(of.file)).digest('hex')
  if (staged.result.references.labels === hash) return
  throw new Fault(`references.labels is ${staged.result.references.labels}, but the SHA-256 of the file is ${hash}`)
}

/** Whether a check looks into references is up to the engine; if it refuses one, it says so. */
async function checkOrRefuse({ trial, shape }: Lookup): Promise<void> {
  const checked = trial.check(shape, 'table')
  const isTaken = await checked.then(
    () => true,
    () => false,
  )
  if (!isTaken) await trial.expectFailure(checked, ['LAKE_REFERENCE_INVALID'])
}

const JOINED: Cells = [
  [1, 'One, "1"'],
  [2, 'Two'],
  [null, null],
]

/** How the same file may be written. */
const FORMS: readonly (readonly [does: string, csv: string])[] = [
  ['with quotes and commas in values', SOUND],
  ['with lines that end as on Windows', SOUND.replaceAll('\n', '\r\n')],
  ['without an end of its last line', SOUND.trimEnd()],
  ['with its columns in another order', 'label,code\n"One, ""1""",1\nTwo,2\n'],
  ['with a column more than is declared', 'code,other,label\n1,x,"One, ""1"""\n2,y,Two\n'],
  ['with a byte order mark', `\ufeff${SOUND}`],
]

const WRONG: readonly (readonly [does: string, csv: string, columns?: Columns])[] = [
  ['a key that occurs twice', 'code,label\n1,One\n1,Uno\n'],
  ['a row without a key', 'code,label\n1,One\n,None\n'],
  ['a value that does not fit its type', 'code,label\n1,One\nx,Two\n'],
  ['a value that would be rounded', 'code,label\n1,0.125\n', { code: 'INTEGER', label: 'DECIMAL(9,2)' }],
  ['a column that is missing', 'code,name\n1,One\n'],
  ['a line with too many values', 'code,label\n1,One,Uno\n2,Two\n'],
  ['no line at all', ''],
]

/** The cases of reference files. */
export const references: readonly KitCase[] = [
  ...FORMS.map(
    ([does, csv]): KitCase => ({
      key: 'shape.references',
      does: `joins a reference ${does}`,
      input: 'table',
      run: async (trial) => expectLabels(await lookup(trial, csv), JOINED),
    }),
  ),
  {
    key: 'shape.references[].columns',
    does: 'reads the values of a reference by their types',
    input: 'table',
    async run(trial) {
      for (const [type, text] of [
        ['DATE', '2026-11-22'],
        ['DECIMAL(38,2)', '999999999999999999999999999999999999.99'],
        ['BIGINT', '9223372036854775807'],
        ['DOUBLE', '0.1'],
        ['BOOLEAN', 'true'],
        ['TIMESTAMPTZ', '2026-11-22 10:00:00.123456+00'],
      ] as const) {
        const of = await lookup(trial, `code,label\n1,${text}\n2,\n`, { code: 'INTEGER', label: type })
        await expectLabels(of, [
          [1, text],
          [2, null],
          [null, null],
        ])
      }
    },
  },
  {
    key: 'references',
    does: 'reads a reference again once its bytes have changed, and says what it read',
    input: 'table',
    async run(trial) {
      const of = await lookup(trial, SOUND)
      await trial.check(of.shape, 'table')
      await expectLabels(of, JOINED)
      await trial.text('labels [1].csv', 'code,label\n1,Uno\n2,Dos\n')
      await expectLabels(of, [
        [1, 'Uno'],
        [2, 'Dos'],
        [null, null],
      ])
    },
  },
  ...WRONG.map(
    ([does, csv, columns]): KitCase => ({
      key: 'shape.references[].key',
      does: `refuses a reference with ${does}, and reads it once it is sound`,
      input: 'table',
      async run(trial) {
        const of = await lookup(trial, csv, columns)
        await checkOrRefuse(of)
        await trial.expectFailure(stageCodes(of), ['LAKE_REFERENCE_INVALID'])
        if (columns === undefined) await expectLabels(await lookup(trial, SOUND), JOINED)
      },
    }),
  ),
  {
    key: 'shape.references[].file',
    does: 'refuses a reference whose file is missing',
    input: 'table',
    async run(trial) {
      const { shape, ...rest } = await lookup(trial, SOUND)
      const references = shape.references.map((each) => ({ ...each, file: `${each.file}.missing` }))
      const of = { ...rest, shape: { ...shape, references } }
      await checkOrRefuse(of)
      await trial.expectFailure(stageCodes(of), ['LAKE_REFERENCE_INVALID'])
    },
  },
]
