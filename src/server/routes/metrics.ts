import type { ServerRoute } from '../parts.ts'

export const metricsRoute: ServerRoute = {
  path: '/metrics',
  summary: 'Figures for Prometheus.',
  answers: { 200: { describes: 'The figures as text.', content: { 'text/plain': undefined } } },
  handle: async (context, { metrics }) =>
    context.body(await metrics.text(), 200, {
      'Content-Type': metrics.registry.contentType,
      'Cache-Control': 'no-store',
    }),
}
