import { readFile } from 'node:fs/promises'
import type { ServerRoute } from '../parts.ts'
import { assetRoutes } from './assets.ts'

const TEXT = '; charset=utf-8'

/** A file of the page. They hold no data, so they need no grant. */
function fileRoute(path: string, file: URL, type: string, summary: string): ServerRoute {
  return {
    path,
    summary,
    answers: { 200: { describes: 'The file.', content: { [type]: undefined } } },
    handle: async (context) =>
      context.body(await readFile(file, 'utf8'), 200, { 'Content-Type': type + TEXT, 'Cache-Control': 'no-cache' }),
  }
}

/** A page that holds one dashboard. */
export const pageRoutes: readonly ServerRoute[] = [
  fileRoute('/', new URL('../page/index.html', import.meta.url), 'text/html', 'A page with the dashboard.'),
  fileRoute('/assets/page.js', new URL('../page/page.js', import.meta.url), 'text/javascript', 'Its script.'),
  fileRoute('/assets/page.css', new URL('../page/page.css', import.meta.url), 'text/css', 'How it looks.'),
  fileRoute('/assets/icon.svg', new URL('../page/icon.svg', import.meta.url), 'image/svg+xml', 'Its icon.'),
  ...assetRoutes,
]
