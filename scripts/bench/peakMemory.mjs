// Loaded into the real program with `node --import`: when that ends, its largest resident memory in bytes is written
// to file descriptor 3. Not `maxRSS`, which on Linux starts from the memory of the process that spawned this one.
import { readFileSync, writeSync } from 'node:fs'

function peakBytes() {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS * 1024
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))[1]) * 1024
}

process.on('exit', () => writeSync(3, String(peakBytes())))
