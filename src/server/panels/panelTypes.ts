import type { PanelHead } from '../answers.ts'

const BEGIN = `import type { Value } from 'lakeweir/client'

/** The panels of a server, for createClient<Panels>() of lakeweir/client. It was written by the server. */
export interface Panels {
`

/** The types of panels as TypeScript, for `createClient<Panels>()`. */
export function panelTypes(panels: readonly PanelHead[]): string {
  const parts = panels.map(({ name, title, grain, filters, columns }) => {
    const range = grain === null ? [] : ['from?: string | Date', 'to?: string | Date', 'range?: string']
    const parameters = [...range, ...filters.map((filter) => `${nameOf(filter.name)}?: ${filterType(filter.type)}`)]
    const row = columns.map((column) => `      ${nameOf(column.name)}: ${valueType(column.type)} | null\n`)
    return `  /** ${title.replaceAll('*/', '* /')} */
  ${nameOf(name)}: {
    parameters: ${parameters.length === 0 ? 'Record<string, never>' : `{ ${parameters.join('; ')} }`}
    row: {
${row.join('')}    }
  }
`
  })
  return `${BEGIN}${parts.join('')}}\n`
}

function nameOf(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name)
}

/** One value, or several of which a row has one. */
function filterType(type: string): string {
  const one = valueType(type)
  return one.includes(' ') ? `${one} | readonly (${one})[]` : `${one} | readonly ${one}[]`
}

/** DuckDB's types → what stands in JSON. Integers beyond 2^53 are text, and so are NaN and the infinities. */
function valueType(type: string): string {
  if (type === 'BOOLEAN') return 'boolean'
  if (/^U?(TINYINT|SMALLINT)$|^U?INTEGER$/.test(type)) return 'number'
  if (/^U?(BIGINT|HUGEINT)$|^(FLOAT|DOUBLE)$/.test(type)) return 'number | string'
  return /\[|^(STRUCT|MAP|UNION)\b/.test(type) ? 'Value' : 'string'
}
