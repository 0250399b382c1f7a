import { functionLengths } from './functionLengths.ts'
import { type Literal, lineAt, readSource, type SourceText } from './sourceText.ts'

/** A file of the repository, by its path from the root. */
export interface RepoFile {
  readonly path: string
  readonly text: string
}

export interface Source extends RepoFile, SourceText {}

export function sourceOf(file: RepoFile): Source {
  return { ...file, ...readSource(file.text) }
}

/** What a source does against a rule: each as `file:line: what; the fix`. */
export type Rule = (source: Source) => string[]

const MAX_FILE_LINES = 400
const MAX_FUNCTION_LINES = 70
const MAX_LINE_LENGTH = 120

/** Folders of src/ in the order in which they may import: each itself and those after it. */
const LAYERS: Readonly<Record<string, number>> = {
  cli: 0,
  lake: 1,
  sources: 2,
  engines: 2,
  tables: 3,
  stream: 4,
  delta: 5,
  duckdb: 6,
  parquet: 7,
  files: 8,
  'columns.ts': 9,
  'errors.ts': 9,
  'words.ts': 9,
}
/** The entrance may see all; only what runs from outside, and the loader of configs, may see the entrance. */
const ENTRANCE = 'index.ts'
const MAY_SEE_ENTRANCE: ReadonlySet<string> = new Set(['cli', 'lake'])

export const importsPointDown: Rule = (source) => {
  const layer = layerOf(source.path)
  if (layer === undefined || layer === ENTRANCE) return []
  return importsOf(source).flatMap(({ specifier, line }) => {
    if (!specifier.startsWith('.')) return []
    const target = layerOf(resolvePath(source.path, specifier))
    if (target === undefined) return [at(source, line, `imports ${specifier}, which is not in src/; move it there`)]
    if (target === layer || (target === ENTRANCE && MAY_SEE_ENTRANCE.has(layer))) return []
    if ((LAYERS[target] ?? -1) > (LAYERS[layer] ?? 99)) return []
    return [
      at(source, line, `src/${layer} imports src/${target}; imports point down ${Object.keys(LAYERS).join(' → ')}`),
    ]
  })
}

/** The folder of src/ that a file is in, or the file itself where it is at the top. */
function layerOf(path: string): string | undefined {
  return /^src\/([^/]+)/.exec(path)?.[1]
}

function resolvePath(from: string, specifier: string): string {
  const steps = from.split('/').slice(0, -1)
  for (const step of specifier.split('/')) {
    if (step === '..') steps.pop()
    else if (step !== '.') steps.push(step)
  }
  return steps.join('/')
}

interface Import {
  readonly specifier: string
  /** The text between `import` and `from`. */
  readonly clause: string
  readonly line: number
}

/** Every static import and export from, and every dynamic import of a literal. */
export function importsOf({ code, literals }: Source): Import[] {
  return literals.flatMap((literal) => {
    const before = code.slice(0, literal.start)
    const found = /(?:^|\n)(?:import|export)\b((?:(?!\n(?:import|export)\b)[^;=])*?)\bfrom\s*$/.exec(before)
    const clause = found?.[1] ?? (/\bimport\s*\(?\s*$/.test(before) ? '*' : undefined)
    return clause === undefined ? [] : [{ specifier: literal.text, clause, line: lineAt(code, literal.start) }]
  })
}

export const filesAreShort: Rule = ({ path, text }) => {
  const lines = text.trimEnd().split('\n').length
  return lines > MAX_FILE_LINES ? [`${path} has ${lines} lines, ${MAX_FILE_LINES} are the most; split it by noun`] : []
}

export const linesAreShort: Rule = (source) => {
  const { path, text } = source
  const isTest = path.startsWith('test/')
  let start = 0
  let isTable = false
  return text.split('\n').flatMap((line, index) => {
    const lineStart = start
    start += line.length + 1
    const { length } = [...line]
    // Cases as a table are read by their columns; the formatter is told so too.
    isTable = isTest && (line === '// biome-ignore format: a table' || (isTable && !/^\]/.test(line)))
    // The first line of a .sql file is its contract, one sentence.
    if (length <= MAX_LINE_LENGTH || (index === 0 && path.endsWith('.sql'))) return []
    if (isTable || (isTest && holdsLongText(source, lineStart, lineStart + line.length))) return []
    return [`${path}:${index + 1}: ${length} characters, ${MAX_LINE_LENGTH} are the most; break the line`]
  })
}

/** Whether most of a line is one text: a message that a test expects is best read whole. */
function holdsLongText({ literals }: Source, start: number, endExclusive: number): boolean {
  return literals.some((literal) => {
    const inLine = Math.min(literal.endExclusive, endExclusive) - Math.max(literal.start, start)
    return inLine > MAX_LINE_LENGTH / 2
  })
}

export const functionsAreShort: Rule = (source) =>
  functionLengths(source.code)
    .filter(({ lineCount, code }) => lineCount > MAX_FUNCTION_LINES && !isSuite(source, code))
    .map(({ line, lineCount }) =>
      at(source, line, `a function of ${lineCount} lines, ${MAX_FUNCTION_LINES} are the most; take a step out of it`),
    )

