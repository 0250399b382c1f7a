import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import type { ServerRoute } from '../parts.ts'
import { ProblemError } from '../problem.ts'
import { entityTag, isUnchanged, problemAnswer } from './answering.ts'

const LOADER = 'lakeweir-dashboard.js'
/** As the build names what the loader imports. */
const HASHED = /^lakeweir-dashboard-([\w-]{8,})\.js$/
const TYPE = 'text/javascript; charset=utf-8'
const YEAR_SECONDS = 31_536_000

/** Where the build puts the component: beside the folder of the code that is built, or in the package's `dist/`. */
const FOLDERS = ['../dashboard/', '../../../dist/dashboard/'].map((place) => new URL(place, import.meta.url))

function fileNamed(name: string): URL {
  const folder = FOLDERS.find((each) => existsSync(new URL(LOADER, each)))
  if (folder !== undefined) return new URL(name, folder)
  throw new ProblemError(503, 'The dashboard has not been built.', { detail: 'In a checkout: npm run build' })
}

const answers = { 200: { describes: 'The script.', content: { 'text/javascript': undefined } } }

/** The component's script. It holds no data, so it needs no grant, and every website may load it. */
export const assetRoutes: readonly ServerRoute[] = [
  {
    path: `/assets/${LOADER}`,
    summary: 'The dashboard as an element of a website; imports what it is made of.',
    answers: { ...answers, 304: { describes: 'The one that is known.' }, 503: problemAnswer('It was not built.') },
    handle: async (context) => {
      const text = await readFile(fileNamed(LOADER), 'utf8')
      // The only thing that changes in it is the name of the file that it imports.
      const tag = entityTag(/-([\w-]{8,})\.js/.exec(text)?.[1] ?? 'none', 'js')
      const headers = { 'Content-Type': TYPE, 'Cache-Control': 'no-cache', ETag: tag }
      return isUnchanged(context, tag) ? context.body(null, 304, headers) : context.body(text, 200, headers)
    },
  },
  {
    path: '/assets/:file',
    summary: 'What the script of the dashboard imports; another text has another name.',
    parameters: [
      { name: 'file', in: 'path', describes: 'The name in the script.', schema: z.string(), isRequired: true },
    ],
    answers: { ...answers, 404: problemAnswer('There is no such file, or no longer.') },
    handle: async (context) => {
      const name = context.req.param('file') ?? ''
      const file = HASHED.test(name) ? fileNamed(name) : undefined
      if (file === undefined || !existsSync(file)) {
        throw new ProblemError(404, 'There is no such file.', { detail: `It is imported by /assets/${LOADER}.` })
      }
      const isPacked = /\bgzip\b/.test(context.req.header('Accept-Encoding') ?? '')
      const headers = {
        'Content-Type': TYPE,
        'Cache-Control': `public, max-age=${YEAR_SECONDS}, immutable`,
        Vary: 'Accept-Encoding',
      }
      if (!isPacked) return context.body(await readFile(file, 'utf8'), 200, headers)
      return context.body(await readFile(new URL(`${name}.gz`, file)), 200, { ...headers, 'Content-Encoding': 'gzip' })
    },
  },
]
