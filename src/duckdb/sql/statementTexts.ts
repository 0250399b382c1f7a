// Splits a script into its statements. DuckDB splits scripts itself when it runs them, but does not say where.
import type { Sql } from './sql.ts'

/** First comments, texts and names, in which a semicolon ends no statement; then a semicolon; then everything else. */
const TOKEN = new RegExp(
  [
    /(?<comment>--[^\n]*|\/\*[\s\S]*?(?:\*\/|$))/,
    /(?<![\w"])[eE]'[^'\\]*(?:(?:\\[\s\S]|'')[^'\\]*)*'/,
    /'[^']*(?:''[^']*)*'/,
    /"[^"]*(?:""[^"]*)*"/,
    /(?<!\w)\$(?<tag>(?:[A-Za-z_\u0080-\uFFFF]\w*)?)\$[\s\S]*?\$\k<tag>\$/,
    /(?<end>;)/,
    /[^'"$;/eE-]+/,
    /[\s\S]/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'g',
)

const NO_STATEMENT = /^(?:\s|;|--[^\n]*(?:\n|$)|\/\*(?:[^*]|\*(?!\/))*(?:\*\/|$))*$/

/** Whether a script has any statement, not only comments. */
export function hasStatement(sql: string): boolean {
  return !NO_STATEMENT.test(sql)
}

/** A script with blanks in place of its comments and of the texts in it; names in quotes stay. */
export function withoutTexts(sql: Sql): string {
  const tokens = [...sql.matchAll(TOKEN)].map(({ 0: token, groups }) => {
    const isText = /^(?:[eE]?'|\$(?:[A-Za-z_\u0080-\uFFFF]\w*)?\$)./s.test(token)
    return groups?.comment !== undefined || isText ? ' ' : token
  })
  return tokens.join('')
}

/** The text of a .sql file without the semicolon at its end. */
export function statementsOf(file: Sql): Sql {
  return file.trimEnd().replace(/;$/, '') as Sql
}

/** The statements of a script in order, without the semicolons between them; comments alone are not a statement. */
export function statementTexts(sql: Sql): Sql[] {
  const texts: Sql[] = []
  let text = ''
  let isEmpty = true
  const finish = (): void => {
    if (!isEmpty) texts.push(text.trim() as Sql)
    text = ''
    isEmpty = true
  }
  for (const { 0: token, groups } of sql.matchAll(TOKEN)) {
    if (groups?.end !== undefined) {
      finish()
      continue
    }
    text += token
    if (groups?.comment === undefined && token.trim() !== '') isEmpty = false
  }
  finish()
  return texts
}
