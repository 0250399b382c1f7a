import type { Columns } from '../../columns.ts'
import { functionKinds } from '../../duckdb/functionKinds.ts'
import { folded, type ParseNode, parseWholeTexts } from '../../duckdb/parseTree.ts'
import type { Session } from '../../duckdb/session.ts'
import type { AverageRounding } from '../../duckdb/sql/averages.ts'
import { emptyRelation } from '../../duckdb/sql/literals.ts'
import { expressionsHere } from '../../duckdb/sql/liveModels.ts'
import { createTempTable } from '../../duckdb/sql/statements.ts'
import { requiredText } from '../../duckdb/values.ts'
import type { Reference, SqlFile } from '../../tables/engine.ts'
import type { LiveModel, LiveRelation } from '../model.ts'
import { readFirstRelation } from './firstRelation.ts'
import type { ExpressionsHere, ModelFile } from './modelText.ts'
import { readModel } from './readModel.ts'

/** What models may read. */
export interface ModelSources {
  /** The tables of the stream that live follows. */
  readonly tables: readonly { readonly name: string; readonly columns: Columns }[]
  /** All views of the lake: one that does not say which row is first is refused when a model reads it. */
  readonly views: readonly (SqlFile & { readonly view: string })[]
  readonly references: readonly Reference[]
}

/** Reads models. */
export class ModelReader {
  readonly #session: Session
  readonly #sources: ModelSources
  readonly #here: ExpressionsHere
  readonly #parsed = new Map<string, readonly ParseNode[] | undefined>()
  /** Folded name → relation. */
  readonly #relations = new Map<string, LiveRelation>()

  private constructor(session: Session, sources: ModelSources, here: Omit<ExpressionsHere, 'parsed'>) {
    this.#session = session
    this.#sources = sources
    this.#here = { ...here, parsed: this.#parsed }
  }

  /** @param session  one of its own, in UTC: it gets empty tables with the names of all sources */
  static async open(session: Session, sources: ModelSources): Promise<ModelReader> {
    const [row] = await session.rows(expressionsHere)
    const rounding: AverageRounding = row?.rounds_twice === true ? 'twice' : row?.keeps_sum === true ? 'once' : 'double'
    const here = { functions: new Map(), version: requiredText(row?.version, "DuckDB's version"), rounding }
    const reader = new ModelReader(session, sources, here)
    for (const { name, columns } of sources.references) await session.run(createTempTable(name, emptyRelation(columns)))
    for (const { name, columns } of sources.tables) await reader.#add({ kind: 'table', name, table: name, columns })
    return reader
  }

  /** Parses texts together, and looks at the functions that they call: alone, each would take a few milliseconds. */
  async prepare(files: readonly ModelFile[]): Promise<void> {
    const texts = files.map(({ text }) => text)
    const parsed = await parseWholeTexts(this.#session, texts)
    for (const [index, text] of texts.entries()) this.#parsed.set(text, parsed[index])
    await functionKinds(this.#session, parsed, this.#here.functions)
  }

  /** @throws LakeError LAKE_SQL_INVALID naming the file, the place, and the way to write it */
  async read(file: ModelFile): Promise<LiveModel> {
    const { tables, views, references } = this.#sources
    const names = [...tables.map(({ name }) => name), ...views.map(({ view }) => view)]
    return await readModel(
      this.#session,
      file,
      {
        relation: (name) => this.#relation(name),
        references,
        names: [...names, ...references.map(({ name }) => name)],
        inputs: file.inputs,
      },
      this.#here,
    )
  }

  async #relation(name: string): Promise<LiveRelation | undefined> {
    const found = this.#relations.get(folded(name))
    if (found !== undefined) return found
    const view = this.#sources.views.find((other) => folded(other.view) === folded(name))
    if (view === undefined) return undefined
    const relation = await readFirstRelation(this.#session, view, this.#sources.tables)
    await this.#add(relation)
    return relation
  }

  async #add(relation: LiveRelation): Promise<void> {
    await this.#session.run(createTempTable(relation.name, emptyRelation(relation.columns)))
    this.#relations.set(folded(relation.name), relation)
  }
}
