import type { Session } from '../../duckdb/session.ts'
import { comparedCounts, compareModel, differingExamples, isSurplus } from '../../duckdb/sql/comparedModels.ts'
import { firstRowsOf } from '../../duckdb/sql/firstRows.ts'
import { exactPath } from '../../duckdb/sql/literals.ts'
import { givenSql } from '../../duckdb/sql/sql.ts'
import { allRows, createTempView } from '../../duckdb/sql/statements.ts'
import { statementsOf } from '../../duckdb/sql/statementTexts.ts'
import { estimatedRows, readTableFilesOrNone } from '../../duckdb/sql/tableFiles.ts'
import { requiredText, safeInteger } from '../../duckdb/values.ts'
import type { DataFiles } from '../../serving/follow/followed.ts'
import type { LiveModel, LiveRelation } from '../../serving/model.ts'
import { grownColumns, keptColumns } from '../../serving/relations/index.ts'
import { loadReference } from '../../tables/loadReference.ts'
import type { ResolvedLive } from '../config/resolve.ts'

/** How a model in the store differs from what its SELECT returns. */
export interface Compared {
  /** Of the model in the store. */
  readonly rows: number
  /** Rows that only the store has, and rows that only the SELECT returns. */
  readonly surplus: number
  readonly missing: number
  /** Some of both, as JSON. */
  readonly examples: readonly string[]
}

/** The columns that the store has of a relation, in order; none if it has none, or if that is not known. */
type KeptOf = (relation: string) => Promise<readonly string[]>

/** So many rows of each side are shown. */
const EXAMPLES = 2

/** The tables that models read, as of one batch, in a session in which the models are attached. */
export class ComparedTables {
  readonly #session: Session

  private constructor(session: Session) {
    this.#session = session
  }

  static async open(
    session: Session,
    { follows }: ResolvedLive,
    models: readonly LiveModel[],
    files: DataFiles,
    kept: KeptOf,
  ): Promise<ComparedTables> {
    for (const { name, columns, partitionBy } of follows.into) {
      const variable = `compared files of ${name}`
      const all = files.get(name) ?? []
      await session.setVariable(
        variable,
        all.map(({ file }) => exactPath(file)),
      )
      const rows = estimatedRows(all.reduce((sum, { bytes }) => sum + bytes, 0))
      await session.run(createTempView(name, readTableFilesOrNone(variable, { columns, partitionBy }, rows)))
    }
    const relations = new Map(models.map(({ relation }) => [relation.name, relation]))
    for (const relation of relations.values()) await viewFirstRows(session, relation, models, kept)
    const references = new Map(models.flatMap((model) => model.references.map((one) => [one.name, one])))
    for (const reference of references.values()) await loadReference(session, reference, undefined)
    return new ComparedTables(session)
  }

  async compare({ name, text }: LiveModel): Promise<Compared> {
    await this.#session.run(compareModel(name, statementsOf(givenSql(text))))
    const [counts] = await this.#session.rows(comparedCounts(name))
    const examples = await this.#session.rows(differingExamples(EXAMPLES))
    return {
      rows: safeInteger(counts?.rows, 'the number of rows'),
      surplus: safeInteger(counts?.surplus, 'the number of rows'),
      missing: safeInteger(counts?.missing, 'the number of rows'),
      examples: examples.map(({ side, row }) => {
        return `${isSurplus(side) ? 'kept' : 'returned'} ${requiredText(row, 'a row as JSON')}`
      }),
    }
  }
}

/**
 * The first rows of a table. Where several are equal in the whole order, the view may pick any: this picks the one that
 * the store has, which the other columns that it keeps decide.
 */
async function viewFirstRows(
  session: Session,
  relation: LiveRelation,
  models: readonly LiveModel[],
  keptOf: KeptOf,
): Promise<void> {
  if (relation.kind !== 'first') return
  const reads = models.filter((model) => model.relation.name === relation.name).flatMap((model) => model.reads)
  // What was said of a store may be some seconds old, and it may have got columns since.
  const kept = grownColumns(await keptOf(relation.name), keptColumns(relation, reads))
  await session.run(createTempView(relation.name, firstRowsOf({ ...relation, kept }, allRows(relation.table))))
}
