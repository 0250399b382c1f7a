import { originOf } from '../../lake/config/webNames.ts'

// Which websites' pages may ask. A browser says with each request from where the page that makes it is.

/** What a browser says of where a request comes from. */
export interface Asking {
  readonly origin: string | undefined
  readonly host: string | undefined
  /** `Sec-Fetch-Site` and `Sec-Fetch-Dest`, which no page can set; old browsers and other programs leave them out. */
  readonly fetchSite: string | undefined
  readonly fetchDest: string | undefined
}

/**
 * `own`: a page of this server, or no browser at all. `listed`: a page of a website that the config names. `foreign`:
 * any other page.
 */
export type Asker = 'own' | 'listed' | 'foreign'

/** Who asks. `null`, the origin of sandboxed frames and of files, is foreign: any page can have it. */
export function askerOf({ origin, host, fetchSite, fetchDest }: Asking, origins: readonly string[]): Asker {
  if (origin !== undefined) {
    if (origins.includes(origin)) return 'listed'
    // Compared without the scheme: a proxy in front that ends TLS does not pass it on.
    return host !== undefined && originOf(origin)?.replace(/^https?:\/\//, '') === host.toLowerCase()
      ? 'own'
      : 'foreign'
  }
  // Images, scripts and frames of other websites send no origin. Of a link that is followed, only its reader sees the
  // answer.
  const isFromElsewhere = fetchSite === 'cross-site' || fetchSite === 'same-site'
  return isFromElsewhere && fetchDest !== 'document' ? 'foreign' : 'own'
}
