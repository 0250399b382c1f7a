// Runs what a test runs for seconds as long as one likes, over rows that differ with each seed:
//   npm run soak -- firstRows --minutes 30 --seed 7
// Stops at the first difference, and names the seed that finds it again.
import { parseArgs } from 'node:util'
import { soaks } from './soak/soaks.ts'

const { values, positionals } = parseArgs({
  args: process.argv.slice(2),
  options: { minutes: { type: 'string', default: '10' }, seed: { type: 'string', default: String(process.pid) } },
  allowPositionals: true,
})
const unknown = positionals.filter((name) => !Object.hasOwn(soaks, name))
if (unknown.length > 0) {
  console.error(`there is no soak ${unknown.join(', ')}; available: ${Object.keys(soaks).join(', ')}`)
  process.exit(2)
}
const minutes = Number(values.minutes)
for (const [name, soak] of Object.entries(soaks)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue
  const end = performance.now() + minutes * 60_000
  for (let seed = Number(values.seed); performance.now() < end; seed++) {
    const said = await soak(seed, () => performance.now() < end)
    console.log(`${name}, seed ${seed}: ${said}`)
  }
}