/** What holds tests is a list of functions, and no function. */
function isSuite({ path }: RepoFile, code: string): boolean {
  return path.startsWith('test/') && /\n\s*(test|describe)\b[\w.]*\(/.test(code)
}

export const noAny = pattern(/(?<![.\w$])any\b(?!\s*[:(=])/g, 'the type any; use unknown and look at it')

const WORK_LEFT = ['TO', 'DO'].join('')

export const noWorkLeft: Rule = (source) =>
  found(source, source.text, new RegExp(`\\b${WORK_LEFT}\\b`, 'g'), () => `a ${WORK_LEFT}; do it, or write an issue`)

export const onlyTheCliTalks = outside(
  ['src/cli/'],
  pattern(/(?<![.\w$])(console\s*\.|process\s*\.\s*(exit|exitCode|stdout|stderr)\b)/g, (text) => {
    return `${text.replace(/\s/g, '')} below the command line; give the caller a value or a callback`
  }),
)

export const onlyTheClockTells = outside(
  ['src/cli/', 'src/stream/clock.ts'],
  pattern(
    /(?<![\w$])(Date\s*\.\s*now|Math\s*\.\s*random|performance\s*\.\s*now|new\s+Date)\s*\(\s*(?=\)|$)/g,
    (text) => `${text}) where no test could choose it; take it from a Clock, or as an argument`,
  ),
)

export const onlyOneFolderKnowsDuckdb = outside(['src/duckdb/'], (source) =>
  importsOf(source)
    .filter(({ specifier }) => specifier === '@duckdb/node-api')
    .map(({ line }) => at(source, line, 'imports @duckdb/node-api; use src/duckdb, the one place that knows it')),
)

/** What may be imported from node:fs outside src/files: reading, and types. */
const READING: ReadonlySet<string> = new Set([
  ...['Dirent', 'Stats', 'accessSync', 'constants', 'createReadStream', 'existsSync', 'lstat', 'lstatSync', 'readdir'],
  ...['readdirSync', 'readFile', 'readFileSync', 'realpath', 'realpathSync', 'stat', 'statSync', 'FSWatcher', 'watch'],
])

export const onlyOneFolderChangesTheDisk = outside(['src/files/'], (source) =>
  importsOf(source).flatMap(({ specifier, clause, line }) => {
    if (!/^(node:)?fs(\/promises)?$/.test(specifier)) return []
    const names = /^\s*(?:type\s*)?\{([^}]*)\}\s*$/.exec(clause)?.[1]
    const fix = 'call a method of Disk (src/files/disk.ts), so that tests can stop it'
    if (names === undefined) return [at(source, line, `imports all of ${specifier}; name what it reads, or ${fix}`)]
    return names
      .split(',')
      .map((name) =>
        name
          .replace(/^\s*(type\s)?\s*/, '')
          .replace(/\s+as\s.*$/s, '')
          .trim(),
      )
      .filter((name) => name !== '' && !READING.has(name))
      .map((name) => at(source, line, `imports ${name} of ${specifier}, which may change the disk; ${fix}`))
  }),
)

/** Words that make a text a query and no sentence. */
const SQL = new RegExp(
  [
    /\b(SELECT|FROM|WHERE|COPY|VALUES|PIVOT|JOIN|HAVING|QUALIFY|UNION ALL)\b/,
    /\b(ORDER|GROUP|PARTITION) BY\b/,
    /\b(SET|RESET) VARIABLE\b/,
    /\b(INSERT|REPLACE) INTO\b/,
    /\b(CREATE|DROP|ALTER|ATTACH|DETACH|TRUNCATE)( OR REPLACE)?( TEMP)? (TABLE|VIEW|MACRO|DATABASE)\b/,
  ]
    .map(({ source }) => source)
    .join('|'),
)

/**
 * No query is put together outside src/duckdb/sql/: no template with SQL words has a substitution, and no such text is
 * added to another or changed by a method. (An array of pieces joined elsewhere would pass: this finds habit, not
 * malice.)
 */
export const oneFileBuildsSql = outside(['src/duckdb/sql/'], (source) =>
  source.literals
    .filter((literal) => SQL.test(literal.text) && (literal.hasSubstitution || isOperand(source.code, literal)))
    .map((literal) =>
      at(
        source,
        lineAt(source.code, literal.start),
        `builds SQL (${SQL.exec(literal.text)?.[0]} …); make it a function in src/duckdb/sql/ or a .sql file`,
      ),
    ),
)

function isOperand(code: string, { start, endExclusive }: Literal): boolean {
  return /\+\s*$/.test(code.slice(0, start)) || /^\s*(\+|\.\s*\w)/.test(code.slice(endExclusive))
}

/** Applies a rule to src/ but for some folders and files of it. */
function outside(exempt: readonly string[], rule: Rule): Rule {
  return (source) => {
    if (!source.path.startsWith('src/') || exempt.some((path) => source.path.startsWith(path))) return []
    return rule(source)
  }
}

function pattern(regex: RegExp, what: string | ((text: string) => string)): Rule {
  return (source) => found(source, source.code, regex, typeof what === 'string' ? () => what : what)
}

function found(source: Source, text: string, regex: RegExp, what: (text: string) => string): string[] {
  return [...text.matchAll(regex)].map((match) => at(source, lineAt(text, match.index), what(match[0])))
}

function at({ path }: RepoFile, line: number, what: string): string {
  return `${path}:${line}: ${what}`
}
