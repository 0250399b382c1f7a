import { Agent, get } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'

/** Asks for panels at a steady rate, whether or not earlier answers have come. */
export async function askSteadily(
  url: string,
  paths: readonly string[],
  perSecond: number,
  seconds: number,
): Promise<number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 })
  const durationsMs: number[] = []
  const answers: Promise<void>[] = []
  const startMs = performance.now()
  for (let index = 0; index < perSecond * seconds; index++) {
    const dueMs = startMs + (index * 1_000) / perSecond
    if (dueMs > performance.now()) await delay(dueMs - performance.now())
    const path = paths[index % paths.length] ?? ''
    answers.push(
      // From when it was due: a client that waits for its turn waits for its answer too.
      ask(new URL(path, url), agent).then(() => {
        durationsMs.push(performance.now() - dueMs)
      }),
    )
  }
  await Promise.all(answers)
  agent.destroy()
  return durationsMs
}

function ask(url: URL, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    get(url, { agent }, (response) => {
      response.resume()
      response.on('end', () => {
        if (response.statusCode === 200) resolve()
        else reject(new Error(`${url} was answered with ${response.statusCode}`))
      })
      response.on('error', reject)
    }).on('error', reject)
  })
}
