import { describe, test } from 'vitest'
import { type ConfigCase, expectRefused } from '../support/configCases.ts'

const MODEL = `-- per_kind.sql: good events by kind; one row per kind.
--
-- in   good   good events
-- out  kind, n
SELECT kind, count(*) AS n FROM good GROUP BY kind
`
const PANEL = `-- kinds.sql: events by kind; one row per kind.
--
-- in   live.per_kind   good events by kind
-- out  kind, n
SELECT kind, n FROM live.per_kind
`
const FILES = { 'live/per_kind.sql': MODEL, 'panels/kinds.sql': PANEL }

const CASES: readonly (Pick<ConfigCase, 'name' | 'message' | 'remedy'> & { readonly dashboard: object })[] = [
  {
    name: 'a panel on the dashboard that does not exist',
    dashboard: { panels: { kind: {} } },
    message: 'server.dashboard.panels names "kind", which is not a panel.',
    remedy: 'Did you mean "kinds"?',
  },
  {
    name: 'a panel that is wider than the dashboard',
    dashboard: { panels: { kinds: { width: 13 } } },
    message: 'server.dashboard.panels.kinds.width must be a whole number of columns from 1 to 12, not 13.',
  },
  {
    name: 'a panel that is wider than a wall',
    dashboard: { panels: { kinds: { wallWidth: 13 } } },
    message:
      'server.dashboard.panels.kinds.wallWidth must be a whole number of columns from 1 to 12, or 0 for none, not 13.',
  },
  {
    name: 'a key of a panel that does not exist',
    dashboard: { panels: { kinds: { widht: 3 } } },
    message: 'server.dashboard.panels.kinds has an unknown key "widht".',
    remedy: 'Did you mean "width"?',
  },
  {
    name: 'panels of a dashboard as a folder',
    dashboard: { panels: 'sql/panels' },
    message: 'server.dashboard.panels must be an object, not "sql/panels".',
    remedy: 'Write it like this: panels: { sales: { width: 12 } }',
  },
  {
    name: 'an alarm that is no number',
    dashboard: { panels: { kinds: { alarm: '35 %' } } },
    message: 'server.dashboard.panels.kinds.alarm must be a number, not "35 %".',
  },
  {
    name: 'a range to begin with that is none',
    dashboard: { range: 'yesterday' },
    message: 'server.dashboard.range: "yesterday" is not a duration.',
    remedy: 'Write a number and a unit: 500ms, 5 seconds, 1 minute, 2h, 7 days.',
  },
  {
    name: 'a range to choose that is none',
    dashboard: { presets: ['1h', '0 hours'] },
    message: 'server.dashboard.presets.1 is 0 hours, which is no time.',
  },
  {
    name: 'an unknown key',
    dashboard: { titel: 'Shop' },
    message: 'server.dashboard has an unknown key "titel".',
    remedy: 'Did you mean "title"?',
  },
]

describe('what is wrong in `server.dashboard` is named', () => {
  test.each(CASES)('$name', ({ dashboard, ...given }) => {
    const live = { follows: 'split', models: 'live', panels: 'panels' }
    expectRefused({ ...given, files: FILES, set: { live, server: { dashboard } } })
  })
})

test('a lake without live aggregates has no panel to name', () => {
  expectRefused({
    name: '',
    set: { server: { dashboard: { panels: { kinds: {} } } } },
    message: 'server.dashboard.panels names "kinds", which is not a panel.',
    remedy: 'There is none.',
  })
})
