import { z } from 'zod'
import type { PanelHead } from './answers.ts'
import { panelBody } from './answers.ts'
import type { RouteAnswer, RouteParameter, ServerRoute } from './parts.ts'

// The description of the server for programs, made from what answers: its routes, their schemas and the panels.

type Json = Readonly<Record<string, unknown>>

/** The description as OpenAPI 3.1. */
export function openApi(routes: readonly ServerRoute[], panels: readonly PanelHead[], version: string): Json {
  const described = routes.map((route) => [addressOf(route.path), { get: operationOf(route) }] as const)
  const panelRoute = routes.find(({ path }) => path === PANEL_PATH)
  const shown = panelRoute === undefined ? [] : panels.map((panel) => panelOperation(panelRoute, panel))
  return {
    openapi: '3.1.0',
    info: { title: 'Lakeweir', version, description: 'Live aggregates: panels, models, and how fresh they are.' },
    paths: Object.fromEntries([...described, ...shown]),
    components: { securitySchemes: { token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } } },
    security: [{}, { token: [] }],
  }
}

const PANEL_PATH = '/api/panels/:name'

function addressOf(path: string): string {
  return path.replaceAll(/:(\w+)/g, '{$1}')
}

function operationOf({ summary, parameters = [], answers }: ServerRoute): Json {
  const responses = Object.entries(answers).map(([status, answer]) => [status, responseOf(answer)])
  return { summary, parameters: parameters.map(parameterOf), responses: Object.fromEntries(responses) }
}

function parameterOf({ name, in: place, describes, schema, isRequired }: RouteParameter): Json {
  return { name, in: place, description: describes, required: isRequired === true, schema: schemaOf(schema) }
}

function responseOf({ describes, content = {} }: RouteAnswer): Json {
  const types = Object.entries(content).map(([type, schema]) => [
    type,
    { schema: schema === undefined ? { type: 'string' } : schemaOf(schema) },
  ])
  return { description: describes, ...(types.length === 0 ? {} : { content: Object.fromEntries(types) }) }
}

function schemaOf(schema: z.ZodType): Json {
  const { $schema: _, ...described } = z.toJSONSchema(schema, { reused: 'inline', unrepresentable: 'any' })
  return described
}

/** A panel has an address of its own, with its filters and the types of its columns. */
function panelOperation(route: ServerRoute, panel: PanelHead): readonly [string, Json] {
  const { name, title, describes, grain, filters, columns } = panel
  const times = (route.parameters ?? []).filter(
    (parameter) => parameter.in === 'query' && (grain !== null || parameter.name === 'format'),
  )
  const operation = operationOf({ ...route, summary: `${title}: ${describes}`, parameters: times })
  const narrowed = filters.map((filter) => ({
    name: filter.name,
    in: 'query',
    description: 'One of these; may be given several times.',
    required: false,
    explode: true,
    schema: { type: 'array', items: valueSchema(filter.type) },
  }))
  const body = schemaOf(panelBody) as { readonly properties: Json }
  const row = {
    type: 'array',
    prefixItems: columns.map((column) => ({ title: column.name, anyOf: [valueSchema(column.type), { type: 'null' }] })),
    minItems: columns.length,
    items: false,
  }
  const answer = { ...body, properties: { ...body.properties, rows: { type: 'array', items: row } } }
  const responses = operation.responses as Record<string, { readonly content?: Json }>
  const ok = responses[200]
  return [
    PANEL_PATH.replace(':name', name),
    {
      get: {
        ...operation,
        operationId: name,
        parameters: [...(operation.parameters as readonly Json[]), ...narrowed],
        responses: {
          ...responses,
          200: { ...ok, content: { ...ok?.content, 'application/json': { schema: answer } } },
        },
      },
    },
  ]
}

/** What a value of a type is in JSON. Integers beyond 2^53, NaN and the infinities are texts. */
function valueSchema(type: string): Json {
  if (/^U?(TINYINT|SMALLINT|INTEGER)$/.test(type)) return { type: 'integer' }
  if (/^U?(BIGINT|HUGEINT)$/.test(type)) return { type: ['integer', 'string'] }
  if (/^(FLOAT|DOUBLE)$/.test(type)) return { type: ['number', 'string'] }
  if (type === 'BOOLEAN') return { type: 'boolean' }
  if (type === 'DATE') return { type: 'string', format: 'date' }
  if (type === 'TIMESTAMP WITH TIME ZONE') return { type: 'string', format: 'date-time' }
  return /^(VARCHAR|DECIMAL\(\d+,\d+\))$/.test(type) ? { type: 'string' } : {}
}
