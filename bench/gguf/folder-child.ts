import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { createModelFactsReader } from '../../src/main/models/model-facts.ts'
import { peakRssBytes } from './peak-memory.ts'

// Reads every model of a folder twice with one reader, and says what its memory of them takes.

const folder = process.argv[2] ?? ''
const paths = readdirSync(folder).map((name) => join(folder, name))
const reader = createModelFactsReader()

async function readAll(): Promise<number> {
  const began = performance.now()
  for (const path of paths) {
    const facts = await reader.read(path, { kind: 'llamacpp', env: {}, homeDir: '/nonexistent' })
    if (!facts.ok) throw new Error(facts.error.message)
  }
  return performance.now() - began
}

const heap = (): number => {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

const before = heap()
const firstMs = await readAll()
const keptBytes = heap() - before
const cachedMs = await readAll()
console.log(JSON.stringify({ firstMs, cachedMs, keptBytes, maxRssBytes: peakRssBytes() }))
