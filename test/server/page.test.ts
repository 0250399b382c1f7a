import { expect, test } from 'vitest'
import { memoryReader } from '../support/memoryReader.ts'
import { SALES, testServer } from '../support/testServer.ts'

test('the page, its scripts and its style are files of their own, which need no token', async () => {
  const server = await testServer({ reader: await memoryReader(SALES), grant: undefined })
  const page = await server.get('/')
  expect(page.headers.get('Content-Type')).toBe('text/html; charset=utf-8')
  const html = await page.text()
  const named = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path ?? '')
  expect(named).toEqual(['assets/icon.svg', 'assets/page.css', 'assets/page.js', 'assets/lakeweir-dashboard.js'])
  for (const path of named) expect((await server.get(`/${path}`)).status, path).toBe(200)
  // A strict policy allows nothing inline; and the addresses are relative, so that a site may mount it anywhere.
  expect(html).not.toMatch(/<style|style=|\son\w+=|<script(?! type="module" src=)|="\//)
})

test('its script sets what it shows as text alone', async () => {
  const server = await testServer({ reader: await memoryReader(SALES) })
  const script = await (await server.get('/assets/page.js')).text()
  expect(script).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|srcdoc/)
})
