// Shows the live numbers of every panel. What it shows may be anybody's text: it is only ever set as text.

const EVERY_MS = 1_000
const LAST_ROWS = 8

// A token stands after the #, which no browser sends to a server.
const token = new URLSearchParams(location.hash.slice(1)).get('token')
const authorization = token === null ? {} : { Authorization: `Bearer ${token}` }

/** @returns the answer, or undefined where it is the one that `etag` names */
async function ask(path, etag) {
  const headers = etag === undefined ? authorization : { ...authorization, 'If-None-Match': etag }
  const answer = await fetch(path, { headers })
  if (answer.status === 304) return undefined
  const body = await answer.json()
  if (!answer.ok) throw new Error([body.title, body.detail].filter(Boolean).join(' '))
  return { body, etag: answer.headers.get('ETag') ?? undefined }
}

function make(tag, text = '', classes = '') {
  const element = document.createElement(tag)
  element.textContent = text
  element.className = classes
  return element
}

const isNumber = (value) => typeof value === 'number' || (typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value))
const shown = (value) => (value === null ? '–' : isNumber(value) ? Number(value).toLocaleString('en') : String(value))

/** What a panel comes to: its measures, added up over the rows. */
function totalOf({ y, unit }, { columns, rows }) {
  const names = y.length > 0 ? y : columns.map(({ name }) => name).slice(-1)
  const totals = names.map((name) => {
    const column = columns.findIndex((each) => each.name === name)
    return rows.reduce((sum, row) => sum + (isNumber(row[column]) ? Number(row[column]) : 0), 0)
  })
  return [totals.map((total) => total.toLocaleString('en')).join(' / '), unit ?? ''].join(' ')
}

function tableOf({ columns, rows }) {
  const table = make('table')
  const head = table.createTHead().insertRow()
  for (const { name } of columns) head.append(make('th', name))
  const body = table.createTBody()
  for (const row of rows.slice(-LAST_ROWS)) {
    const line = body.insertRow()
    for (const value of row) line.append(make('td', shown(value), isNumber(value) ? 'number' : ''))
  }
  return table
}

function tileOf(panel) {
  const total = make('output')
  const rows = make('div')
  const element = make('section')
  element.append(make('h2', panel.title), total, make('p', panel.describes), rows)
  return { panel, total, rows, element, etag: undefined }
}

async function refresh(tile) {
  try {
    const answer = await ask(`api/panels/${encodeURIComponent(tile.panel.name)}`, tile.etag)
    if (answer === undefined) return
    tile.etag = answer.etag
    const text = totalOf(tile.panel, answer.body)
    if (text !== tile.total.textContent) {
      tile.total.textContent = text
      tile.total.className = ''
      requestAnimationFrame(() => {
        tile.total.className = 'changed'
      })
    }
    tile.rows.replaceChildren(tableOf(answer.body))
  } catch (error) {
    tile.etag = undefined
    tile.rows.replaceChildren(make('p', error.message, 'problem'))
  }
}

const tiles = new Map()

async function refreshAll() {
  const status = document.querySelector('#position')
  try {
    const { body } = await ask('api/panels')
    const { panels, position } = body
    for (const panel of panels) {
      if (tiles.has(panel.name)) continue
      const tile = tileOf(panel)
      tiles.set(panel.name, tile)
      document.querySelector('#panels').append(tile.element)
    }
    const age = (time) => `${Math.max(0, (Date.now() - Date.parse(time)) / 1_000).toFixed(1)} s ago`
    status.textContent =
      position === null ? 'no batch yet' : `batch ${position.batch}, written ${age(position.batchTime)}`
    await Promise.all([...tiles.values()].map(refresh))
  } catch (error) {
    status.textContent = error.message
  }
}

for (;;) {
  if (!document.hidden) await refreshAll()
  await new Promise((resolve) => setTimeout(resolve, EVERY_MS))
}
