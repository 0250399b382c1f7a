import { panelAnswer } from './answers.ts'
import { type Clock, systemClock } from './clock.ts'
import { fieldsOf, listOf } from './fields.ts'
import { Follower, type Known } from './follower.ts'
import { type Fetch, queryOf, Requests, rowsQueryOf, type TokenSource } from './requests.ts'
import type {
  AnyPanels,
  DashboardHead,
  FollowedPanels,
  PanelAnswer,
  PanelHead,
  PanelTypes,
  ParameterValue,
  RowsParameter,
  TableRows,
  Update,
} from './types.ts'

export interface ClientOptions {
  /** Where the server is, such as `https://numbers.example.com/`; in a browser, where the page came from by default. */
  readonly url?: string
  /** A token, or a function that returns one whenever a new one is needed. */
  readonly token?: string | TokenSource
  /** In place of the global `fetch`. */
  readonly fetch?: Fetch
  /** @internal */
  readonly clock?: Clock
}

export interface AskOptions {
  readonly signal?: AbortSignal | undefined
}

export interface Client<Panels extends PanelTypes<Panels> = AnyPanels> {
  /** The panels that may be asked for. */
  panels(options?: AskOptions): Promise<readonly PanelHead[]>
  /** What a dashboard of these panels is made of. @throws LakeweirError */
  dashboard(options?: AskOptions): Promise<DashboardHead>
  /** The rows of a panel as they are now. @throws LakeweirError */
  panel<Name extends keyof Panels & string>(
    name: Name,
    parameters?: Panels[Name]['parameters'],
    options?: AskOptions,
  ): Promise<PanelAnswer<Panels[Name]['row']>>
  /** The rows of a panel as a file: CSV, with a header. @throws LakeweirError also where not all rows fit into it */
  csv<Name extends keyof Panels & string>(
    name: Name,
    parameters?: Panels[Name]['parameters'],
    options?: AskOptions,
  ): Promise<Blob>
  /**
   * The newest rows of a table that may be looked at: those with these values, and of a range if the table has a time.
   * @throws LakeweirError
   */
  rows(table: string, values?: Readonly<Record<string, RowsParameter>>, options?: AskOptions): Promise<TableRows>
  /**
   * What several panels show, from now on: an update whenever something is new, with all of them. It connects again by
   * itself, and ends when the signal is aborted or the loop is left. All panels share one connection.
   * @throws LakeweirError if the server refuses for good, such as for an unknown panel
   */
  follow<const Followed extends FollowedPanels<Panels>>(
    panels: Followed,
    options?: AskOptions,
  ): AsyncGenerator<Update<Panels, Followed>, void, undefined>
}

type AnyParameters = Readonly<Record<string, ParameterValue>>

/** A client of the server, for panels of these types. It opens nothing until it is asked. */
export function createClient<Panels extends PanelTypes<Panels> = AnyPanels>(
  options: ClientOptions = {},
): Client<Panels> {
  const { token, clock = systemClock, fetch: own } = options
  const requests = new Requests({
    url: serverUrl(options.url),
    token: typeof token === 'string' ? ({ isRefused }) => (isRefused ? undefined : token) : token,
    fetch: own ?? ((url, init) => fetch(url, init)),
    clock,
  })
  const client = {
    async panels({ signal }: AskOptions = {}): Promise<readonly PanelHead[]> {
      const response = await requests.get('api/panels', { signal })
      const { panels } = fieldsOf(await response.json(), 'the list of panels')
      return listOf(panels, 'the list of panels') as readonly PanelHead[]
    },
    async dashboard({ signal }: AskOptions = {}): Promise<DashboardHead> {
      const response = await requests.get('api/dashboard', { signal })
      const head = fieldsOf(await response.json(), 'the dashboard')
      listOf(head.panels, 'the panels of the dashboard')
      return head as unknown as DashboardHead
    },
    async panel(name: string, parameters: AnyParameters = {}, { signal }: AskOptions = {}): Promise<PanelAnswer> {
      const path = `api/panels/${encodeURIComponent(name)}?${queryOf(parameters)}`
      const response = await requests.get(path, { signal, headers: { Accept: 'application/json' } })
      const fields = fieldsOf(await response.json(), 'a panel')
      return panelAnswer(fields, fields.rows, fields.position)
    },
    async csv(name: string, parameters: AnyParameters = {}, { signal }: AskOptions = {}): Promise<Blob> {
      const path = `api/panels/${encodeURIComponent(name)}?${queryOf(parameters)}`
      const response = await requests.get(path, { signal, headers: { Accept: 'text/csv' } })
      return response.blob()
    },
    async rows(
      table: string,
      values: Readonly<Record<string, RowsParameter>> = {},
      { signal }: AskOptions = {},
    ): Promise<TableRows> {
      const path = `api/rows/${encodeURIComponent(table)}?${rowsQueryOf(values)}`
      const response = await requests.get(path, { signal, headers: { Accept: 'application/json' } })
      const fields = fieldsOf(await response.json(), 'the rows of a table')
      listOf(fields.columns, 'the columns of a table')
      listOf(fields.rows, 'the rows of a table')
      return fields as unknown as TableRows
    },
    follow(panels: FollowedPanels<AnyPanels>, { signal }: AskOptions = {}): AsyncGenerator<Known, void, undefined> {
      const followed = Object.entries(panels).map(([key, { panel, parameters = {} }]) => {
        return { key, panel: String(panel), parameters }
      })
      return new Follower(requests, followed, clock).updates(signal)
    },
  }
  // What the server sends is of the types that its own Panels say, which no compiler can see from here.
  return client as unknown as Client<Panels>
}

/** Ends with a slash, so that a server below a path keeps it. */
function serverUrl(url: string | undefined): string {
  const { location } = globalThis as { readonly location?: { readonly href: string } }
  const { href } = new URL(url ?? '/', location?.href)
  return href.endsWith('/') ? href : `${href}/`
}
