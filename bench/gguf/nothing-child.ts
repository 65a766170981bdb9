import { peakRssBytes } from './peak-memory.ts'

// What a process takes that reads nothing.
console.log(JSON.stringify({ ms: 0, cpuMs: 0, maxRssBytes: peakRssBytes() }))
