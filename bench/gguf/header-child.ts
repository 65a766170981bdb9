import { readModelFacts } from '../../src/main/models/model-facts.ts'
import { peakRssBytes } from './peak-memory.ts'

// Reads one model in a process of its own, and says what that took.

const path = process.argv[2] ?? ''
const cpu = process.cpuUsage()
const began = performance.now()
const facts = await readModelFacts(path, { kind: 'llamacpp', env: {}, homeDir: '/nonexistent' })
const ms = performance.now() - began
const { user, system } = process.cpuUsage(cpu)
if (!facts.ok) throw new Error(facts.error.message)
console.log(JSON.stringify({ ms, cpuMs: (user + system) / 1_000, maxRssBytes: peakRssBytes() }))
