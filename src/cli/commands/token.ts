import type { ResolvedLake } from '../../lake/config/resolve.ts'
import type { TokenClaims } from '../../server/guard/token.ts'
import type { Panel } from '../../server/panels/panel.ts'
import { suggestion } from '../../words.ts'
import { type Arguments, defineCommand, type Options } from '../command.ts'
import { timeSpanOf, usage } from '../optionValues.ts'

const OPTIONS = {
  panels: { type: 'string', describe: 'the panels that it allows: names with commas, or all', example: 'sales,users' },
  fixed: {
    type: 'string',
    describe: 'filters that the client cannot change, written as in an address',
    example: 'shop=north&region=7',
  },
  origin: {
    type: 'string',
    describe: 'the websites that may use it (default: all in server.origins)',
    example: 'https://shop.example',
  },
  rows: { type: 'string', describe: 'tables whose rows may be looked at (default: none)', example: 'sales_corrupted' },
  expires: { type: 'string', describe: 'how long it is valid (default: server.limits.tokenLife)', example: '10m' },
  json: { type: 'boolean', describe: 'one JSON object on stdout, with what it allows' },
} as const satisfies Options

type TokenArguments = Arguments<typeof OPTIONS>

export const token = defineCommand({
  name: 'token',
  describe: 'sign a token with which a website shows panels to one visitor, by the first of server.secrets',
  options: OPTIONS,
  examples: [
    ['token --panels all', 'everything that panels show, for 15 minutes'],
    ['token --panels sales --fixed shop=north --expires 10m', 'one panel, of one shop alone'],
  ],
  run: async (argv, terminal) => {
    // Imported only here, because --help and usage errors need none of it.
    const { loadLake } = await import('../../lake/config/load.ts')
    const { lakePanels } = await import('../../server/panels/lakePanels.ts')
    const { configuredKeys } = await import('../../server/guard/configured.ts')
    const { signedToken } = await import('../../server/guard/token.ts')
    const lake = await loadLake({
      ...(argv.config === undefined ? {} : { config: argv.config }),
      ...(argv.lake === undefined ? {} : { lake: argv.lake }),
    })
    const known = lakePanels(lake, 'duckdb')
    const claims = claimsOf(argv, lake, known)
    const lifeMs = lifeOf(argv, lake.server.limits.tokenLifeMs)
    const [key] = (await configuredKeys(lake.server, process.env)).secrets
    if (key === undefined) {
      throw usage('the config names no secret to sign with.', "Set server.secrets: [env('LAKEWEIR_SECRET')] there.")
    }
    const nowMs = Date.now()
    const signed = await signedToken(claims, key, nowMs, lifeMs)
    const expires = new Date(Math.floor(nowMs / 1000) * 1000 + lifeMs).toISOString()
    if (argv.json === true) terminal.data(JSON.stringify({ token: signed, expires, ...shown(claims) }))
    else terminal.data(signed)
    terminal.note(`token: valid until ${expires}`)
    return 0
  },
})

function shown({ panels, fixed, origins, rows }: TokenClaims): object {
  return {
    panels: panels === 'all' ? 'all' : [...panels],
    fixed: Object.fromEntries(fixed),
    origins: origins ?? null,
    rows: [...rows],
  }
}

function claimsOf(argv: TokenArguments, { server }: ResolvedLake, known: readonly Panel[]): TokenClaims {
  const panels = panelsOf(argv.panels, known)
  const origins = argv.origin === undefined ? undefined : listOf(argv.origin, '--origin', server.origins)
  const tables = server.rows.map(({ name }) => name)
  return {
    panels,
    fixed: fixedOf(argv.fixed, panels, known),
    origins,
    rows: new Set(argv.rows === undefined ? [] : listOf(argv.rows, '--rows', tables)),
  }
}

function panelsOf(text: string | undefined, known: readonly Panel[]): TokenClaims['panels'] {
  const names = known.map(({ name }) => name)
  if (text === undefined) throw usage('--panels is missing.', `Write --panels all, or names. ${available(names)}`)
  return text === 'all' ? 'all' : new Set(listOf(text, '--panels', names))
}

function listOf(text: string, option: string, known: readonly string[]): readonly string[] {
  const words = text.split(',').map((word) => word.trim())
  const unknown = words.find((word) => !known.includes(word))
  if (unknown === undefined) return words
  throw usage(`${option}: the config knows no "${unknown}".`, suggestion(unknown, known))
}

/** Each panel that is named must have each filter: one without it would be refused, and a slip would fix nothing. */
function fixedOf(
  text: string | undefined,
  named: TokenClaims['panels'],
  known: readonly Panel[],
): TokenClaims['fixed'] {
  const fixed = new Map<string, readonly string[]>()
  for (const [name, value] of new URLSearchParams(text)) {
    if (value === '') throw usage(`--fixed: "${name}" has no value.`, `For example: --fixed '${OPTIONS.fixed.example}'`)
    fixed.set(name, [...(fixed.get(name) ?? []), value])
  }
  const filters = [...new Set(known.flatMap((panel) => panel.filters.map(({ name }) => name)))]
  for (const name of fixed.keys()) {
    if (!filters.includes(name)) throw usage(`--fixed: no panel has a filter "${name}".`, suggestion(name, filters))
    const without = known.find(
      (panel) => named !== 'all' && named.has(panel.name) && panel.filters.every((filter) => filter.name !== name),
    )
    if (without === undefined) continue
    throw usage(`--fixed: panel ${without.name} cannot be filtered by "${name}".`, 'Leave it out of --panels.')
  }
  return fixed
}

function lifeOf(argv: TokenArguments, maxMs: number): number {
  const lifeMs = timeSpanOf(argv, 'expires') ?? maxMs
  if (lifeMs >= 1_000 && lifeMs <= maxMs) return lifeMs
  throw usage(
    `--expires: a token is valid for 1 to ${maxMs / 1_000} seconds.`,
    'server.limits.tokenLife in the config sets the most.',
  )
}

function available(names: readonly string[]): string {
  return names.length === 0 ? 'The lake has no panel.' : `Available: ${names.join(', ')}.`
}
